"""The first match: both systems' customers read whole, paired, listed for a person, and linked as they confirm.

Nothing is written outside. What was read is kept, so that an interrupted run goes on where it was.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import TypeAdapter

from domain.first_match import Proposal, Wrong, chosen, is_taken, propose
from domain.likeness import keys_of
from ledger import audit, customers, gathered, links, seen
from stages.aligning import is_ref, ref_of
from stages.answering import Unopened
from stages.contacts import notice_details, refresh_index
from stages.gather import AlreadyAtWork, Progress, quietly
from stages.pair import Pair

WORK, CUSTOMERS, LISTED = "first match", "customers", "customers listed"
EVER = datetime(1970, 1, 1, tzinfo=UTC)
AT_ONCE = 100
# Its number, what it is about, what that is, and the person's word.
Line = tuple[int, str, str, str]
_PROPOSALS: TypeAdapter[list[Proposal]] = TypeAdapter(list[Proposal])


@dataclass(frozen=True, slots=True)
class Confirmed:
    """How many customers were linked, and the lines that could not be."""

    linked: int
    wrong: Sequence[Wrong]


def look(pair: Pair, progress: Progress = quietly) -> int:
    """Read both systems and pair their customers; how many customers of the CRM are not linked yet.

    Raises ``ConnectorError`` when a system stops us, and ``AlreadyAtWork``.
    """
    with holding(pair):
        if not is_done(pair, LISTED):
            refresh_index(pair)
            _list(pair, progress)
        unread, of = ids(pair, CUSTOMERS, unread=True), len(ids(pair, CUSTOMERS))
        for start in range(0, len(unread), AT_ONCE):
            _pair_up(pair, unread[start : start + AT_ONCE])
            progress(CUSTOMERS, of - len(unread[start + AT_ONCE :]), of)
    return sum(1 for _ in proposals(pair))


@contextmanager
def holding(pair: Pair) -> Generator[None]:
    """One process at a time. Raises ``AlreadyAtWork``."""
    with pair.ledger.write() as session:
        if not gathered.begin(session, pair.name, WORK, pair.worker, pair.now()):
            raise AlreadyAtWork("The first match is being made by another process. Try again in a while.")
    try:
        yield
    finally:
        with pair.ledger.write() as session:
            gathered.leave(session, pair.name, WORK)


def is_done(pair: Pair, step: str) -> bool:
    """Whether a list was read whole."""
    with pair.ledger.read() as session:
        return gathered.is_done(session, pair.name, WORK, step)


def _list(pair: Pair, progress: Progress) -> None:
    """The ids of all companies and persons of the CRM."""
    count = 0
    for page in pair.crm.changed_customers("", EVER):
        with pair.ledger.write() as session:
            gathered.put(session, pair.name, WORK, CUSTOMERS, dict.fromkeys(page.versions, ""), pair.now())
        count += len(page.versions)
        progress(LISTED, count, 0)
    with pair.ledger.write() as session:
        gathered.done(session, pair.name, WORK, LISTED, pair.now())


def ids(pair: Pair, kind: str, *, unread: bool = False) -> list[str]:
    """The ids of what was listed, or of that which is still to be read."""
    with pair.ledger.read() as session:
        return gathered.ids(session, pair.name, WORK, kind, unread=unread)


def _pair_up(pair: Pair, some: Sequence[str]) -> None:
    """Some customers, read by id and held against the index."""
    found = {each.ref: each for each in pair.crm.customers([ref_of(ref) for ref in some])}
    told: dict[str, str] = dict.fromkeys(some, "[]")
    with pair.ledger.write() as session:
        seen.put_customers(session, pair.name, list(found.values()), pair.now())
        linked = {row.crm_id for row in links.of_customers(session, pair.name, list(some))}
        for ref, customer in found.items():
            if str(ref) in told and str(ref) not in linked and not customer.archived:
                candidates = customers.candidates(
                    session, pair.name, keys_of(customer, pair.rules.contacts.mailboxes())
                )
                told[str(ref)] = _text(propose(customer, candidates, pair.rules.contacts))
        gathered.put(session, pair.name, WORK, CUSTOMERS, told, pair.now())


def _text(found: list[Proposal]) -> str:
    return _PROPOSALS.dump_json(found).decode()


@dataclass(frozen=True, slots=True)
class Came:
    """How far the reading has come, since when; None where nothing is kept of any."""

    at: datetime | None
    read: int
    of: int


def came(pair: Pair | Unopened, kinds: Sequence[str]) -> Came:
    """How much of what was listed is read, of these kinds."""
    with pair.ledger.read() as session:
        at = gathered.begun_at(session, pair.name, WORK)
        of = sum(len(gathered.ids(session, pair.name, WORK, kind)) for kind in kinds)
        unread = sum(len(gathered.ids(session, pair.name, WORK, kind, unread=True)) for kind in kinds)
    return Came(at, of - unread, of)


def proposals(pair: Pair | Unopened) -> Iterator[list[Proposal]]:
    """What was found of each customer that is not linked, in the order of their ids."""
    with pair.ledger.read() as session:
        for page in gathered.pages(session, pair.name, WORK, CUSTOMERS):
            linked = {row.crm_id for row in links.of_customers(session, pair.name, list(page))}
            for ref, data in page.items():
                if ref not in linked and (found := _PROPOSALS.validate_json(data)):
                    yield found


def likely_contacts(pair: Pair, refs: Sequence[str]) -> dict[str, str]:
    """Who in Xero these customers are linked with, or proven to be."""
    with pair.ledger.read() as session:
        known = links.customers(session, pair.name, refs)
        told = gathered.read(session, pair.name, WORK, CUSTOMERS, [ref for ref in refs if ref not in known])
    found = {ref: _PROPOSALS.validate_json(data) for ref, data in told.items()}
    return {ref: each[0].contact for ref, each in found.items() if each and each[0].confidence == "proven"} | known


def confirm(pair: Pair, lines: Sequence[Line], by: str) -> Confirmed:
    """Link what a person took of the list, if the CRM still has the customer; only links are written."""
    wanted = sorted({customer for _, customer, _, take in lines if is_taken(take) and is_ref(customer)})
    known = {str(each.ref) for each in pair.crm.customers([ref_of(ref) for ref in wanted]) if not each.archived}
    with pair.ledger.write() as session:
        linked = {row.crm_id for row in links.of_customers(session, pair.name, wanted)}
        statuses = customers.statuses(session, pair.name, sorted({contact for _, _, contact, _ in lines}))
        taken, wrong = chosen(lines, known, linked, statuses)
        for ref, contact in taken.items():
            links.link(session, pair.name, links.CUSTOMER, ref, contact, now=pair.now(), how="first match")
            audit.record(session, pair.name, pair.now(), f"customer:{ref}", "linked", {"xero": contact}, actor=by)
            notice_details(session, pair, ref)
    return Confirmed(len(taken), wrong)
