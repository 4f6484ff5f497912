"""Before a mapping is used, everything it names is looked up in the CRM and in Xero; what is missing is named."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from domain.records import Account, Books, Organisation, TaxRate
from mappings.live import Crm, check_live
from tests.support.mappings import changed, reading_of

ORGANISATION = Organisation("1", "Acme Pty Ltd", "AU", "AUD", "Australia/Sydney")
ACCOUNTS = (
    Account("200", "Consulting", "REVENUE", "REVENUE", "ACTIVE"),
    Account("0210", "Licences", "REVENUE", "REVENUE", "ACTIVE"),
    Account("250", "Old sales", "REVENUE", "REVENUE", "ARCHIVED"),
    Account("400", "Advertising", "EXPENSE", "EXPENSE", "ACTIVE"),
)
RATES = (
    TaxRate("GST on Income", "OUTPUT", Decimal(10), "ACTIVE", for_revenue=True),
    TaxRate("GST Free Income", "EXEMPTOUTPUT", Decimal(0), "ACTIVE", for_revenue=True),
    TaxRate("GST Free Exports", "EXEMPTEXPORT", Decimal(0), "ARCHIVED", for_revenue=True),
    TaxRate("GST on Expenses", "INPUT", Decimal(10), "ACTIVE", for_revenue=False),
)
BOOKS = Books(ORGANISATION, ACCOUNTS, RATES, ("AUD",), item_codes=("LIC",))
CRM = Crm({"New business": ("Open", "Closed won", "Paid"), "Renewals": ("Renewed", "Paid")})


def found(folder: Path, text: str, books: Books = BOOKS, crm: Crm = CRM) -> list[str]:
    reading = reading_of(folder, text)
    assert reading.rules is not None, reading.problems
    problems = check_live(reading.rules, books, crm, places=reading.places, file="acme.yaml")
    return [("(warning) " if problem.warning else "") + str(problem) for problem in problems]


def test_a_payer_that_is_not_there_is_named(tmp_path: Path) -> None:
    payer = '    payer: "5012"\n'
    text = changed(*((create, create + payer) for create in ("    create: draft\n", "    create: authorised\n")))
    said = "line 13: The CRM has no company with the id 5012."
    crm = replace(CRM, unknown=["5012"])
    assert any(said in each for each in found(tmp_path, text, crm=crm))


def test_a_mapping_that_fits_has_no_problem(tmp_path: Path) -> None:
    assert found(tmp_path, changed()) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("New business", "New busines", 'line 10: The CRM has no pipeline "New busines". Did you mean "New business"?'),
        ("Closed won", "Close won", 'line 11: The pipeline "New business" has no stage "Close won". Did you'),
        ("stage when paid: Paid", "stage when paid: Payed", 'The pipeline "New business" has no stage "Payed"'),
        ('"200"', '"201"', 'line 22: Xero has no account 201. Did you mean "200"?'),
        ('"200"', '"250"', "line 22: Account 250 (Old sales) is archived in Xero."),
        ('"200"', '"400"', "line 22: Account 400 (Advertising) is not an account for sales."),
        ("GST on Income", "GST on Incom", 'line 22: Xero has no tax rate GST on Incom. Did you mean "GST on Income"?'),
        ("GST on Income", "GST on Expenses", "line 22: The tax rate GST on Expenses can't be used on sales."),
        ("GST on Income", "GST Free Exports", 'Xero itself puts "GST Free Income" in its place for sales.'),
        ("GST on Income", "INPUTTAXED", 'Xero itself puts "GST Free Income" in its place for sales.'),
        ("GST on Income}", "GST on Income, item code: LIK}", 'line 22: Xero has no item "LIK". Did you mean "LIC"?'),
        ("Acme Pty Ltd", "Acme Pty. Ltd", 'line 7: Xero is connected to "Acme Pty Ltd", not to "Acme Pty. Ltd".'),
    ],
)
def test_what_is_not_there_is_named_with_what_was_meant(tmp_path: Path, old: str, new: str, said: str) -> None:
    problems = found(tmp_path, changed((old, new)))
    assert any(said in problem for problem in problems), problems


def test_names_are_compared_as_the_rest_of_the_work_compares_them(tmp_path: Path) -> None:
    assert found(tmp_path, changed(("New business", "NEW business"), ("GST on Income", "output"))) == []


def test_a_paid_stage_is_wanted_in_every_pipeline(tmp_path: Path) -> None:
    crm = Crm({"New business": ("Closed won", "Paid"), "Renewals": ("Renewed",)})
    [problem] = found(tmp_path, changed(), crm=crm)
    assert problem.startswith('acme.yaml, line 29: The pipeline "Renewals" has no stage "Paid" for paid deals')


def test_won_is_a_stage_of_every_pipeline(tmp_path: Path) -> None:
    assert found(tmp_path, changed(("Closed won", "Won"))) == []


def test_a_field_that_will_be_created_is_only_mentioned(tmp_path: Path) -> None:
    crm = replace(CRM, missing_fields=("xero_due",))
    [problem] = found(tmp_path, changed(), crm=crm)
    assert problem.startswith('(warning) acme.yaml, line 28: The deal has no field "xero_due" yet.')


def test_a_field_that_a_reference_names_must_be_there(tmp_path: Path) -> None:
    crm = replace(CRM, missing_fields=("po",))
    text = changed(("{{ deal.name }}", "{{ deal.fields.po }} {{ deal.fields.po_date }}"))
    [problem] = found(tmp_path, text, crm=crm)
    assert problem.startswith('acme.yaml, line 15: The deal has no field "po", which the setting reference names.')


def test_an_organisation_without_gst_can_not_charge_it(tmp_path: Path) -> None:
    books = replace(BOOKS, organisation=replace(ORGANISATION, pays_tax=False))
    assert "isn't registered for GST" in found(tmp_path, changed(), books)[0]
    no_tax = changed().replace("tax exclusive", "no tax")
    assert found(tmp_path, no_tax, books) == []


def test_all_problems_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    problems = found(tmp_path, changed(("Closed won", "Close won"), ('"200"', '"9"'), ("Acme Pty", "Acme P")))
    assert [problem.split(":")[0] for problem in problems] == [f"acme.yaml, line {line}" for line in (7, 11, 22)]


def test_what_the_crm_can_not_tell_and_what_its_key_needs_is_mentioned(tmp_path: Path) -> None:
    template = ("    create: draft\n", "    create: draft\n    recurring lines: template\n")
    text = changed(template, ("\nwrite back:\n", "\nwrite back:\n  pdf: once approved\n"))
    assert found(tmp_path, text) == []
    text = text.replace("pdf: once approved\n", "pdf: once approved\n  note: kept up to date\n")
    said = found(tmp_path, text, crm=replace(CRM, tells_rhythm=False, files_need="files", takes_notes=False))
    assert len(said) == 3
    assert all(each.startswith("(warning)") for each in said)


def test_a_crm_that_gives_no_files_is_named_and_so_is_the_permission_in_xero(tmp_path: Path) -> None:
    text = changed(("    create: draft\n", "    create: draft\n    attach: files of the deal\n"))
    [said] = found(tmp_path, text, crm=CRM)
    assert said.startswith("(warning)")
    assert "can't be read from this CRM yet" in said
    [said] = found(tmp_path, text, crm=replace(CRM, gives_files=True, files_need="files"))
    assert '"files"' in said
    assert said.startswith("(warning)")
    assert "accounting.attachments" in said
