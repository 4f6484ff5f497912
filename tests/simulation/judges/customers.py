"""Who is billed: the deal's customer, or whoever else pays for it, each by one contact."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.simulation.crms import Known
from tests.simulation.judges.evidence import changes, marked, puts, survivor
from tests.simulation.result import Result


def customers_are_the_deals(result: Result) -> Iterator[str]:
    """I4: an invoice is made out to the deal's customer, as far as names and numbers tell, or as a person said."""
    told = any(choice.startswith("use:") for _, choice in result.answers)
    for _, element in puts(result, "Invoices"):
        contact = result.world.xero.contacts.get(element["Contact"]["ContactID"])
        deal = marked(element)[0]
        if contact is None or told:
            continue
        merged = lived_on_in(result, contact)
        if not any(is_same(result, c, kind, i) for c in merged for kind, i in _customers_ever(result, deal)):
            yield f"deal {deal} was invoiced to a contact that is not its customer"


def lived_on_in(result: Result, contact: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The contact and all that people merged into it: they said that these are the same customer."""
    found = [contact]
    for each in found:  # it grows on the way
        found += [c for c in result.world.xero.contacts.values() if c.get("MergedToContactID") == each["ContactID"]]
    return found


def _customers_ever(result: Result, deal: str) -> Iterator[tuple[str, str]]:
    """Everybody who was the customer of any deal, if there were merges; else those of the deal."""
    merged = bool(result.crowd.merged)
    for each, customers in result.crowd.customers.items():
        if merged or each == deal:
            yield from sorted(customers)
    if merged:
        yield from (("person" if name == "rosa" else "company", i) for name, i in result.crowd.ids.items())


def is_same(result: Result, contact: Mapping[str, Any], kind: str, record: str) -> bool:
    """Whether a contact may be that customer of the CRM, as far as names and numbers tell."""
    customer = result.side.customer(kind, survivor(result, kind, record))
    known = (customer, result.crowd.known.get((kind, record)))
    return customer is None or any(_is(each, contact, record) for each in known if each)


def _is(customer: Known, contact: Mapping[str, Any], record: str) -> bool:
    abn, number = customer.abn.replace(" ", ""), contact.get("TaxNumber", "").replace(" ", "")
    same_mail = bool(customer.email) and customer.email == contact.get("EmailAddress")
    # Where the name was taken, a person may have had another contact made, which bears the customer's id.
    made_for_it = contact.get("ContactNumber", "").endswith(record)
    same_name = _plain(customer.name) == _plain(contact["Name"])
    return same_name or bool(abn and abn == number) or same_mail or made_for_it


def _plain(name: str) -> str:
    name = name.lower().replace("&", " and ")
    return "".join(re.findall(r"[a-z0-9]+", re.sub(r"\b(pty|ltd|limited|p/l)\b", " ", name)))


def no_contact_twice(result: Result) -> Iterator[str]:
    """I6: for one customer at most one contact is made."""
    made = {c.id for c in changes(result.world.xero.log, "contact", "api")}
    active = [result.world.xero.contacts[i] for i in made if result.world.xero.contacts[i]["ContactStatus"] == "ACTIVE"]
    for name in ("ContactNumber", "TaxNumber", "EmailAddress"):
        values = [c[name].replace(" ", "") for c in active if c.get(name)]
        if len(values) != len(set(values)):
            yield f"two active contacts of ours with one {name}"
