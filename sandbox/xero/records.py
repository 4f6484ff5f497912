"""What Xero keeps and says: records that never change, its dates, its ids, its JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NoReturn, Self

NO_ID = "00000000-0000-0000-0000-000000000000"
ZERO = Decimal("0.00")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MILLISECOND = timedelta(milliseconds=1)
_DAY = 86_400_000
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CENT = Decimal("0.01")


class Refused(Exception):
    """Understood and not done; ``messages`` are Xero's words, each a sentence."""

    def __init__(self, *messages: str) -> None:
        self.messages = messages
        super().__init__("; ".join(messages))


class UnknownId(Exception):
    """An id the organisation never issued."""


class BadQuery(Exception):
    """A ``where`` or ``order`` that Xero can't read."""


class Record(dict[str, Any]):
    """A JSON object as kept in the books: nothing in it ever changes, an edit makes a new record.

    So the log may hold it as it is, and copies of the books share it.
    """

    __slots__ = ()

    def but(self, **changes: Any) -> Record:
        """The same record with other values; ``None`` takes a field out."""
        merged = {**self, **changes}
        return Record({key: value for key, value in merged.items() if value is not None})

    def _never(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("a record never changes; make another with but()")

    __setitem__ = __delitem__ = __ior__ = _never  # pyright: ignore[reportAssignmentType]
    clear = pop = popitem = setdefault = update = _never  # pyright: ignore[reportAssignmentType]

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[type[Record], tuple[dict[str, Any]]]:
        return (Record, (dict(self),))


def frozen(value: Any) -> Any:
    """The same JSON with records for objects and tuples for lists."""
    if isinstance(value, dict):
        return Record({key: frozen(each) for key, each in value.items()})
    if isinstance(value, list | tuple):
        return tuple(frozen(each) for each in value)
    return value


def cents(amount: Decimal) -> Decimal:
    """Rounded to two decimals, halves away from zero."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


def instant(moment: datetime) -> str:
    """A moment as ``/Date(1789378199100+0000)/``, to the millisecond."""
    return f"/Date({(moment - _EPOCH) // _MILLISECOND}+0000)/"


def plain_instant(moment: datetime) -> str:
    """The form Xero uses around an answer and for creation times: ``/Date(1789378199160)/``."""
    return f"/Date({(moment - _EPOCH) // _MILLISECOND})/"


def instant_text(moment: datetime) -> str:
    """The twin of ``instant`` for people, which drops the milliseconds: ``2026-09-14T09:29:59Z``."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def milliseconds(text: str) -> int:
    """The number inside ``/Date(…)/``."""
    return int(text[6 : text.index("+", 6) if "+" in text else -2])


def calendar(day: date) -> str:
    """A calendar day, which Xero writes as midnight UTC."""
    return f"/Date({(day.toordinal() - _EPOCH_DAY) * _DAY}+0000)/"


def calendar_text(day: date) -> str:
    return f"{day.isoformat()}T00:00:00"


def shown_day(day: date) -> str:
    """A day as Xero's sentences have it: ``31-Jul-2013``."""
    return f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}"


def read_day(value: Any) -> date:
    """A day as callers write it, ``2026-11-23`` with or without a time, or as Xero does; ``ValueError`` otherwise."""
    text = str(value)
    if text.startswith("/Date("):
        return date.fromordinal(_EPOCH_DAY + milliseconds(text) // _DAY)
    return date.fromisoformat(text[:10])


def day_of(record: Record, field: str) -> date | None:
    """The calendar day of a record's date field."""
    text = record.get(field)
    return date.fromordinal(_EPOCH_DAY + milliseconds(text) // _DAY) if text else None


def encode(payload: Any) -> bytes:
    """JSON as Xero writes it: money as plain numbers."""
    return json.dumps(payload, default=_number, separators=(",", ":")).encode()


def _number(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is not part of a record")


def decode(body: bytes) -> Any:
    """JSON with money as ``Decimal``; ``ValueError`` where it is none."""
    return json.loads(body, parse_float=Decimal)


def stripped(value: Any) -> str:
    """A text field as sent, ``""`` where it is missing."""
    return "" if value is None else str(value)
