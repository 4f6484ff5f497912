"""Answers of people."""

from __future__ import annotations

from stages import answering
from stages.opening import opened
from tasks.stage import stage


@stage(name="answer", task_run_name="answer question {question}")
def answer(pair: str, question: int, choice: str, answered_by: str, note: str = "") -> None:
    """Settle the question. Raises ``answering.NoSuchAnswer`` with a sentence for whoever answered."""
    with opened(pair) as at_work:
        answering.answer(at_work, question, choice, by=answered_by, note=note)
