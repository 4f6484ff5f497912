"""Held here: a product added at the desk is one line more, and nothing else of the file is touched or lost."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.rules import ProductRule
from mappings.edit import Changed, save, with_product
from mappings.loader import load_rules
from mappings.problems import MappingError

HEAD = """# Notes stay.
pair: acme
crm: {system: hubspot, account: "1", credentials: acme-hubspot}
xero: {organisation: Acme Pty Ltd, credentials: acme-xero}
invoices:
  - {pipeline: New business, stage: Closed won, create: draft, amounts are: tax exclusive, due: on the invoice date}
"""
LICENCE = '  - {product: "LICENCE", account code: "210", tax type: GST on Income}   # since July\n'
BLOCK = """  - product: LICENCE
    account code: "210"
    tax type: GST on Income
"""
TAIL = """
# 3. Who the customer is

contacts:
  if none: ask
"""
NEW = ProductRule(product="WORKSHOP", account_code="200", tax_type="GST on Income")
NEW_LINE = '- {product: "WORKSHOP", account code: "200", tax type: GST on Income}\n'
NOW = datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC)


def mapping(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "acme.yaml"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + "products:\n" + LICENCE + TAIL, HEAD + "products:\n" + LICENCE + "  " + NEW_LINE + TAIL),
        (HEAD + "products:\n" + BLOCK + TAIL, HEAD + "products:\n" + BLOCK + "  " + NEW_LINE + TAIL),
        (
            HEAD + "products:\n" + LICENCE.lstrip() + TAIL,
            HEAD + "products:\n" + LICENCE.lstrip() + NEW_LINE + TAIL,
        ),
        (
            HEAD + "products: # none yet\n\n  # the first\n" + LICENCE,
            HEAD + "products: # none yet\n\n  # the first\n" + LICENCE + "  " + NEW_LINE,
        ),
        (HEAD + "products: []  # none\n" + TAIL, HEAD + "products:  # none\n  " + NEW_LINE + TAIL),
        (HEAD, HEAD + "\nproducts:\n  " + NEW_LINE),
        (HEAD.rstrip(), HEAD + "\nproducts:\n  " + NEW_LINE),
    ],
    ids=["in line", "block", "at the edge", "notes", "empty", "no section", "no last newline"],
)
def test_a_product_is_one_line_more(tmp_path: Path, text: str, expected: str) -> None:
    edited = with_product(mapping(tmp_path, text), NEW)
    assert edited.text == expected
    assert [line for line in edited.diff if line.startswith("+") and "WORKSHOP" in line]


def test_windows_line_ends_and_the_byte_order_mark_stay(tmp_path: Path) -> None:
    text = "\ufeff" + (HEAD + "products:\n" + LICENCE).replace("\n", "\r\n")
    edited = with_product(mapping(tmp_path, text), NEW)
    assert edited.text.startswith(text)
    assert edited.text.endswith("}\r\n")


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.text(min_size=1, max_size=60))
def test_any_product_is_written_so_that_it_reads_the_same_or_is_refused(product: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = mapping(Path(folder), HEAD + "products:\n" + LICENCE + TAIL)
        rule = ProductRule(product=product, account_code="0200", tax_type="GST: on #Income")
        try:
            edited = with_product(path, rule)
        except MappingError:
            return
        path.write_text(edited.text)
        assert load_rules(path).products[-1] == rule


def test_a_file_with_mistakes_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(MappingError):
        with_product(mapping(tmp_path, HEAD + "product: wrong\n"), NEW)


def test_the_old_file_is_kept_and_the_new_one_is_read(tmp_path: Path) -> None:
    path = mapping(tmp_path, HEAD + "products:\n" + LICENCE)
    before = path.read_bytes()
    kept = save(path, with_product(path, NEW), NOW)
    assert kept.read_bytes() == before
    assert kept.name.startswith("acme-20261125T010203Z-")
    assert load_rules(path).products[-1] == NEW
    assert sorted(each.name for each in tmp_path.iterdir()) == ["acme.yaml", "versions"]


def test_a_file_that_somebody_else_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = mapping(tmp_path, HEAD + "products:\n" + LICENCE)
    edited = with_product(path, NEW)
    path.write_text(path.read_text() + "# mine\n")
    with pytest.raises(Changed):
        save(path, edited, NOW)
    assert path.read_text().endswith("# mine\n")
