"""Possible twins: customers that one system may have twice. Nothing is merged here, nor written anywhere."""

from __future__ import annotations

from domain.twins import Twins, twins
from ledger import budget, customers
from ledger.crm_tables import CrmIndex
from stages import crm_index, frugal
from stages.contacts import refresh_index
from stages.gather import Progress, quietly
from stages.pair import Pair

# So many of the CRM's customers are read in a night at most.
A_NIGHT = 10_000


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


def lists_crm(pair: Pair) -> bool:
    """Whether each night's list is of the CRM too: by the mapping, or since its customers are known anyway."""
    rules = pair.rules.contacts
    return rules.list_twins == "on both sides" or rules.new_in_xero != "leave"


def read_crm(pair: Pair) -> None:
    """Read those of the CRM that changed since the last night, unless its day's calls are running out."""
    with pair.ledger.read() as session:
        scarce = budget.share_left(session, pair.name, pair.crm.system) <= frugal.SCARCE
    if not scarce:
        crm_index.refresh(pair, most=A_NIGHT)


def read(pair: Pair, progress: Progress = quietly) -> None:
    """Read both systems' customers as far as they changed since the last time."""
    refresh_index(pair)
    crm_index.refresh(pair, progress)
