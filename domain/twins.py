"""Records of one system that may be one customer twice: listed with what speaks for it, and merged by nobody here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from rapidfuzz.fuzz import token_sort_ratio

from domain.emails import ORDINARY, Mailboxes
from domain.likeness import IndexedContact

# From this likeness on names are shown as near; out of 100.
NEAR = 92
# A word that so many names have tells nobody apart.
COMMON = 200


@dataclass(frozen=True, slots=True)
class Twins:
    """Records that share something, by id and name, and what they share in a sentence that names nobody."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    evidence: str


def twins(records: Sequence[IndexedContact], mailboxes: Mailboxes = ORDINARY) -> list[Twins]:
    """Those with the same ABN, the same e-mail address, the same name or nearly the same, each pair once.

    Two different ABNs are two customers whatever else agrees, and so are two names whose digits differ.
    """
    found: list[Twins] = []
    told: set[frozenset[str]] = set()
    rungs: tuple[tuple[str, Callable[[IndexedContact], str]], ...] = (
        ("The same ABN.", lambda each: each.abn),
        ("The same e-mail address.", lambda each: "" if mailboxes.is_role(each.email_key) else each.email_key),
        ("The same name.", lambda each: each.name_key),
    )
    for evidence, key in rungs:
        for group in _groups(records, key):
            if evidence == "The same ABN." or _may_be_one(group):
                found += _told(group, evidence, told)
    for one, other, likeness in _near(records):
        found += _told((one, other), f"Names that are nearly the same, {likeness:.0f} of 100.", told)
    return found


def _told(group: Sequence[IndexedContact], evidence: str, told: set[frozenset[str]]) -> list[Twins]:
    pairs = {frozenset({one.xero_id, other.xero_id}) for one, other in combinations(group, 2)}
    if pairs <= told:
        return []
    told |= pairs
    return [Twins(tuple(each.xero_id for each in group), tuple(each.name for each in group), evidence)]


def _groups(
    records: Iterable[IndexedContact], key: Callable[[IndexedContact], str]
) -> Iterator[Sequence[IndexedContact]]:
    by_key: dict[str, list[IndexedContact]] = {}
    for each in records:
        if found := key(each):
            by_key.setdefault(found, []).append(each)
    return (group for group in by_key.values() if 1 < len(group) <= COMMON)


def _may_be_one(group: Sequence[IndexedContact]) -> bool:
    return len({each.abn for each in group} - {""}) < 2


def _near(records: Sequence[IndexedContact]) -> Iterator[tuple[IndexedContact, IndexedContact, float]]:
    """Pairs of names that share a word and are nearly the same, their words put in order."""
    by_word: dict[str, list[IndexedContact]] = {}
    for each in records:
        for word in set(each.name_key.split()):
            by_word.setdefault(word, []).append(each)
    seen: set[tuple[str, str]] = set()
    for group in by_word.values():
        if len(group) > COMMON:
            continue
        for one, other in combinations(group, 2):
            if (one.xero_id, other.xero_id) in seen or one.name_key == other.name_key:
                continue
            seen.add((one.xero_id, other.xero_id))
            likeness = _likeness(one.name_key, other.name_key)
            if likeness and _may_be_one((one, other)):
                yield one, other, likeness


def _likeness(one: str, other: str) -> float:
    """Of 100, whatever the order of the words; 0 for names that are not near."""
    return token_sort_ratio(one, other, score_cutoff=NEAR) if _digits(one) == _digits(other) else 0


def _digits(key: str) -> list[str]:
    return sorted(re.findall(r"\d+", key))
