"""A person settles an open question: the form that Prefect's page shows for this flow."""

from __future__ import annotations

from prefect import flow

from tasks.review import answer
from tasks.wake import wake


@flow(name="answer-review", flow_run_name="{pair}: question {question}", persist_result=False)
def answer_review(pair: str, question: int, choice: str, answered_by: str, note: str = "") -> None:
    """Answer an open question and go on with what waited for it.

    Args:
        pair: The pair the question belongs to.
        question: Its number, as the table of open questions shows it.
        choice: The number of one of its choices, as ``wonbooks review show`` lists them.
        answered_by: Who answers; kept in the audit trail.
        note: Why, if that is worth keeping.
    """
    answer(pair, question, choice, answered_by, note)
    wake(pair, "deals")
    wake(pair, "invoices")
    wake(pair, "details")
