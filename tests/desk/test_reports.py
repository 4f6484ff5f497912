"""Held: the desk lists every report with its versions, says what changed from one to the next, hands their files out as
they were frozen, and nothing else.
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from domain.period import between
from ledger import reports
from stages.freezing import SUMS, Frozen, freeze
from stages.reconcile import reconcile
from tests.support.desks import Desk, seen

NOVEMBER = between(date(2026, 11, 1), date(2026, 11, 30))
HERE = "/reports/demo/2026-11"


def report(desk: Desk) -> Frozen:
    pair = desk.house.open()
    return freeze(pair, reconcile(pair, NOVEMBER), desk.office.settings.home)


def twice(desk: Desk) -> str:
    """Two versions: one deal is paid between them. Its id."""
    deal = desk.house.sell({"product": "LICENCE"}, name="Yearly licence", closedate="2026-11-25T02:00:00Z")
    desk.house.work()
    report(desk)
    desk.house.xero.people.pay(desk.house.invoice(deal)["InvoiceID"])
    desk.house.work()
    report(desk)
    return deal


def test_there_is_no_report_until_one_was_made_and_the_page_says_how(desk: Desk) -> None:
    assert "wonbooks report demo --month 2026-11" in desk.browser().text("/reports")


def test_every_version_is_listed_with_what_it_comes_to(desk: Desk) -> None:
    twice(desk)
    page = desk.browser().text("/reports")
    assert "November 2026" in page
    assert "✓ all explained" in page
    assert page.index("Version 2") < page.index("Version 1")
    assert "1 deal changed" in page
    assert "the first" in page


def test_a_version_says_what_changed_since_the_one_before(desk: Desk) -> None:
    deal = twice(desk)
    answer = desk.browser().get(f"{HERE}/2")
    page = seen(answer)
    assert "November 2026, version 2" in page
    assert "Yearly licence" in page
    assert "paid: 0" in page
    assert f"/deals/demo/{deal}" in answer.text
    assert "This is the first version." in desk.browser().text(f"{HERE}/1")


def test_every_file_is_a_download_and_just_what_was_frozen(desk: Desk) -> None:
    twice(desk)
    with desk.office.ledger.read() as session:
        row = reports.find(session, "demo", NOVEMBER, 2)
    assert row is not None
    browser = desk.browser()
    page = browser.get(f"{HERE}/2").text
    for name, digest in {**reports.files(row), SUMS: ""}.items():
        assert f"{HERE}/2/{name}" in page, name
        answer = browser.get(f"{HERE}/2/{name}")
        assert not digest or hashlib.sha256(answer.content).hexdigest() == digest
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"] == f'attachment; filename="demo-2026-11-v2-{name}"'


@pytest.mark.parametrize(
    "path",
    [
        f"{HERE}/3",
        f"{HERE}/1/ledger.db",
        f"{HERE}/1/..%2f..%2fkey",
        "/reports/demo/2026-12/1",
        "/reports/other/2026-11/1",
        "/reports/demo/..%2f2026-11/1",
        f"{HERE}/1/report.html%00",
    ],
)
def test_nothing_else_is_handed_out(desk: Desk, path: str) -> None:
    report(desk)
    assert desk.browser().get(path).status_code in {404, 422}


def test_a_link_in_the_place_of_a_file_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    folder = report(desk).folder
    (tmp_path / "secret").write_text("secret")
    folder.chmod(0o700)
    (folder / "report.html").unlink()
    (folder / "report.html").symlink_to(tmp_path / "secret")
    assert desk.browser().get(f"{HERE}/1/report.html").status_code == 404


def test_a_file_that_was_touched_is_told(desk: Desk) -> None:
    folder = report(desk).folder
    (folder / "deals.csv").chmod(0o600)
    (folder / "deals.csv").write_text("rubbed out")
    page = desk.browser().text(f"{HERE}/1")
    assert "no longer as they were frozen: deals.csv" in page
