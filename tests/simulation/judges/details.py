"""Customers' numbers, where they are kept the same on both sides."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel import select

from ledger import links
from ledger.tables import Link
from tests.simulation.judges.evidence import Changed, changes, items
from tests.simulation.result import Result


def may_be_ours(result: Result, change: Changed, touched: set[str], field: str) -> bool:
    """I5: of a customer that was there we change the number, and only where the mapping says so."""
    return result.tape.setting.details and bool(change.before) and touched <= {field}


def numbers_agree(result: Result) -> Iterator[str]:
    """I10: both sides of a link say the same number, or people are asked, or were."""
    if not result.tape.setting.details or result.tape.setting.poisoned:
        return
    with result.ledger.read() as session:
        rows = session.exec(select(Link).where(Link.pair == result.pair, Link.kind == links.CUSTOMER)).all()
    of_one = Counter(row.xero_id for row in rows)
    asked = {item.subject for item in items(result) if item.state != "closed"}
    for row in rows:
        here, there = _here(result, row.crm_id), _there(result, row.xero_id)
        if of_one[row.xero_id] > 1 or here is None or there is None or f"customer:{row.crm_id}" in asked:
            continue
        if here != there:
            yield f"{row.crm_id} says {here!r}, its contact {there!r}, and nobody is asked"


def no_number_travels_for_ever(result: Result) -> Iterator[str]:
    """I10: what a person types in is written once, and no more than once again."""
    typed = result.done["call here"] + result.done["call there"] + result.done["edit company"]
    answered = sum(bool(item.answer) for item in items(result))
    struck = len(result.struck.troubles or {}) if result.struck else 0
    most = 2 * (typed + answered + struck + len(result.crowd.ids)) + 2 * result.done["restore ledger"] * typed
    side = result.side
    logs = ((result.world.xero.log, ("contact",)), (side.double.log, (side.kinds["company"], side.kinds["person"])))
    written = sum(
        change.before is not None for log, kinds in logs for kind in kinds for change in changes(log, kind, "api")
    )
    if written > most:
        yield f"numbers were written {written} times, people typed {typed}"


def _here(result: Result, crm_id: str) -> str | None:
    """The digits of the number that the CRM has; None where the customer is gone, or has no number there."""
    kind, _, record_id = crm_id.partition(":")
    known = result.side.customer(kind, record_id)
    return None if known is None or known.phone is None else _digits(known.phone)


def _there(result: Result, contact_id: str) -> str | None:
    contact: Mapping[str, Any] = result.world.xero.contacts.get(contact_id, {})
    if contact.get("ContactStatus") != "ACTIVE":
        return None
    default = next((p for p in contact.get("Phones", ()) if p["PhoneType"] == "DEFAULT"), {})
    return _digits(" ".join(default.get(f"Phone{part}", "") for part in ("CountryCode", "AreaCode", "Number")))


def _digits(number: str) -> str:
    return re.sub(r"^61", "0", re.sub(r"\D", "", number))
