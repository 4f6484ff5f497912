"""The workbook of a report: each table a sheet, figures and days as such, and no text that could be a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from domain.money import cents
from templates.rendering import shown
from templates.sheets import Cell, Kind, Sheet

_FORMATS = {"money": "#,##0.00", "count": "0", "day": "d mmm yyyy", "text": "@"}
_WIDTHS = {"money": 14, "count": 10, "day": 13}
# https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
_LONGEST_NAME = 31


def write_workbook(path: Path, sheets: Iterable[Sheet], title: str) -> None:
    """Row by row, so that ten thousand deals take no more room than ten."""
    # Only whoever writes a workbook should wait for this.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    book.properties.title = shown(title)
    book.properties.creator = "Wonbooks"
    for sheet in sheets:
        _write(book, sheet)
    book.save(path)


def _write(book: Any, sheet: Sheet) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    page = book.create_sheet(sheet.name[:_LONGEST_NAME])
    page.freeze_panes = "A2"
    for number, (heading, kind) in enumerate(sheet.columns, start=1):
        page.column_dimensions[get_column_letter(number)].width = _width(sheet.rows, number - 1, heading, kind)
    headings: list[Any] = []
    for heading, _ in sheet.columns:
        cell = WriteOnlyCell(page, heading)
        cell.font = Font(bold=True)
        headings.append(cell)
    page.append(headings)
    for row in sheet.rows:
        page.append([_cell(page, value, kind) for value, (_, kind) in zip(row, sheet.columns, strict=True)])
    if sheet.rows:
        page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.columns))}{len(sheet.rows) + 1}"


def _cell(page: Any, value: Cell, kind: Kind) -> Any:
    from openpyxl.cell import WriteOnlyCell

    made: Any = WriteOnlyCell
    if value is None or value == "":
        return None
    if isinstance(value, str):
        cell = made(page, shown(value))
        cell.number_format = _FORMATS["text"]
        # "=1+1" was taken for a formula; the quote keeps it text when somebody edits the cell.
        cell.data_type = "s"
        cell._style.quotePrefix = 1
        return cell
    cell = made(page, cents(value) if isinstance(value, Decimal) else value)
    cell.number_format = _FORMATS[kind]
    return cell


def _width(rows: Sequence[Sequence[Cell]], column: int, heading: str, kind: Kind) -> int:
    if kind != "text":
        return max(_WIDTHS[kind], len(heading) + 2)
    longest = max((len(str(row[column] or "")) for row in rows[:500]), default=0)
    return min(60, max(len(heading) + 2, longest + 2))
