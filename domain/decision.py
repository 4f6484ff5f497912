"""What was decided about a record: proceed, hold or skip; and the questions only a person can settle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer a person may give; ``label`` completes "What should happen?"."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something only a person can settle.

    ``kind`` names the page of ``templates/review/`` that explains it; ``subject`` is whose question it is
    ("deal:17", "customer:company:5", "pair"); ``facts`` are what the page shows and what the question depends on:
    while they stay the same it is the same question, and an answer given once holds. ``beside`` is shown with them.
    """

    kind: str
    subject: str
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    choices: tuple[Choice, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def identity(self) -> str:
        """The kind and a fingerprint of the facts."""
        facts = json.dumps(dict(self.facts), sort_keys=True, ensure_ascii=False)
        return f"{self.kind}:{hashlib.sha256(facts.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Hold:
    """Ask a person, and do nothing until they answered or the facts changed."""

    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Skip:
    """Do nothing, and say why in a sentence a bookkeeper understands."""

    reason: str


# An answer by question identity: the id of the choice taken, with what was typed beside it.
Answers = Mapping[str, str]
