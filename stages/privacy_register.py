"""The register of fields: what is read of people, where it goes, what for, how long it is kept: ``docs/privacy.md``.

Made from the records' own fields and the ledger's own columns: a test says so where one lacks its entry here.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping

from domain.details import KEPT_BY_XERO
from domain.records import Customer, XeroContact
from domain.rules import DetailRule
from ledger.personal import HELD

# Field of a customer of the CRM → where it goes, and what for.
OF_CUSTOMER: Mapping[str, tuple[str, str]] = {
    "ref": ("the ledger", "which record it is"),
    "name": ("the contact in Xero; the ledger", "who is billed; matching; lists"),
    "legal_name": ("the contact's name in Xero, where there is no other", "who is billed; matching"),
    "tax_number": ("the contact in Xero, if it is an ABN; the ledger", "matching; tax invoices"),
    "company_number": ("the contact in Xero, if it is an ACN", "matching"),
    "email": ("the contact in Xero", "matching; invoices by e-mail"),
    "phone": ("the contact in Xero", "matching; reminders"),
    "website": ("nowhere", "matching by its domain"),
    "address": ("the contact in Xero", "matching by postcode; the address on invoices"),
    "street": ("the contact in Xero, by the mapping", "matching by postcode"),
    "terms": ("the contact in Xero, by the mapping", "due dates"),
    "invoices_to": ("the contact in Xero, by the mapping", "invoices by e-mail"),
    "on_hold": ("nowhere", "asking before anything is invoiced"),
    "url": ("the ledger", "a link on the desk's pages"),
    "version": ("the ledger", "noticing changes"),
    "archived": ("nowhere", "leaving alone who is gone"),
    "merged_ids": ("the ledger", "following merges"),
}
# Field of a contact in Xero → the same.
OF_CONTACT: Mapping[str, tuple[str, str]] = {
    "id": ("the ledger", "which contact it is"),
    "name": ("the ledger", "matching; lists"),
    "status": ("the ledger", "leaving archived and erased contacts alone"),
    "number": ("nowhere", "finding what we made"),
    "account_number": ("nowhere", "not used"),
    "email": ("the ledger, as its key", "matching"),
    "tax_number": ("the ledger, if it is an ABN", "matching"),
    "company_number": ("the ledger, if it is an ACN", "matching"),
    "phones": ("the ledger, one as its key", "matching"),
    "website": ("the ledger, its domain", "matching"),
    "address": ("the ledger, its postcode", "matching"),
    "merged_to": ("the ledger", "following merges"),
    "terms": ("the ledger", "due dates"),
    "street": ("the ledger, its postcode", "matching"),
    "invoices_to": ("the CRM, by the mapping", "invoices by e-mail"),
    "only_supplies": ("nowhere", "leaving suppliers alone"),
    "first_name": ("the CRM, where the mapping makes persons of new contacts", "who is a person"),
    "last_name": ("the CRM, where the mapping makes persons of new contacts", "who is a person"),
    "updated_at": ("the ledger", "noticing changes"),
}
AUTOMATED = (
    "Which contact in Xero a customer is, where one is proven; all else is asked.",
    "Which account and tax type a product gets, by the mapping.",
    "Approving an invoice whose figures were checked, where the mapping says so.",
    "Which side of a customer's details is followed, where the mapping says so.",
)


def written() -> str:
    """The whole page."""
    return "\n".join(
        [
            "# What is held of people",
            "",
            "Made by `python -m stages.privacy_register`. It all goes to your own Xero and CRM only, and",
            "to whom you have told of questions. Only customers of invoiced deals cross over; notes, birthdays",
            "and free text are never read; files of deals only where the mapping says `attach`, and none is kept: a",
            "question names those that Xero did not take. A tax number that is no ABN is neither kept nor shown: it",
            "may be a tax file number.",
            "",
            *_table("Read of a company or person in the CRM", _fields(Customer, OF_CUSTOMER)),
            *_table("Read of a contact in Xero", _fields(XeroContact, OF_CONTACT)),
            "Which details travel after that, and which way, is the mapping's (`details`); Xero takes "
            + ", ".join(sorted(KEPT_BY_XERO))
            + ".",
            "",
            *_kept(),
            "## What is decided without a person",
            "",
            *(f"- {each}" for each in AUTOMATED),
            "",
            "## What people may ask for",
            "",
            "`wonbooks privacy export acme jane@example.com` writes all that is held of a person as JSON,",
            "`wonbooks privacy correct acme person:7 --set email=jane@new.example` puts it right in both systems,",
            "`wonbooks privacy forget acme person:7` empties it and says what both systems still hold,",
            "`wonbooks privacy register acme` shows which details travel by your mapping.",
            "",
        ]
    )


def _kept() -> list[str]:
    """The columns of the ledger."""
    return [
        "## Kept in the ledger",
        "",
        "| table | column | what | from | what for | until |",
        "|---|---|---|---|---|---|",
        *(
            f"| {table} | {column} | {held.what} | {held.source} | {held.purpose} | {held.until} |"
            for (table, column), held in HELD.items()
        ),
        "",
        "Every other column holds ids, states, amounts, instants and codes. Logs and Prefect carry ids, codes and",
        "amounts.",
        "",
    ]


def travelling(rules: tuple[DetailRule, ...]) -> list[tuple[str, str, str]]:
    """The details that a mapping keeps the same: name, direction, and who wins."""
    return [(rule.field, rule.direction, rule.if_both_changed) for rule in rules]


def _fields(record: type, known: Mapping[str, tuple[str, str]]) -> list[tuple[str, str, str]]:
    return [(each.name, *known[each.name]) for each in dataclasses.fields(record)]


def _table(title: str, rows: list[tuple[str, str, str]]) -> list[str]:
    drawn = [f"| {name.replace('_', ' ')} | {sink} | {purpose} |" for name, sink, purpose in rows]
    return [f"## {title}", "", "| field | goes to | what for |", "|---|---|---|", *drawn, ""]


if __name__ == "__main__":
    sys.stdout.write(written())
