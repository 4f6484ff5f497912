"""Fills the templates in. What comes from a CRM, from Xero or from a person is text here, whatever it looks like.

Names may hold markup, template code or signs that turn the reading direction: a fact is cleaned and cut when it is
shown, escaped for the kind of page it is shown on, and never taken for a template.
"""

from __future__ import annotations

import collections
import functools
import pathlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import cast

from jinja2 import ChainableUndefined, FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from domain.decision import Choice
from domain.records import Deal
from domain.rules import REFERENCE_FACTS

FOLDER = pathlib.Path(__file__).parent
LONGEST_FACT = 600
# https://developer.xero.com/documentation/api/accounting/invoices
LONGEST_REFERENCE = 255


def render(name: str, **facts: object) -> str:
    """A template of this folder; what its name says before ``.j2`` decides how facts are escaped.

    Raises ``jinja2.TemplateNotFound`` and ``jinja2.UndefinedError``: both are mistakes of ours.
    """
    ending = pathlib.Path(name.removesuffix(".j2")).suffix
    page = _environment(_ESCAPES.get(ending, shown), html=ending == ".html")
    return page.get_template(name).render(**facts).strip() + "\n"


def review_page(
    kind: str, facts: Mapping[str, str], choices: Sequence[Choice] = (), *, about: Mapping[str, str] | None = None
) -> str:
    """What a person reads who settles a question, in Markdown: what happened, why they are asked, what they can do.

    ``about`` adds what isn't part of the question itself: "deal" (its name), "customer", "url" (the record in the CRM).
    """
    return render(f"review/{_page_name(kind)}.md.j2", **_page_facts(kind, facts, choices, about or {}))


def review_text(
    kind: str, facts: Mapping[str, str], choices: Sequence[Choice] = (), *, about: Mapping[str, str] | None = None
) -> str:
    """The same page for a terminal or a plain e-mail."""
    page = _environment(shown, html=False).get_template(f"review/{_page_name(kind)}.md.j2")
    return page.render(_page_facts(kind, facts, choices, about or {})).strip() + "\n"


def review_title(kind: str, facts: Mapping[str, str], *, about: Mapping[str, str] | None = None) -> str:
    """The page's first line, as plain text for a list."""
    return review_text(kind, facts, about=about).partition("\n")[0].removeprefix("# ")


@dataclass(frozen=True, slots=True)
class ReviewParts:
    """A question's page in its parts, each plain text; ``told`` says what a choice does, by its id's first word."""

    title: str
    happened: str
    why: str
    told: Mapping[str, str]


def review_parts(kind: str, facts: Mapping[str, str], *, about: Mapping[str, str] | None = None) -> ReviewParts:
    """The same page for whoever lays it out themselves."""
    page = _environment(shown, html=False).get_template(f"review/{_page_name(kind)}.md.j2")
    context = page.new_context(_page_facts(kind, facts, (), about or {}))
    collections.deque(page.root_render_func(context), 0)  # brings in the blocks and what the page sets
    parts = {name: " ".join("".join(blocks[0](context)).split()) for name, blocks in context.blocks.items()}
    told = {**context.vars.get("usual", {}), **context.vars.get("told", {})}
    return ReviewParts(parts["title"], parts["happened"], _capfirst(parts["why"]), told)


def reference(text: str, deal: Deal, customer: str = "") -> str:
    """An invoice's reference from the mapping's text: one printable line, at most 255 characters.

    ``customer`` is the customer's name. What a deal doesn't have comes out as nothing.
    """
    facts: dict[str, object] = {name: getattr(deal, name) for name in REFERENCE_FACTS["deal"]}
    facts["fields"] = SimpleNamespace(**deal.fields)
    return cut(shown(_reference(text).render(deal=facts, customer={"name": customer})), LONGEST_REFERENCE)


class Address(str):
    """A web address that was checked: shown as it is."""

    __slots__ = ()


def shown(value: object) -> str:
    """A fact as one line of plain text, at most 600 characters; signs that can't be seen are left out."""
    if value is None:
        return ""
    line = " ".join(str(value).split())
    return cut("".join(sign for sign in line if not unicodedata.category(sign).startswith("C")), LONGEST_FACT)


def in_markdown(value: object) -> str:
    """A fact that Markdown shows as it is."""
    if isinstance(value, Address):
        return value
    text = _MARKUP.sub(r"\\\1", shown(value))
    return _LIST.sub(r"\1\\\2", text)


def cut(text: str, longest: int) -> str:
    """Text of at most so many UTF-16 units, as the vendors count; one that was cut ends with an ellipsis."""
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * longest:
        return text
    return units[: 2 * (longest - 1)].decode("utf-16-le", "ignore").rstrip() + "…"


def _page_facts(
    kind: str, facts: Mapping[str, str], choices: Sequence[Choice], about: Mapping[str, str]
) -> dict[str, object]:
    name = about.get("deal") or facts.get("deal", "")
    deal = f'the deal "{name}"' if name else "this deal"
    return {"kind": kind, "facts": facts, "choices": choices, "about": about, "deal": deal, "told": {}}


def _page_name(kind: str) -> str:
    known = _KIND.fullmatch(kind) and (FOLDER / "review" / f"{kind}.md.j2").is_file()
    return kind if known else "other"


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _address(text: str | None) -> Address:
    """A web address, or nothing if it is none or holds a sign that a page could take for markup."""
    return Address(text if text and _WEB.fullmatch(text) else "")


def _capfirst(text: str) -> str:
    return text[:1].upper() + text[1:]


def _titled(system: str) -> str:
    return {"hubspot": "HubSpot"}.get(system, _capfirst(system))


_MARKUP = re.compile(r"([\\`*_\[\]<>|~#]|&(?=#?\w+;))")
_LIST = re.compile(r"^(\d*)([-+.)])(?=\s|$)")
_FILTERS = {"lines": _lines, "address": _address, "capfirst": _capfirst, "titled": _titled}
_KIND = re.compile(r"[a-z][a-z_]*")
_WEB = re.compile(r"https?://[\w.:/?#&=%~+@,;-]{1,500}", re.ASCII)
_ESCAPES: Mapping[str, Callable[[object], str]] = {".md": in_markdown}


@functools.cache
def _environment(finalize: Callable[[object], str], *, html: bool) -> ImmutableSandboxedEnvironment:
    page = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        finalize=finalize,
        autoescape=html,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    cast("dict[str, object]", page.filters).update(_FILTERS)
    return page


@functools.lru_cache(maxsize=64)
def _reference(text: str) -> Template:
    return ImmutableSandboxedEnvironment(undefined=ChainableUndefined, finalize=shown).from_string(text)
