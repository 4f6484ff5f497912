"""Invoices worked out by hand: Australian GST rounded to the cent on every line, then summed, as Xero does it.

The figures follow the taxable supply rule of the GST Act, s 9-90(2)(b), with two decimals and halves rounded up:
https://www.ato.gov.au/law/view/print?DocID=PAC%2F19990055%2F9-90&PiT=99991231235958
https://developer.xero.com/documentation/guides/how-to-guides/rounding-in-xero

They were derived twice, by exact fractions and by decimal arithmetic. V05, V10 and V19 tell half-up from half-even by
the tax, V14 by the line amount.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Mode = Literal["exclusive", "inclusive"]
Kind = Literal["T", "F", "I", "X"]

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class VectorLine:
    """A line as typed: ``discount_percent`` in per cent, ``discount_amount`` for the whole line, at most one not zero.

    ``kind`` is T taxable at 10 %, F GST-free, I input taxed, X export.
    """

    quantity: Decimal
    unit: Decimal
    discount_percent: Decimal = ZERO
    discount_amount: Decimal = ZERO
    kind: Kind = "T"


@dataclass(frozen=True, slots=True)
class Vector:
    """An invoice and the figures it must have; in mode "inclusive" unit prices and line amounts contain the tax."""

    id: str
    mode: Mode
    lines: tuple[VectorLine, ...]
    line_amounts: tuple[Decimal, ...]
    line_taxes: tuple[Decimal, ...]
    subtotal: Decimal
    tax: Decimal
    total: Decimal


def _line(quantity: str, unit: str, kind: Kind = "T", *, percent: str = "0", amount: str = "0") -> VectorLine:
    return VectorLine(Decimal(quantity), Decimal(unit), Decimal(percent), Decimal(amount), kind)


def _vector(name: str, mode: Mode, lines: list[VectorLine], amounts: str, taxes: str, totals: str) -> Vector:
    subtotal, tax, total = (Decimal(part) for part in totals.split())
    return Vector(
        name,
        mode,
        tuple(lines),
        tuple(Decimal(part) for part in amounts.split()),
        tuple(Decimal(part) for part in taxes.split()),
        subtotal,
        tax,
        total,
    )


GST_VECTORS: tuple[Vector, ...] = (
    _vector("V01", "exclusive", [_line("1", "100.00")], "100.00", "10.00", "100.00 10.00 110.00"),
    _vector("V02", "inclusive", [_line("1", "110.00")], "110.00", "10.00", "100.00 10.00 110.00"),
    _vector("V04", "exclusive", [_line("1", "19.95")], "19.95", "2.00", "19.95 2.00 21.95"),
    _vector("V05", "exclusive", [_line("1", "19.85")], "19.85", "1.99", "19.85 1.99 21.84"),
    _vector("V07", "exclusive", [_line("1", "0.33")] * 3, "0.33 0.33 0.33", "0.03 0.03 0.03", "0.99 0.09 1.08"),
    _vector("V08", "inclusive", [_line("1", "0.34")] * 3, "0.34 0.34 0.34", "0.03 0.03 0.03", "0.93 0.09 1.02"),
    _vector("V10", "exclusive", [_line("1", "1.05")] * 10, "1.05 " * 10, "0.11 " * 10, "10.50 1.10 11.60"),
    _vector("V11", "inclusive", [_line("1", "9.95")] * 7, "9.95 " * 7, "0.90 " * 7, "63.35 6.30 69.65"),
    _vector(
        "V13",
        "exclusive",
        [_line("0.0125", "8000.00"), _line("1.2345", "67.89")],
        "100.00 83.81",
        "10.00 8.38",
        "183.81 18.38 202.19",
    ),
    _vector("V14", "exclusive", [_line("3", "0.3350")], "1.01", "0.10", "1.01 0.10 1.11"),
    _vector("V16", "exclusive", [_line("7.5", "120.00", percent="12.5")], "787.50", "78.75", "787.50 78.75 866.25"),
    _vector("V17", "exclusive", [_line("3", "33.33", percent="10")], "89.99", "9.00", "89.99 9.00 98.99"),
    _vector("V19", "exclusive", [_line("1", "500.00", amount="49.95")], "450.05", "45.01", "450.05 45.01 495.06"),
    _vector(
        "V20",
        "exclusive",
        [_line("1", "100.00"), _line("1", "50.00", "F")],
        "100.00 50.00",
        "10.00 0.00",
        "150.00 10.00 160.00",
    ),
    _vector("V22", "exclusive", [_line("2", "1499.99", "X")], "2999.98", "0.00", "2999.98 0.00 2999.98"),
    _vector(
        "V23",
        "exclusive",
        [_line("1", "400.00"), _line("1", "100.00", "F"), _line("1", "-40.00"), _line("1", "-10.00", "F")],
        "400.00 100.00 -40.00 -10.00",
        "40.00 0.00 -4.00 0.00",
        "450.00 36.00 486.00",
    ),
    _vector(
        "V25", "exclusive", [_line("1", "19.85"), _line("1", "-19.85")], "19.85 -19.85", "1.99 -1.99", "0.00 0.00 0.00"
    ),
    _vector("V26", "inclusive", [_line("1", "82.50")], "82.50", "7.50", "75.00 7.50 82.50"),
    _vector("V28", "exclusive", [_line("12", "83.3333")], "1000.00", "100.00", "1000.00 100.00 1100.00"),
    _vector("V29", "exclusive", [_line("12", "83.33")], "999.96", "100.00", "999.96 100.00 1099.96"),
    _vector("V31", "exclusive", [_line("1", "0.04")] * 20, "0.04 " * 20, "0.00 " * 20, "0.80 0.00 0.80"),
    _vector(
        "V32",
        "exclusive",
        [_line("1", "1234567.89")],
        "1234567.89",
        "123456.79",
        "1234567.89 123456.79 1358024.68",
    ),
    _vector("V34", "exclusive", [_line("2.25", "64.22", percent="100")], "0.00", "0.00", "0.00 0.00 0.00"),
)
