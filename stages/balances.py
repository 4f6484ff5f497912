"""What customers owe, told on their own records in the CRM: from what stands open in Xero, whosoever made it.

Absolute values that the ledger can tell anew at any time: what was told last is remembered once it is written, and
writing it twice changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from connectors.contract import CustomerUpdate
from domain.balances import NOTHING, Open, Told, balance
from domain.money import strict_decimal
from domain.records import CustomerKind, CustomerRef
from ledger import audit, links, memory, open_papers
from ledger.desk_tables import OpenPaper
from ledger.memory import FOR_EVER
from stages.pair import Pair

TOLD = "balances told"
BATCH = 100


def tell(pair: Pair) -> int:
    """Tell customers what is new; how many. Raises ``ConnectorError`` when the CRM stops us."""
    fresh = news(pair)
    known = _known(pair) if fresh else {}
    listed = sorted(fresh)
    for start in range(0, len(listed), BATCH):
        some = {ref: fresh[ref] for ref in listed[start : start + BATCH]}
        _write(pair, some)
        known = {ref: told for ref, told in {**known, **some}.items() if any(told[n] != NOTHING[n] for n in told)}
        with pair.ledger.write() as session:
            memory.remember(session, pair.name, TOLD, json.dumps(known, sort_keys=True), pair.now())
    return len(listed)


def news(pair: Pair) -> dict[str, dict[Told, str]]:
    """Customer → what it is to be told, of those of whom something is new."""
    fields = pair.rules.crm.customer_fields
    names: set[Told] = {name for name in NOTHING if getattr(fields, name.replace(" ", "_"))}
    if not names:
        return {}
    known, wanted = _known(pair), _wanted(pair, fields.stop_after)
    return {
        ref: {name: wanted.get(ref, NOTHING)[name] for name in names}
        for ref in {*wanted, *known}
        if any(wanted.get(ref, NOTHING)[name] != known.get(ref, NOTHING).get(name) for name in names)
    }


def _known(pair: Pair) -> dict[str, dict[Told, str]]:
    """What each customer was last told, of those with anything open then."""
    with pair.ledger.read() as session:
        return json.loads(memory.recall(session, pair.name, TOLD, now=pair.now(), for_=FOR_EVER) or "{}")


def _wanted(pair: Pair, stop_after: int | None) -> dict[str, Mapping[Told, str]]:
    """Customer → what it owes, of those with anything open in the organisation's currency."""
    pair.read_settings()
    today, home = pair.today(), pair.books().organisation.currency
    owing: dict[str, list[Open]] = {}
    with pair.ledger.read() as session:
        for row in open_papers.of_pair(session, pair.name):
            if row.currency == home:
                owing.setdefault(row.contact_id, []).append(_open(row))
        rows = links.of_contacts(session, pair.name, sorted(owing))
    return {row.crm_id: balance(owing[row.xero_id], today, stop_after) for row in rows}


def _open(row: OpenPaper) -> Open:
    amount = strict_decimal(row.amount)
    return Open(amount, row.day) if row.kind == open_papers.INVOICE else Open(-amount, None)


def _write(pair: Pair, news: Mapping[str, Mapping[Told, str]]) -> None:
    updates: list[CustomerUpdate] = []
    for text, told in news.items():
        kind, _, record = text.partition(":")
        ref = CustomerRef(cast("CustomerKind", kind), record)
        there = pair.crm.own_fields(ref.kind)
        details: dict[Any, str] = {name: value for name, value in told.items() if name in there}
        if details:
            updates.append(CustomerUpdate(ref, details))
    refused = pair.crm.write_customers(updates) if updates else {}
    with pair.ledger.write() as session:
        for ref, refusal in refused.items():
            said = {"words": refusal.words[:200], "gone": refusal.gone}
            audit.record(session, pair.name, pair.now(), f"customer:{ref}", "customer not told its balance", said)
