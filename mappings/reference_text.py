"""The text of ``reference``: what it may contain, and which fields of the deal it wants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from domain.records import Deal
from domain.rules import REFERENCE_FACTS, InvoiceRule, Rules
from domain.triggers import is_field
from mappings.problems import did_you_mean, listed, quoted

FILTERS = ("upper", "lower", "title", "capitalize", "trim", "replace", "truncate", "default")
DATES = ("year", "month", "day")

# Text, facts, "if" and filters: nothing that repeats, calls or calculates, so that no text can run away.
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Const,
    nodes.Filter,
    nodes.Keyword,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Concat,
)
_env = ImmutableSandboxedEnvironment()

# What tracking may be taken from beside the deal's own fields.
_OF_EVERY_DEAL = ("", "owner", "pipeline")

Mistake = tuple[str, str]
"""A sentence and a hint."""


def mistakes(text: str) -> list[Mistake]:
    """What is wrong with a reference."""
    try:
        tree = _env.parse(text)
    except TemplateSyntaxError:
        hint = 'Braces come in pairs: "{{ deal.name }}".'
        return [(f"The reference {quoted(text)} can't be understood.", hint)]
    return list(_mistakes(tree)) or _trial(text)


def fields_named(rules: Rules) -> tuple[str, ...]:
    """The deal's own fields that any entry names, by internal name: to be read along with the deal."""
    return tuple(dict.fromkeys(name for rule in rules.invoices for name, _ in fields_of(rule)))


def fields_of(rule: InvoiceRule) -> Iterator[tuple[str, str]]:
    """Each of the deal's own fields that an entry names, with the setting that names it."""
    yield from ((name, "reference") for name in fields_in(rule.reference))
    yield from ((name, "notes line") for name in fields_in(rule.notes_line))
    if rule.from_day:
        yield rule.from_day, "from day"
    if rule.takes_field:
        yield rule.takes_field, "takes field"
    if rule.payer and is_field(rule.payer):
        yield rule.payer, "payer"
    if rule.po_number:
        yield rule.po_number, "po number"
    yield from ((each.taken_from, "tracking") for each in rule.tracking if each.taken_from not in _OF_EVERY_DEAL)
    yield from ((each.field, "only if") for each in rule.only_if)


def fields_in(text: str) -> tuple[str, ...]:
    """The deal's own fields that one reference names."""
    return tuple(each.attr for each in _env.parse(text).find_all(nodes.Getattr) if _is_field(each))


def _trial(text: str) -> list[Mistake]:
    """Fill the text in once, for what only shows when it is done: a filter given nonsense."""
    deal = Deal("1", "Deal", "Pipeline", "Stage", Decimal(1), "AUD", date(2026, 7, 1))
    facts = {name: getattr(deal, name) for name in REFERENCE_FACTS["deal"]} | {"fields": _AnyField()}
    try:
        _env.from_string(text).render(deal=facts, customer={"name": "Customer"})
    except (TemplateError, TypeError, ValueError, ArithmeticError):
        return [(f"The reference {quoted(text)} can't be filled in.", "Check what stands in the filters' brackets.")]
    return []


class _AnyField:
    """A deal that has every field."""

    def __getattr__(self, name: str) -> str:
        return name


def _mistakes(tree: nodes.Node) -> Iterator[Mistake]:
    inner = [each.node for each in tree.find_all(nodes.Getattr)]
    for node in _walk(tree):
        if not isinstance(node, _ALLOWED):
            kind = type(node).__name__.lower()
            yield f"A reference can't use this ({kind}).", 'Facts, "if" and filters are enough: "{{ deal.name }}".'
        elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
            yield f"There is no filter {quoted(node.name)}.", did_you_mean(node.name, FILTERS)
        elif isinstance(node, nodes.Name):
            yield from _name(node, alone=not any(node is each for each in inner))
        elif isinstance(node, nodes.Getattr):
            yield from _attribute(node, alone=not any(node is each for each in inner))


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    """A node and what is in it, stopping at what isn't allowed."""
    yield node
    if not isinstance(node, _ALLOWED):
        return
    for child in node.iter_child_nodes():
        yield from _walk(child)


def _name(node: nodes.Name, *, alone: bool) -> Iterator[Mistake]:
    if node.name not in REFERENCE_FACTS:
        hint = did_you_mean(node.name, REFERENCE_FACTS)
        yield f"A reference knows nothing of {quoted(node.name)}.", hint
    elif alone:
        facts = ", ".join(f"{node.name}.{fact}" for fact in REFERENCE_FACTS[node.name])
        yield f"{quoted(node.name)} by itself says nothing.", f"Write one of {facts}."


def _attribute(node: nodes.Getattr, *, alone: bool) -> Iterator[Mistake]:
    if isinstance(node.node, nodes.Name) and node.node.name in REFERENCE_FACTS:
        facts = REFERENCE_FACTS[node.node.name]
        if node.attr not in facts:
            yield f"A {node.node.name} has no {quoted(node.attr)} here.", did_you_mean(node.attr, facts)
        elif node.attr == "fields" and alone:
            yield 'Which of the deal\'s fields is meant by "deal.fields"?', "Add its name, as in deal.fields.po_number."
    elif _is_field(node):
        return
    elif isinstance(node.node, nodes.Getattr) and node.node.attr == "closed_on":
        if node.attr not in DATES:
            yield f"A date has no {quoted(node.attr)} here.", f"It has {listed(DATES)}."
    elif not isinstance(node.node, nodes.Name):
        before = node.node.attr if isinstance(node.node, nodes.Getattr) else "this"
        yield f"There is nothing behind {quoted(before)}.", f"Take .{node.attr} out."


def _is_field(node: nodes.Getattr) -> bool:
    """Whether this is ``deal.fields.x``."""
    above = node.node
    return (
        isinstance(above, nodes.Getattr)
        and above.attr == "fields"
        and isinstance(above.node, nodes.Name)
        and above.node.name == "deal"
    )
