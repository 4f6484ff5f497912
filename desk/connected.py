"""What the pages about connections share: one pair's connections, and the outside within the time a person waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from desk.door import Refusal
from desk.office import Office, TakesTooLong
from ledger.secrets import KeyProblem
from stages.connecting import WrongOrganisation
from stages.opening import Connect
from stages.settings import SettingsProblem
from stages.troubles import OutsideTrouble, outside

HERE = "/connections"
T = TypeVar("T")


def at_pair(office: Office, pair: str) -> Connect:
    if pair not in office.pairs():
        raise Refusal(
            404, "There is no such pair", "It may have been renamed.", onward=HERE, onward_words="Connections"
        )
    try:
        return office.connect(pair)
    except SettingsProblem as problem:
        raise refused(str(problem)) from None


def from_outside(office: Office, work: Callable[[], T]) -> T:
    """Do it within the time a person waits, or show a page that says why not."""
    try:
        return office.within_patience(work)
    except OutsideTrouble as trouble:
        raise refused(outside(trouble)) from None
    except TakesTooLong:
        raise refused("It takes longer to answer than a page may wait. Try again in a minute.") from None
    except (SettingsProblem, KeyProblem, WrongOrganisation) as problem:
        raise refused(str(problem)) from None


def refused(words: str) -> Refusal:
    return Refusal(422, "That did not work", words, onward=HERE, onward_words="Back to the connections")
