"""Possible twins: customers that one system may have twice. Nothing is merged here, nor written anywhere."""

from __future__ import annotations

from domain.twins import Twins, twins
from ledger import customers
from ledger.crm_tables import CrmIndex
from stages import crm_index
from stages.contacts import refresh_index
from stages.gather import Progress, quietly
from stages.pair import Pair


def in_xero(pair: Pair) -> list[Twins]:
    """Among the contacts that were last read of Xero; costs no call."""
    with pair.ledger.read() as session:
        found = customers.everybody(session, pair.name)
    return twins(found, pair.rules.contacts.mailboxes())


def in_crm(pair: Pair) -> list[Twins]:
    """Among the companies and persons that were last read of the CRM."""
    with pair.ledger.read() as session:
        found = customers.everybody(session, pair.name, CrmIndex)
    return twins(found, pair.rules.contacts.mailboxes())


def read(pair: Pair, progress: Progress = quietly) -> None:
    """Read both systems' customers as far as they changed since the last time."""
    refresh_index(pair)
    crm_index.refresh(pair, progress)
