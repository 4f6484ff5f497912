"""Where in the ledger personal data stands, what one person's is, and how it is forgotten.

The trail names ids and amounts only, and stays: the books have to be explained for years.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, SQLModel, col, select, update

from ledger import links, outbox
from ledger.crm_tables import CrmIndex
from ledger.desk_tables import Seen
from ledger.tables import CustomerIndex, Effect, Link, ReviewItem


@dataclass(frozen=True, slots=True)
class Held:
    """What a column holds of people, what for, and until when; ``source`` is where it comes from."""

    what: str
    source: str
    purpose: str
    until: str


_INDEX = Held("of each contact", "Xero", "matching without a call", "while Xero lists the contact")
_CRM = Held(
    "of each company and person",
    "the CRM",
    "contacts born in Xero; twins",
    "WONBOOKS_KEEP_SENT_DAYS after it was last wanted",
)
_SENT = "WONBOOKS_KEEP_SENT_DAYS after it was sent"

# Table and column → what it holds. Every other column holds ids, states, amounts, instants and codes only.
HELD: Mapping[tuple[str, str], Held] = {
    ("customerindex", "name"): _INDEX,
    ("customerindex", "name_key"): _INDEX,
    ("customerindex", "email_key"): _INDEX,
    ("customerindex", "abn"): _INDEX,
    ("customerindex", "acn"): _INDEX,
    ("customerindex", "phone_key"): _INDEX,
    ("customerindex", "postcode"): _INDEX,
    ("customerindex", "domain"): _INDEX,
    **{("crmindex", name): _CRM for name in ("name", "name_key", "email_key", "abn", "acn")},
    **{("crmindex", name): _CRM for name in ("phone_key", "postcode", "domain")},
    ("link", "agreed"): Held(
        "details as last agreed; what a deal was told", "both systems", "seeing which side changed", "while linked"
    ),
    ("effect", "plan"): Held("a new contact, or changed details", "the CRM or Xero", "writing them once", _SENT),
    ("effect", "body"): Held("the request that was sent", "the same", "sending the very same again", _SENT),
    ("effect", "outcome"): Held("a vendor's words of refusal", "the vendor", "telling why", "as the invoice's trail"),
    ("effect", "why"): Held("reasons and answers' ids", "Wonbooks", "explaining an invoice", "as the invoice's trail"),
    ("reviewitem", "facts"): Held("what a question shows", "both systems", "asking a person", "until forgotten"),
    ("reviewitem", "choices"): Held("names of contacts to choose from", "Xero", "asking a person", "until forgotten"),
    ("reviewitem", "note"): Held("why somebody answered so", "who answered", "explaining an answer", "as the trail"),
    ("reviewitem", "answered_by"): Held("who answered", "the desk", "explaining an answer", "as the trail"),
    ("reviewitem", "assignee"): Held("who is on it", "the desk", "sharing the work", "as the question"),
    ("auditentry", "actor"): Held("who did it", "the desk", "the trail", "for ever: the trail is sealed"),
    ("seen", "name"): Held("names of deals and customers", "the CRM", "lists", "WONBOOKS_KEEP_NAMES_DAYS unread"),
    ("seen", "abn"): Held("ABNs of customers", "the CRM", "searching", "WONBOOKS_KEEP_NAMES_DAYS unread"),
    ("gathered", "data"): Held("records of a report or a first match", "both", "going on after a stop", "six hours"),
    ("person", "name"): Held("who may use the desk", "an administrator", "signing in", "until removed"),
    ("signedin", "name"): Held("who is signed in", "the desk", "signing in", "until the session ends"),
    ("connected", "by"): Held("who connected a system", "the desk", "explaining a connection", "while connected"),
}


def columns(*, of_texts: bool = False) -> set[tuple[str, str]]:
    """Every column of every table, or those that may hold a text of any length."""
    return {
        (table.name, column.name)
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if not of_texts or str(column.type) in {"TEXT", "BLOB"}
    }


def known_by(session: Session, pair: str, email: str) -> list[str]:
    """The customers ("person:7") that have this e-mail address, by its key, or whose contact in Xero has it."""
    listed = session.exec(select(CrmIndex.xero_id).where(CrmIndex.pair == pair, CrmIndex.email_key == email)).all()
    linked = list(
        session.exec(
            select(Link.crm_id)
            .join(CustomerIndex, (col(CustomerIndex.pair) == Link.pair) & (col(CustomerIndex.xero_id) == Link.xero_id))
            .where(Link.pair == pair, Link.kind == "customer", CustomerIndex.email_key == email)
        ).all()
    )
    return list(dict.fromkeys([*linked, *listed]))


def of_customers(session: Session, pair: str, refs: Sequence[str]) -> dict[str, list[dict[str, object]]]:
    """Every row about these customers, by table, and what happened to them."""
    rows = links.of_customers(session, pair, refs)
    contacts = [row.xero_id for row in rows]
    subjects = [*(f"customer:{ref}" for ref in refs), *(f"contact:{contact}" for contact in contacts)]
    index = select(CustomerIndex).where(CustomerIndex.pair == pair, col(CustomerIndex.xero_id).in_(contacts))
    effects = select(Effect).where(Effect.pair == pair, col(Effect.subject).in_(subjects))
    items = select(ReviewItem).where(ReviewItem.pair == pair, col(ReviewItem.subject).in_(subjects))
    seen = select(Seen).where(Seen.pair == pair, Seen.kind == "customer", col(Seen.id).in_(refs))
    keys = select(CrmIndex).where(CrmIndex.pair == pair, col(CrmIndex.xero_id).in_(refs))
    told: dict[str, Sequence[SQLModel]] = {
        "keys": session.exec(keys).all(),
        "links": rows,
        "contacts": session.exec(index).all(),
        "writings": session.exec(effects).all(),
        "questions": session.exec(items).all(),
        "names": session.exec(seen).all(),
    }
    return {name: [json.loads(row.model_dump_json(exclude={"body"})) for row in found] for name, found in told.items()}


def forget(session: Session, pair: str, refs: Sequence[str]) -> dict[str, int]:
    """Take out what is known of these customers, ids and links aside; how many rows of each table that concerned."""
    linked = [row.xero_id for row in links.of_customers(session, pair, refs)]
    subjects = [*(f"customer:{ref}" for ref in refs), *(f"contact:{contact}" for contact in linked)]
    blank = {name: "" for table, name in HELD if table == "customerindex"}
    done = col(Effect.state).in_(outbox.DONE)
    changes = {
        "contacts": update(CustomerIndex)
        .where(col(CustomerIndex.pair) == pair, col(CustomerIndex.xero_id).in_(linked))
        .values(**blank),
        "keys": update(CrmIndex)
        .where(col(CrmIndex.pair) == pair, col(CrmIndex.xero_id).in_(refs))
        .values(**{name: "" for table, name in HELD if table == "crmindex"}),
        "names": update(Seen)
        .where(col(Seen.pair) == pair, col(Seen.kind) == "customer", col(Seen.id).in_(refs))
        .values(name="", abn=""),
        "links": update(Link)
        .where(col(Link.pair) == pair, col(Link.kind) == "customer", col(Link.crm_id).in_(refs))
        .values(agreed="{}"),
        "writings": update(Effect)
        .where(col(Effect.pair) == pair, col(Effect.subject).in_(subjects), done)
        .values(plan="{}", body=None, outcome="{}"),
        "questions": update(ReviewItem)
        .where(col(ReviewItem.pair) == pair, col(ReviewItem.subject).in_(subjects), col(ReviewItem.state) != "open")
        .values(facts="{}", choices="[]", note=""),
    }
    return {name: session.connection().execute(change).rowcount for name, change in changes.items()}
