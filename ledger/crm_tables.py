"""What is kept of the CRM's customers where contacts born in Xero are to find them. Personal data: all its keys."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from ledger.columns import long_text


class IndexedKeys(SQLModel):
    """What a customer of either system is found by."""

    pair: str = Field(primary_key=True)
    xero_id: str = Field(primary_key=True)
    name: str = long_text(default="")
    name_key: str = long_text(default="")
    suffix_class: str = ""
    email_key: str = long_text(default="")
    abn: str = ""
    acn: str = ""
    phone_key: str = ""
    postcode: str = ""
    domain: str = ""
    status: str = "ACTIVE"
    merged_to: str = ""


class CrmIndex(IndexedKeys, table=True):
    """The keys of each company and person of the CRM; ``xero_id`` is its reference, "company:5"."""

    __table_args__ = (
        Index("crm_abn", "pair", "abn"),
        Index("crm_acn", "pair", "acn"),
        Index("crm_email", "pair", "email_key"),
        Index("crm_name", "pair", "name_key"),
    )
