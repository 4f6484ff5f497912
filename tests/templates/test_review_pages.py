"""Every question has a page that says what happened, why a person is asked and what each answer does."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from rich.markdown import Markdown

from domain.decision import Choice, Question
from templates.rendering import FOLDER, review_page, review_text, review_title
from tests.support.questions import questions

ROOT = Path(__file__).parents[2]
PAGES = {path.name.removesuffix(".md.j2") for path in (FOLDER / "review").glob("[a-z]*.md.j2")}
# Shown where a pair as a whole stands still, and where there is no other page.
OF_NO_RECORD = {"not_connected", "other_organisation", "mapping_broken", "ledger_restored", "other"}
ASKED = questions()


def code() -> Iterator[ast.AST]:
    """Everything in the folders where questions are made."""
    for folder in ("domain", "stages", "tasks", "flows"):
        for path in (ROOT / folder).glob("*.py"):
            yield from ast.walk(ast.parse(path.read_text()))


def kinds_in_code() -> Iterator[str]:
    """The first argument of everything that makes a question."""
    for node in code():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            first = node.args[0]
            if node.func.id in {"Question", "_question"} and isinstance(first, ast.Constant):
                yield str(first.value)


def test_every_question_that_the_code_asks_has_a_page() -> None:
    assert set(kinds_in_code()) - PAGES == set()
    assert {question.kind for question in ASKED} - PAGES == set()


def test_every_page_is_for_a_question_that_the_code_asks() -> None:
    words = {str(node.value) for node in code() if isinstance(node, ast.Constant)}
    assert PAGES - OF_NO_RECORD - words == set()


@pytest.mark.parametrize("question", ASKED, ids=[f"{number} {question.kind}" for number, question in enumerate(ASKED)])
def test_a_page_tells_all_there_is_to_know(question: Question) -> None:
    page = review_text(question.kind, question.facts, question.choices, about={"deal": "Website"})
    assert page.startswith("# ")
    assert "  " not in page.partition("\n")[0]
    assert "Deal: Website" in page
    assert "Why you are asked: " in page
    for number, choice in enumerate(question.choices, start=1):
        [line] = [line for line in page.splitlines() if line.startswith(f"{number}. {choice.label}.")]
        assert line.endswith(".")
        assert len(line) > len(f"{number}. {choice.label}. ")
    for name, fact in question.facts.items():
        if name not in {"link", "version", "deal id", "customer id", "customer_id"}:
            assert all(" ".join(line.split()) in page for line in fact.splitlines())


@pytest.mark.parametrize("kind", sorted(PAGES))
def test_a_page_stands_without_any_facts(kind: str) -> None:
    page = review_page(kind, {})
    title, _, rest = page.partition("\n")
    assert title.startswith("# ")
    assert len(title) > 10
    assert "Why you are asked: " in rest
    assert "None" not in page
    assert "  " not in title
    assert "\n\n\n" not in page


def test_a_question_of_a_kind_without_a_page_is_shown_all_the_same() -> None:
    page = review_text("something_new", {"amount": "$5.00"}, (Choice("retry", "Look again"),))
    assert "something_new" in page
    assert "- amount: $5.00" in page
    assert "1. Look again." in page


@pytest.mark.parametrize("kind", ["../rendering", "_page", "", "other.md.j2", "a/b", "CUSTOMER_UNCLEAR"])
def test_a_kind_never_names_another_file(kind: str) -> None:
    assert "A question about this deal" in review_page(kind, {})


def test_a_title_is_one_plain_line() -> None:
    assert review_title("product_unmapped", {"product": "WORKSHOP_1"}) == "How is WORKSHOP_1 booked?"
    assert review_title("no_lines", {}, about={"deal": "Web*site"}) == 'The deal "Web*site" has nothing to invoice'
    assert review_title("customer_missing", {"customer_id": "company:5"}).endswith("is gone from the CRM")


def test_facts_of_several_lines_become_a_list() -> None:
    page = review_text("customer_unclear", {"contacts": "Acme (ABN 1)\nAcme Ltd"})
    assert "- contacts:\n  - Acme (ABN 1)\n  - Acme Ltd\n" in page


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("https://app.hubspot.com/contacts/1/record/0-3/17?a=b_c", True),
        ("javascript:alert(1)", False),
        ("https://a.example/> <script>", False),
        ("https://a.example/\nhttps://b.example", False),
        ("", False),
    ],
)
def test_only_a_plain_web_address_becomes_a_link(link: str, *, shown: bool) -> None:
    assert (f"<{link}>" in review_page("no_lines", {}, about={"url": link})) == shown
    assert ("See it:" in review_page("no_lines", {"link": link})) == shown


def test_pages_read_well_where_markdown_is_shown() -> None:
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(Markdown(review_page("product_unmapped", {"product": "A_B*C"}, (Choice("retry", "Look again"),))))
    text = console.export_text()
    assert "How is A_B*C booked?" in text
    assert '{product: "CODE", account code: "200", tax type: GST on Income}' in " ".join(text.split())
