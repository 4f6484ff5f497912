"""What the doubles' logs say of one history, in the words of the judges."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import select

from ledger import audit, inbox
from ledger.tables import ReviewItem, Waiting
from sandbox.wire import Call
from tests.simulation.result import Result

_MARK = re.compile(r"/(\w+)\?(?:for=(month:[^&]+)&)?x=([a-z2-7]{16})\.(\d+)\.")
LIVE = ("DRAFT", "SUBMITTED", "AUTHORISED", "PAID")
APPROVED = ("AUTHORISED", "PAID")


@dataclass(frozen=True, slots=True)
class Changed:
    """One record as a call or a person changed it."""

    at: datetime
    actor: str
    id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def changes(log: list[Call], kind: str, actor: str = "") -> Iterator[Changed]:
    for call in log:
        if actor in {"", call.actor}:
            for each, record, before, after in call.changes:
                if each == kind:
                    yield Changed(call.at, call.actor, record, before, after)


def marked(invoice: Mapping[str, Any]) -> tuple[str, str]:
    """The deal and the effect that an invoice bears, empty if it is none of ours; of a month's its first one."""
    found = _MARK.search(invoice.get("Url", ""))
    return (found[1], found[3]) if found else ("", "")


def month_of(invoice: Mapping[str, Any]) -> str:
    """Which month's invoice it is, for whom; empty for any other."""
    found = _MARK.search(invoice.get("Url", ""))
    return found[2] or "" if found else ""


def edited_by_a_person(result: Result, invoice_id: str) -> bool:
    """Whether somebody changed what the invoice comes to."""
    found = changes(result.world.xero.log, "invoice", "person")
    return any(c.id == invoice_id and c.before and c.after and c.before["Total"] != c.after["Total"] for c in found)


def ours(result: Result) -> set[str]:
    """The ids of invoices that we created."""
    return {c.id for c in changes(result.world.xero.log, "invoice", "api") if c.before is None}


def elements(call: Call, name: str) -> list[dict[str, Any]]:
    """What a request to Xero asks for, one by one."""
    body = json.loads(call.body)
    return body.get(name, []) if isinstance(body, dict) else []


def puts(result: Result, what: str) -> Iterator[tuple[Call, dict[str, Any]]]:
    """Every element that reached Xero to be created."""
    for call in result.world.xero.log:
        if call.method == "PUT" and call.path.endswith(f"/{what}"):
            for element in elements(call, what):
                yield call, element


def survivor(result: Result, kind: str, record: str) -> str:
    """What the record lives on in."""
    merged = result.crowd.merged
    while (kind, record) in merged:
        record = merged[kind, record]
    return record


@functools.lru_cache(maxsize=2)
def items(result: Result) -> list[ReviewItem]:
    """Every question ever asked and still known."""
    with result.ledger.read() as session:
        return list(session.exec(select(ReviewItem)).all())


@functools.lru_cache(maxsize=2)
def waiting(result: Result) -> list[Waiting]:
    """Which records go on when which question is answered."""
    with result.ledger.read() as session:
        return list(session.exec(select(Waiting)).all())


@functools.lru_cache(maxsize=2)
def _last_words(result: Result) -> dict[str, str]:
    with result.ledger.read() as session:
        return {entry.subject: entry.event for entry in audit.since(session, result.pair, 0)}


def asked(result: Result, deal_id: str, *kinds: str) -> bool:
    """Whether people have, or had and settled, a question about this deal or its customer."""
    return any(item.state != "closed" and (not kinds or item.kind in kinds) for item in _about(result, deal_id))


def is_open(result: Result, deal_id: str) -> bool:
    """Whether people have yet to settle any."""
    return any(item.state == "open" for item in _about(result, deal_id))


def _about(result: Result, deal_id: str) -> Iterator[ReviewItem]:
    ids = ids_of(result, deal_id)
    mine = _subjects(result, deal_id)
    wait = {row.item_id for row in waiting(result) if row.stream == inbox.DEALS and row.record in ids}
    return (item for item in items(result) if item.subject in mine or item.id in wait)


def amended(result: Result, deal_id: str) -> bool:
    """Whether a person had the deal's invoice put right by another paper."""
    mine = _subjects(result, deal_id)
    return any(
        subject in mine and choice in {"credit", "credit_and_new", "adjust"} for subject, choice in result.answers
    )


def _subjects(result: Result, deal_id: str) -> set[str]:
    """Under which names people are asked about a deal, its customers and their months' invoices."""
    customers = customers_of(result, deal_id)
    months = {f"deal:{name}" for i in invoices_of(result, deal_id) if (name := month_of(i))}
    refs = {each.removeprefix("customer:") for each in customers}
    months |= {i.subject for i in items(result) if i.subject.startswith("deal:month:") and _whose(i.subject) in refs}
    return {f"deal:{i}" for i in ids_of(result, deal_id)} | customers | months


def _whose(subject: str) -> str:
    """Whose month it is: ``deal:month:company:5:AUD:2026-11``."""
    return ":".join(subject.split(":")[2:4])


def said_of(result: Result, deal_id: str) -> str:
    """The last event of the deal's trail: skipped, cancelled, …"""
    return _last_words(result).get(f"deal:{deal_id}", "")


def ids_of(result: Result, deal_id: str) -> set[str]:
    """The deal's id and all that were merged into it."""
    merged = {old for (kind, old) in result.crowd.merged if kind == "deal"}
    return {deal_id} | {old for old in merged if survivor(result, "deal", old) == deal_id}


def customers_of(result: Result, deal_id: str) -> set[str]:
    """Under which names the deal's customer may be asked about."""
    found: set[str] = set()
    for kind, record in result.crowd.payers(deal_id):
        found.add(f"customer:{kind}:{record}")
        merged = result.crowd.merged
        found |= {f"customer:{kind}:{old}" for k, old in merged if k == kind and survivor(result, k, old) == record}
    return found


def invoices_of(result: Result, deal_id: str) -> list[Mapping[str, Any]]:
    """The invoices made for a deal, under whatever id it had, whatever became of them; not the copies people made."""
    mine, created, crowd = ids_of(result, deal_id), ours(result), result.crowd
    return [i for k, i in result.world.xero.invoices.items() if k in created and mine.intersection(crowd.billed_by(i))]
