"""What Wonbooks asks of a CRM. Every connector keeps it, and one test suite holds them all to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from connectors.errors import Gone
from domain.records import Customer, CustomerKind, CustomerRef, Deal, Detail, DetailName


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of records that may have changed, id → its version ("" if unknown), and how far the stream is read then.

    Never what changed: a record is read afresh before anything is decided. The version spares a second look at a
    record that the overlap brings again.
    """

    versions: Mapping[str, str]
    cursor: str


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field of ours on the CRM's deal: ``kind`` is text, number, date or link."""

    name: str
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline and its stages, id → label; ``won`` stands for its deals that are marked as won, whatever their stage,
    and is empty where a stage is what wins a deal.
    """

    id: str
    label: str
    stages: Mapping[str, str]
    won: str = ""


@dataclass(frozen=True, slots=True)
class DealUpdate:
    """Absolute values for a deal's fields; empty text clears one. ``stage`` is a stage id of its pipeline, or its
    mark of a won deal; ``reopen`` takes that mark away as it moves.
    """

    deal_id: str
    fields: Mapping[str, str]
    stage: str = ""
    reopen: bool = False


@dataclass(frozen=True, slots=True)
class DealNote:
    """A note of ours on a deal, in plain lines; ``mark`` is a part of its text by which it is found again.

    ``id`` is the CRM's, empty for one that may not have been written yet; ``at`` is when it is written.
    """

    deal_id: str
    mark: str
    text: str
    at: datetime
    id: str = ""


@dataclass(frozen=True, slots=True)
class DealFile:
    """A PDF for a deal, found again by its name; ``at`` is when it is put there."""

    deal_id: str
    name: str
    content: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file that hangs on a deal, in the version of now; ``size`` in bytes, ``id`` by which it is read."""

    id: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class CustomerUpdate:
    """Absolute values for details of a company or person, by their names in the mapping; an empty one clears it."""

    ref: CustomerRef
    details: Mapping[DetailName, Detail]


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A company to be made, under a key of ours that it keeps; ``since`` is when it was first sent, if it ever was.

    One that has a last name is a person instead.
    """

    key: str
    details: Mapping[DetailName, Detail]
    since: datetime | None = None
    first_name: str = ""
    last_name: str = ""

    @property
    def kind(self) -> CustomerKind:
        return "person" if self.last_name else "company"


@dataclass(frozen=True, slots=True)
class Refused:
    """One record of a batch that the CRM would not write, in its words; ``gone`` if it is no longer there."""

    words: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class HookAddress:
    """Where the CRM is to send its webhooks, by which name they are known, and the credentials that they show there."""

    url: str
    name: str
    user: str
    password: str


class Crm(Protocol):
    """A CRM account. Every method may raise ``ConnectorError``; batches never fail for one record's sake."""

    system: str
    account: str
    makes_fields: bool = True
    """Whether ``create_fields`` can; where it can't, it names them to whoever has to."""
    hides_merges: bool = False
    """Whether a deal that was merged into another is as good as deleted, and nothing says what became of it."""
    takes_notes: bool = False
    """Whether notes can be written on deals."""
    takes_files: bool = False
    """Whether files can be put on deals."""
    gives_files: bool = False
    """Whether the files of deals can be read."""
    files_need: str = ""
    """The permission that putting them takes beside those for deals."""
    tells_rhythm: bool = True
    """Whether a line that recurs says how often."""
    makes_hooks: bool = False
    """Whether ``keep_hooks`` can; where it can't, a person sets webhooks up in the CRM."""

    def changed_deals(self, cursor: str) -> Iterator[Changes]:
        """Deals changed since the cursor ("" for the look-back's start), oldest first, overlapping on purpose.

        Where there were none yet, an empty page has the start as its cursor: what comes is not passed, however late
        it is looked for.
        """
        ...

    def won_between(self, first: date, last: date) -> Iterator[list[str]]:
        """Ids of the deals that the CRM calls won and that closed on one of these calendar days, page by page."""
        ...

    def deals(self, ids: Sequence[str], fields: Sequence[str] = ()) -> list[Deal]:
        """These deals read by id, with lines and customer; an id that is gone is missing from the answer.

        ``fields`` names further fields of the deal wanted as text.
        """
        ...

    def customers(self, refs: Sequence[CustomerRef]) -> list[Customer]:
        """These companies and persons read by id; one that is gone is missing from the answer."""
        ...

    def changed_customers(self, cursor: str, since: datetime | None = None) -> Iterator[Changes]:
        """Companies and persons changed since the cursor, as ``changed_deals`` tells deals, by ``str(ref)``.

        Without a cursor since that moment, or since the look-back's start.
        One of which the list does not say whether it is a company or a person is told as both.
        """
        ...

    def keeps(self, kind: CustomerKind) -> frozenset[DetailName]:
        """The details that its companies or persons have a place for which we may write."""
        ...

    def own_fields(self, kind: CustomerKind) -> frozenset[str]:
        """What the account has fields of its own for on its companies or persons, of what the mapping names."""
        ...

    def write_customers(self, updates: Sequence[CustomerUpdate]) -> dict[CustomerRef, Refused]:
        """Write absolute values, safe to repeat, and nothing that isn't named. Returns the refusals.

        Lists of telephone numbers and e-mail addresses keep their other entries.
        """
        ...

    def create_customers(self, news: Sequence[NewCustomer]) -> dict[str, CustomerRef | Refused]:
        """Make companies and persons, by their keys; safe to repeat: what bears the key already is that customer.

        One in neither kind of answer is unknown: it is sent again.
        """
        ...

    def owners(self, ids: Sequence[str] | None) -> dict[str, str]:
        """What the owners of deals are called, by their ids, or all of them; one that can't be seen is missing."""
        ...

    def stages(self, ids: Sequence[str], *, marks: bool = False) -> dict[str, str]:
        """The stage id of each of these deals just now, in one cheap read; one that is gone is missing.

        With ``marks`` a deal that is marked as won has its pipeline's ``won`` instead, where there is such a mark.
        """
        ...

    def write_deals(self, updates: Sequence[DealUpdate]) -> dict[str, Refused]:
        """Write absolute values, safe to repeat. Returns the refusals by deal id; all others are done."""
        ...

    def put_note(self, note: DealNote) -> str:
        """Write the note, over what it said before; safe to repeat. Its id, by which it is found at once.

        Without ``takes_notes`` it does nothing.
        """
        return note.id

    def put_file(self, file: DealFile) -> None:
        """Put a PDF on its deal, unless a file of this name is there: safe to repeat.

        Without ``takes_files`` it does nothing.
        """

    def files_of(self, deal_id: str) -> list[HeldFile]:  # noqa: ARG002 - others have some
        """The files that hang on a deal; none without ``gives_files``."""
        return []

    def read_file(self, file: HeldFile) -> bytes:
        """What is in one of them. Raises ``Gone`` without ``gives_files``."""
        raise Gone(self.system, f"reading file {file.id}")

    def pipelines(self) -> list[Pipeline]:
        """Every deal pipeline with its stages."""
        ...

    def missing_fields(self, fields: Sequence[FieldSpec]) -> list[FieldSpec]:
        """Those of the deal's fields that the account lacks."""
        ...

    def create_fields(self, fields: Sequence[FieldSpec]) -> None:
        """Create fields on the deal; one that exists already counts as created.

        Without ``makes_fields`` it raises ``NotConnected`` naming those that are missing.
        """
        ...

    def keep_hooks(self, address: HookAddress) -> int:  # noqa: ARG002 - others make some
        """See that changes of deals are told there, once each; how many webhooks had to be made.

        Others that lead to the same place are taken away. Without ``makes_hooks`` it does nothing.
        """
        return 0
