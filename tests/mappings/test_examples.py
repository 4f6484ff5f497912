"""The mappings we ship are sound, use every setting or say where it is explained, and the reference is up to date."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pydantic.fields import FieldInfo

from domain.rules import Rule, Rules
from mappings import reference, schema
from mappings.loader import read_mapping

ROOT = Path(__file__).parents[2]
SHIPPED = (*sorted((ROOT / "mappings").glob("demo*.yaml")), *sorted((ROOT / "mappings" / "examples").glob("*.yaml")))
DEMOS = [path for path in SHIPPED if path.name.startswith("demo")]


def every_setting(model: type[Rule] = Rules) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in schema.settings(model).items():
        yield name, field
        if inner := schema.group(field):
            yield from every_setting(inner)


def names_in(written: object) -> Iterator[str]:
    if isinstance(written, list):
        for entry in written:
            yield from names_in(entry)
    elif isinstance(written, dict):
        for name, answer in written.items():
            yield name
            yield from names_in(answer)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_we_ship_is_read_without_a_word(path: Path) -> None:
    reading = read_mapping(path)
    assert reading.rules is not None
    assert reading.problems == ()


# What the plain case does well without: an example stays a page.
NOT_ON_THE_FIRST_DAY = {
    *("payer", "consolidate", "takes field"),
    *("approve up to", "owners", "amount from", "amount below", "only if", "one of", "calls a day"),
    *("po number", "po number needed by", "notes line", "branding theme", "send to customer"),
    *(
        "an email needs",
        "a name needs",
        "role addresses",
        "shared addresses",
        "free mail domains",
        "new in xero",
        "new people",
        "list twins",
        "abn lookup",
    ),
    *("customer fields", "tax number", "legal name", "street address", "payment terms", "invoices to", "on hold"),
    *("tracking", "category", "option", "taken from", "due date", "days overdue", "note"),
    *(
        "amount refunded",
        "amount overpaid",
        "billed",
        "outstanding",
        "milestone",
        "takes",
        "takes products",
        "from day",
    ),
    *("recurring lines", "instalments", "payment link", "open balance", "oldest due", "on stop", "stop after"),
    *("repeating invoice", "pdf", "attach"),
    *(f"move to stage when {state}" for state in ("part paid", "overdue", "voided")),
}


@pytest.mark.parametrize("path", [path for path in SHIPPED if path not in DEMOS], ids=lambda path: path.name)
def test_an_example_uses_what_the_first_day_needs(path: Path) -> None:
    written = yaml.load(path.read_text(), Loader=yaml.BaseLoader)
    not_acted_on = {"review", "send to", "every"}
    unused = {name for name, _ in every_setting()} - set(names_in(written))
    assert unused == not_acted_on | NOT_ON_THE_FIRST_DAY


def test_every_setting_is_explained_in_the_reference() -> None:
    page = reference.written()
    assert [name for name, field in every_setting() if f"| {name} |" not in page or not field.description] == []


def test_the_reference_is_up_to_date() -> None:
    assert (ROOT / "docs" / "mapping.md").read_text() == reference.written(), (
        "python -m mappings.reference > docs/mapping.md"
    )


def test_the_examples_in_hints_are_answers_that_are_taken() -> None:
    for name in schema.settings(Rules):
        model = schema.group(schema.settings(Rules)[name])
        if model is None:
            continue
        text = "\n".join(f"{each}: {schema.example(field)}" for each, field in schema.settings(model).items())
        model.model_validate(yaml.load(text, Loader=yaml.BaseLoader), by_alias=True, by_name=False)


@pytest.mark.parametrize("path", DEMOS, ids=lambda path: path.name)
def test_a_demo_shows_drafts_and_approved_invoices_and_leaves_one_product_to_people(path: Path) -> None:
    rules = read_mapping(path).rules
    assert rules is not None
    assert {rule.create for rule in rules.invoices} == {"draft", "authorised"}
    assert not any("WORKSHOP".startswith(rule.product.rstrip("*")) for rule in rules.products)
