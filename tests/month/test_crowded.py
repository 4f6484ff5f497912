"""Held: a month with a thousand deals costs few calls, is told as it goes, and is interrupted and resumed; the full
size is measured by ``benchmarks/month_end.py``.
"""

from __future__ import annotations

from datetime import date

import pytest

from connectors.errors import ConnectorError
from domain.period import read_month
from stages.reconcile import reconcile
from tests.support.crowded import Crowd, fill
from tests.support.house import House

FIRST = date(2026, 10, 1)
DEALS, OTHERS = 800, 160


@pytest.fixture(scope="module")
def crowd() -> tuple[House, Crowd]:
    house = House(("history note: every invoice", "history note: never"), watch=False)
    house.xero.limits.a_minute = 10**6
    crowd = fill(house.world, house.company, house.open(), FIRST, deals=DEALS, others=OTHERS, wrong=8)
    house.clock.advance(60)
    return house, crowd


def test_hundreds_of_deals_are_read_in_few_calls_and_all_are_told(crowd: tuple[House, Crowd]) -> None:
    house, made = crowd[0].twin(), crowd[1]
    told: list[tuple[str, int, int]] = []

    def tell(what: str, done: int, of: int) -> None:
        told.append((what, done, of))

    month = reconcile(house.open(), read_month("2026-10"), tell)
    assert {row.deal: row.name_of_class for row in month.rows if row.name_of_class != "agreed"} == made.wrong
    assert [row.state for row in month.rows if row.name_of_class != "agreed"] == ["mended"] * 8
    assert len(month.won) == DEALS
    assert month.others[0] == OTHERS
    assert len(house.calls("xero")) <= 12
    assert len(house.calls("hubspot")) <= 40
    assert ("deals", DEALS, DEALS) in told
    assert ("invoices", DEALS + OTHERS, DEALS + OTHERS) in told


def test_interrupted_in_the_middle_it_reads_only_the_rest(crowd: tuple[House, Crowd]) -> None:
    house = crowd[0].twin()
    house.break_xero("GET /Invoices", "429", retry_after=3600, daily=True, after=1)
    with pytest.raises(ConnectorError):
        reconcile(house.open(), read_month("2026-10"))
    before = len(house.calls("hubspot"))
    house.clock.advance(3700)
    month = reconcile(house.open(), read_month("2026-10"))
    assert len(month.won) == DEALS
    dated = [call for call in house.xero.log if "Date>=" in call.query.get("where", "") and "/Invoices" in call.path]
    assert [call.status for call in dated] == [200, 429, 200]
    assert len(house.calls("hubspot")) - before <= 12
