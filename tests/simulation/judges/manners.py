"""How we behave towards the vendors."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from tests.simulation.judges.evidence import puts
from tests.simulation.result import Result

MOST_TRIES = 30


def every_create_has_a_key(result: Result) -> Iterator[str]:
    """I12: a create bears an idempotency key, and one key goes with one body."""
    bodies: dict[str, bytes] = {}
    for call in result.world.xero.log:
        if call.method == "PUT" and call.path.endswith(("/Invoices", "/Contacts")):
            key = call.headers.get("idempotency-key", "")
            if not key:
                yield f"PUT {call.path} without a key"
            elif bodies.setdefault(key, call.body) != call.body:
                yield "one key with two bodies"


def waits_when_told(result: Result) -> Iterator[str]:
    """I12: a process that was told to wait makes no call before."""
    yield from result.impatient


def within_their_limits(result: Result) -> Iterator[str]:
    """I12: nobody ever has to tell us that it was a call too many, but where trouble says so.

    A CRM's limit of a second is kept by each process for itself: several together may hear of it, and wait.
    """
    alone = (result.side.double,) if result.tape.setting.workers == 1 else ()
    for double in (result.world.xero, *alone):
        refused = sum(result.side.is_too_many(call) for call in double.log)
        struck = sum(fault.kind == "429" for _, fault, _ in double.faults.struck)
        if refused > struck:
            yield f"{refused - struck} calls too many"


def not_too_often(result: Result) -> Iterator[str]:
    """I16: nothing is tried more than thirty times."""
    tries: Counter[str] = Counter()
    for _, element in puts(result, "Invoices"):
        tries[f"the invoice {element.get('Url', '')[-27:]}"] += 1
    for _, element in puts(result, "Contacts"):
        tries[f"the contact {element.get('ContactNumber', '')}"] += 1
    for call in result.world.xero.log:
        if call.method == "POST" and call.path.endswith("/Invoices"):
            tries.update(f"a change of {e['InvoiceID']}" for e in json.loads(call.body)["Invoices"])
    for call in result.side.double.log:
        tries.update(result.side.tellings(call) if call.actor == "api" else ())
    yield from (f"{what} was sent {times} times" for what, times in tries.items() if times > MOST_TRIES)


def few_tokens(result: Result) -> Iterator[str]:
    """I13: tokens are renewed when they end, not with every call."""
    asked = sum(call.path == "/connect/token" for call in result.world.xero.log)
    lasted = (result.world.clock() - result.began) / timedelta(minutes=20)
    struck = len(result.struck.troubles or {}) if result.struck else 0
    events = sum(event.do in {"expire tokens", "restore ledger"} for event in result.tape.events)
    if asked > 3 * (lasted + struck + events + result.tape.setting.workers + 1):
        yield f"{asked} tokens within {lasted:.0f} times twenty minutes"
