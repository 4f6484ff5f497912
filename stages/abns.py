"""The ABNs of Xero's contacts, looked up in the business register where the mapping names a key; nothing waits for it.

Each is asked for once a month at most, some hundreds a night, and only what the register says of it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pydantic import TypeAdapter

from connectors.errors import ConnectorError
from domain.register import Standing
from ledger import customers, memory
from stages.pair import Pair

HOLDS_FOR = timedelta(days=30)
# No limit is published; of one that is rumoured this is a small part.
A_NIGHT = 300
# What is remembered of an ABN is named so.
NAMED = "abn "
_STANDING: TypeAdapter[Standing] = TypeAdapter(Standing)


@dataclass(frozen=True, slots=True)
class Marked:
    """A contact whose ABN was looked up, and what the register says."""

    contact: str
    name: str
    standing: Standing


def look_up(pair: Pair, most: int = A_NIGHT) -> int:
    """Look up those that were not looked up within the month; how many were. Trouble outside ends it without a word."""
    if pair.register is None:
        return 0
    done = 0
    for abn in _unknown(pair)[:most]:
        try:
            found = pair.register.standing(abn, pair.today())
        except ConnectorError:
            break
        with pair.ledger.write() as session:
            text = _STANDING.dump_json(found).decode()
            memory.remember(session, pair.name, NAMED + abn, text, pair.now())
        done += 1
    return done


def marked(pair: Pair) -> Sequence[Marked]:
    """The contacts in Xero whose ABN is known to be cancelled, unknown to the register, or without GST."""
    with pair.ledger.read() as session:
        known = memory.recall_all(session, pair.name, NAMED, now=pair.now(), for_=memory.FOR_EVER)
        found = [
            Marked(each.xero_id, each.name, _STANDING.validate_json(known[each.abn]))
            for each in customers.everybody(session, pair.name)
            if each.abn in known
        ]
    return [each for each in found if not each.standing.is_sound]


def of(pair: Pair, abn: str) -> Standing | None:
    """What was last looked up of an ABN, None for one that never was."""
    with pair.ledger.read() as session:
        text = memory.recall(session, pair.name, NAMED + abn, now=pair.now(), for_=memory.FOR_EVER) if abn else None
    return _STANDING.validate_json(text) if text else None


def _unknown(pair: Pair) -> list[str]:
    with pair.ledger.read() as session:
        known = memory.recall_all(session, pair.name, NAMED, now=pair.now(), for_=HOLDS_FOR)
        return sorted({each.abn for each in customers.everybody(session, pair.name)} - {"", *known})
