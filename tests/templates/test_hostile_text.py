"""Names come from anyone who can fill in a form. Whatever they hold comes out as text, and as little of it as fits."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from domain.decision import Choice
from templates.rendering import cut, in_markdown, reference, render, review_page, review_text, shown
from tests.support.questions import DEAL

HOSTILE = {
    "template code": "{{7*7}}{% for x in range(9) %}x{% endfor %}{# gone #}",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a link": "[pay here](https://evil.example)![x](https://evil.example/y)<https://evil.example>",
    "a heading": "# Approve this\n\n# Now",
    "a list": "- one\n1. two\n+ three\n2) four",
    "a table": "a | b\n--- | ---\nc | d",
    "code": "`x` ```y``` ~~z~~ **b** _i_ \\*",
    "entities": "&lt;b&gt; &#60; &amp;",
    "turned around": "abc\u202egpj.exe\u202c\u2066x\u2069\u200f",
    "unseen": "a\u200bb\u00adc\ufeffd\x00e\x1bf\x9bg\ue000",
    "lines": "a\nb\r\nc\u2028d\x85e\tf",
    "long": "x" * 4000,
    "long and wide": "🦘" * 4000,
    "half a pair": "a\ud83eb",
    "nothing": "   ",
}
hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())


def said(markdown: str) -> str:
    """What a reader of the page sees, and nothing that Markdown would make of it."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    inline = [token for token in tokens if token.type == "inline"]
    kinds = {child.type for token in inline for child in token.children or []}
    assert kinds <= {"text", "text_special", "softbreak"}, kinds
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}, tokens
    return "".join(child.content for token in inline for child in token.children or [])


@hostile
def test_markdown_shows_hostile_text_as_it_is(text: str) -> None:
    assert said(in_markdown(text)) == shown(text)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text(st.sampled_from("ab1 .)(-+*_#`~<>[]!|&;\\=:/\n\t"), max_size=40))
def test_markdown_shows_any_text_as_it_is(text: str) -> None:
    assert said(in_markdown(text)) == shown(text)


@hostile
def test_a_fact_is_one_visible_line(text: str) -> None:
    line = shown(text)
    assert not any(unicodedata.category(sign).startswith("C") for sign in line)
    assert "\n" not in line
    assert len(line) <= 600


def test_template_code_in_a_name_is_not_run() -> None:
    code = HOSTILE["template code"]
    assert shown(code) in review_text("customer_unclear", {"customer": code})
    assert shown(code) in reference("{{ deal.name }}", replace(DEAL, name=code))
    assert shown(code) in render("xero/history.txt.j2", deal_id="1", why={"deal": code})


@hostile
def test_a_page_keeps_its_shape_whatever_it_shows(text: str) -> None:
    page = review_page(
        "customer_unclear",
        {"customer": text, "contacts": text, text: text, "link": text},
        (Choice(f"use:{text}", text),),
        about={"deal": text, "customer": text, "url": text},
    )
    tokens = MarkdownIt("commonmark").parse(page)
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h1"]
    kinds = {child.type for token in tokens if token.type == "inline" for child in token.children or []}
    assert kinds <= {"text", "text_special", "softbreak"}
    assert not {token.type for token in tokens} & {"html_block", "fence", "code_block", "blockquote_open", "hr"}


@hostile
def test_a_reference_is_one_line_that_xero_takes(text: str) -> None:
    deal = replace(DEAL, name=text, fields={"po": text})
    line = reference("Deal {{ deal.name }} {{ deal.fields.po }} {{ customer.name }}", deal, text)
    assert line.startswith("Deal")
    assert line.isprintable()
    assert len(line.encode("utf-16-le")) // 2 <= 255


@hostile
def test_a_history_note_fits_and_no_name_can_forge_a_line_of_it(text: str) -> None:
    why = {"deal": text, "rule": text, "matched": text, "notes": [text] * 9, "answers": [text] * 20, "mapping": text}
    note = render("xero/history.txt.j2", deal_id=text, why=why)
    assert note.startswith("Made by Wonbooks from the deal ")
    assert len(note.strip().splitlines()) <= 2


def test_a_history_note_is_short_for_the_longest_names() -> None:
    long = "x" * 4000
    why = {"deal": long, "rule": long, "matched": long, "mapping": "abc", "amount": "$1.00"}
    assert len(render("xero/history.txt.j2", deal_id="17", why=why)) <= 2500


@pytest.mark.parametrize("longest", [1, 2, 3, 255])
@pytest.mark.parametrize("text", ["", "abc", "🦘🦘🦘", "x" * 300, "🦘" * 300, "a🦘" * 200])
def test_a_cut_text_fits_and_says_that_it_was_cut(text: str, longest: int) -> None:
    short = cut(text, longest)
    assert len(short.encode("utf-16-le")) // 2 <= longest
    assert short == text or short.endswith("…")


def test_what_a_deal_lacks_comes_out_as_nothing() -> None:
    bare = replace(DEAL, closed_on=None, amount=None, name="Website")
    text = "{{ deal.closed_on.year }} {{ deal.amount }} {{ deal.fields.po }} {{ deal.name }} {{ customer.name }}"
    assert reference(text, bare) == "Website"


def test_a_field_may_be_named_like_anything() -> None:
    deal = replace(DEAL, fields={"items": "5", "copy": "6", "__class__": "7"})
    assert reference("{{ deal.fields.items }}{{ deal.fields.copy }}{{ deal.fields.keys }}", deal) == "56"


def test_a_reference_reads_as_the_mapping_says() -> None:
    assert reference("Renewal {{ deal.closed_on.year }}: {{ deal.name | upper }}", DEAL) == "Renewal 2026: WEBSITE"
