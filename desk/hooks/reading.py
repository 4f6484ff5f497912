"""JSON from outside: at most so deep, and what was promised to be a list is one."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from desk.hooks.delivery import Unreadable

DEEPEST = 32


def parsed(body: bytes) -> Any:
    """The body as JSON. Raises ``Unreadable``, also for what is nested more than ``DEEPEST`` deep."""
    try:
        # No fraction is ever used, and as text none is too large.
        content = json.loads(body.decode(), parse_float=str)
    except (ValueError, RecursionError):
        raise Unreadable("not JSON") from None
    level, depth = [content], 0
    while level := [inner for each in level for inner in _inside(each)]:
        depth += 1
        if depth > DEEPEST:
            raise Unreadable("nested too deeply")
    return content


def _inside(value: Any) -> Collection[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def entries(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of a list. Raises ``Unreadable`` when it is none, or holds something else."""
    if not isinstance(value, list):
        raise Unreadable("a list is missing")
    for entry in value:
        if not isinstance(entry, dict):
            raise Unreadable("an entry is not an object")
        yield entry


def ident(value: Any) -> str:
    """A record's or account's id as text, empty for anything that can't be one."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**30 else ""
    return value if isinstance(value, str) and _IDENT.fullmatch(value) else ""


_IDENT = re.compile(r"[A-Za-z0-9._-]{1,64}")
