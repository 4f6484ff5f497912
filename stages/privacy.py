"""What is held of one person, handed out or forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.emails import email_key
from ledger import audit, links, personal
from stages.aligning import is_ref
from stages.pair import Pair
from stages.troubles import NAMES


class Unknown(Exception):
    """Nobody is known by that name here; the message says what to give instead."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Rows that were emptied, by what they are; ``left`` are sentences on what is held elsewhere and stays."""

    customers: Sequence[str]
    rows: Mapping[str, int]
    left: Sequence[str]


def customers_of(pair: Pair, person: str) -> list[str]:
    """The customers that a person is here: "person:7" itself, or by e-mail address. Raises ``Unknown``."""
    if is_ref(person):
        return [person]
    key = email_key(person)
    with pair.ledger.read() as session:
        found = personal.known_by(session, pair.name, key) if key else []
    if not found:
        raise Unknown(
            f"No customer of {pair.name} is known by {person or 'nothing'}. Give the e-mail address that Xero "
            "has, or the record of the CRM: person:7, company:5."
        )
    return found


def export(pair: Pair, person: str) -> dict[str, object]:
    """Every row about a person, by table, and the trail of what was done; nothing is asked of either system."""
    refs = customers_of(pair, person)
    with pair.ledger.read() as session:
        told: dict[str, object] = dict(personal.of_customers(session, pair.name, refs))
        told["trail"] = [
            {"at": each.at.isoformat(), "by": each.actor, "event": each.event, "details": each.details}
            for ref in refs
            for each in audit.story(session, pair.name, f"customer:{ref}")
        ]
    return {"pair": pair.name, "customers": refs, **told}


def forget(pair: Pair, person: str, by: str) -> Forgotten:
    """Empty what the ledger says about a person; ids and the trail stay, and both systems keep what is theirs."""
    refs = customers_of(pair, person)
    with pair.ledger.write() as session:
        contacts = links.customers(session, pair.name, refs)
        rows = personal.forget(session, pair.name, refs)
        for ref in refs:
            audit.record(session, pair.name, pair.now(), f"customer:{ref}", "forgotten", rows, actor=by)
    crm = NAMES.get(pair.crm.system, pair.crm.system)
    left = [f"{crm} still has {ref}: erase it there." for ref in refs]
    left += [
        f"Xero still has the contact {contact}: one with invoices can only be archived there."
        for contact in sorted(set(contacts.values()))
    ]
    left.append("What either system tells anew is taken in again, until the person is erased there.")
    left.append("Copies of the ledger keep it until they are thrown away.")
    return Forgotten(refs, rows, left)
