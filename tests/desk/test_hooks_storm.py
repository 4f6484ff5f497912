"""Held: ten thousand events are two wake-ups at most and an entry each; one deal is one entry however often told."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.support.hooks import PORTAL, Door, deal_event, door, hubspot_path
from tests.support.waiting import until


async def deliver(at: Door, batches: list[list[dict[str, object]]]) -> list[int]:
    async def one(batch: list[dict[str, object]]) -> int:
        body = json.dumps([{"portalId": PORTAL, **event} for event in batch]).encode()
        return (await at.acall(hubspot_path(), body, at.hubspot_headers(body))).status

    return await asyncio.gather(*(one(batch) for batch in batches))


def test_ten_thousand_events_are_one_wake_up_and_one_more_for_what_came_during_it(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        at.may_ring.clear()
        batches = [[deal_event(n * 100 + m) for m in range(100)] for n in range(100)]
        assert asyncio.run(deliver(at, batches)) == [200] * 100
        assert at.woken == [("demo", "deals")]
        at.may_ring.set()
        until(lambda: len(at.woken) == 2)
        assert len(at.noticed()) == 10_000
    assert at.woken == [("demo", "deals")] * 2


def test_one_deal_told_ten_thousand_times_is_one_entry(tmp_path: Path) -> None:
    with door(tmp_path) as at:
        assert asyncio.run(deliver(at, [[deal_event(7)] * 100] * 100)) == [200] * 100
        assert at.noticed() == {"7"}
    assert at.endpoint("hubspot").heard == 100
