"""Webhooks that we make ourselves, where the CRM lets us: looked after once a day, since a vendor may end them.

They make things sooner and nothing else depends on them: trouble with them is written down and stops no run.
"""

from __future__ import annotations

from datetime import timedelta

from connectors.contract import HookAddress
from connectors.errors import ConnectorError
from ledger import audit, endpoints, memory
from stages.pair import Pair
from stages.troubles import outside

KEPT = "webhooks kept"
DAY, HOUR = timedelta(hours=24), timedelta(hours=1)


def keep(pair: Pair) -> None:
    """Once a day, and an hour after something kept us from it, see that they are there."""
    if not pair.crm.makes_hooks or _address(pair) is None:
        return
    with pair.ledger.read() as session:
        kept = memory.recall(session, pair.name, KEPT, now=pair.now(), for_=DAY)
        tried = memory.recall(session, pair.name, KEPT, now=pair.now(), for_=HOUR)
    if kept != "" and tried is None:
        keep_now(pair)


def keep_now(pair: Pair) -> str:
    """Make what is missing and mend what isn't as it should be. What kept us from it, in a sentence; or nothing."""
    address = _address(pair)
    if not pair.crm.makes_hooks or address is None:
        return ""
    made, trouble = 0, ""
    try:
        made = pair.crm.keep_hooks(address)
    except ConnectorError as problem:
        trouble = outside(problem)
    with pair.ledger.write() as session:
        memory.remember(session, pair.name, KEPT, trouble, pair.now())
        if made:
            audit.record(session, pair.name, pair.now(), "pair", "webhooks made", {"count": made})
    return trouble


def _address(pair: Pair) -> HookAddress | None:
    with pair.ledger.read() as session:
        endpoint = endpoints.of_pair(session, pair.name).get(pair.crm.system)
    return pair.hooks_at(endpoint.id) if endpoint else None
