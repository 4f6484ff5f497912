"""Which deals wait for one invoice with others, or are on one."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class OfMonth(SQLModel, table=True):
    """This deal goes on that month's invoice of its customer; ``month`` is the invoice's name among deals."""

    __table_args__ = (Index("of_month", "pair", "month"),)

    pair: str = Field(primary_key=True)
    deal_id: str = Field(primary_key=True)
    month: str
