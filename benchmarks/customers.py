"""Who buys on the day, and what: invented, with the names that real books are full of."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from random import Random

CENT = Decimal("0.01")
GST = Decimal("0.1")
FREE = ("TRAVEL",)

_PLACES = (
    "Ballarat",
    "Bega",
    "Broome",
    "Cairns",
    "Ceduna",
    "Dubbo",
    "Esperance",
    "Geelong",
    "Hobart",
    "Kiama",
    "Mackay",
)
_TRADES = (
    "Bakery",
    "Brewing",
    "Fencing",
    "Florists",
    "Framing",
    "Joinery",
    "Optical",
    "Physio",
    "Printing",
    "Surveyors",
)
_SHAPES = (
    "{family} {trade} Pty Ltd",
    "{family} & Sons {trade} Pty Ltd",
    'The "{family}" {trade} Company Pty Ltd',
    "{place} {trade} & {family} Pty Ltd",
    "D'{family} {trade} Pty Ltd",
)
# code, price; quantities and discounts are drawn. Fractions of cents are what totals go wrong by.
_PRICES = {
    "CONSULT-BRAND": ("185.00", "148.35"),
    "CONSULT-WEB": ("165.00", "33.3350"),
    "CONSULT-STRATEGY": ("1480.00", "999.99"),
    "LICENCE": ("1140.00", "95.0125"),
    "TRAVEL": ("220.00", "41.55"),
}
_QUANTITIES = ("1", "2", "3", "7.25", "12.5", "40")
_DISCOUNTS = ("0", "0", "0", "0", "10", "33.33")


@dataclass(frozen=True, slots=True)
class Customer:
    """A company as the CRM knows it; ``in_xero`` is the name under which Xero has it already, "" for a new one.

    Xero knows half of its contacts by their ABN, under a name spelt somewhat differently, the others by name and place.
    """

    name: str
    abn: str
    postcode: str
    in_xero: str = ""


def customer(random: Random, number: int, *, new: bool) -> Customer:
    begins, ends = ("Mar", "Quil", "Tren", "Oka", "Bell", "Wes"), ("low", "ter", "ford", "don")
    family = f"{random.choice(begins)}{random.choice(ends)}{number}"
    name = random.choice(_SHAPES).format(family=family, trade=random.choice(_TRADES), place=random.choice(_PLACES))
    by_abn = random.random() < 0.5
    known_as = name.replace("Pty Ltd", "P/L").replace(" & ", " and ") if by_abn else name
    number_told = abn(number) if by_abn or new else ""
    return Customer(name, number_told, f"{2000 + random.randrange(999)}", "" if new else known_as)


def abn(number: int) -> str:
    """A business number with sound check digits, from a range of its own.

    https://abr.business.gov.au/Help/AbnFormat: the weighted digits, the first less one, divide by 89.
    """
    tail = f"{999_000_000 + number:09d}"
    weights = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
    rest = sum(int(digit) * weight for digit, weight in zip(tail, weights[2:], strict=True))
    for head in range(10, 100):
        if ((head // 10 - 1) * 10 + head % 10 + rest) % 89 == 0:
            return f"{head}{tail}"
    raise LookupError(number)


def lines(random: Random) -> list[dict[str, str]]:
    """Three lines as a seller enters them."""
    return [
        {
            "product": code,
            "quantity": random.choice(_QUANTITIES),
            "price": random.choice(_PRICES[code]),
            "discount_percent": random.choice(_DISCOUNTS),
        }
        for code in random.sample(list(_PRICES), k=3)
    ]


def worth(lines: list[dict[str, str]]) -> Decimal:
    """What the invoice must come to, GST included: each line to the cent, and its tax to the cent."""
    total = Decimal(0)
    for line in lines:
        gross = Decimal(line["quantity"]) * Decimal(line["price"])
        amount = (gross * (100 - Decimal(line["discount_percent"])) / 100).quantize(CENT, ROUND_HALF_UP)
        tax = Decimal(0) if line["product"] in FREE else (amount * GST).quantize(CENT, ROUND_HALF_UP)
        total += amount + tax
    return total
