"""Lines put before those of a demo's mapping, as a bookkeeper would write them."""

from __future__ import annotations

from tests.support.house import Edit, House


def entry(stage: str, create: str, *more: str, pipeline: str = "New business") -> str:
    """One entry under ``invoices``; ``more`` are further lines of it."""
    lines = (
        f"pipeline: {pipeline}",
        f"stage: {stage}",
        f"create: {create}",
        "amounts are: tax exclusive",
        "due: 14 days after the invoice date",
        *more,
    )
    return "  - " + "\n    ".join(lines) + "\n"


def before(*entries: str) -> Edit:
    """The entries stand before those that are there."""
    return "invoices:\n", "invoices:\n" + "".join(entries)


def telling(house: House, *names: str) -> Edit:
    """Deals are told these too, ``days overdue``, each in a further field of ours."""
    return "  status: ", "".join(f"  {name}: {house.sales.field(name)}\n" for name in names) + "  status: "


PROPOSED = before(entry("Appointment scheduled", "draft"))
