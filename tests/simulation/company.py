"""Who lives in a history: a small company on both sides, ready to sell, with names that must never be seen in a log."""

from __future__ import annotations

from typing import Any

from sandbox.cast import NEW_BUSINESS, PRODUCTS, RENEWALS
from sandbox.world import World

SALTBUSH = {
    "name": "Saltbush & Sons Pty Ltd",
    "abn": "27 999 000 444",
    "phone": "(08) 5550 7788",
    "city": "Broken Hill",
}

# By a short name. Saltbush stands there twice, as customers do; Xero knows Bellbird by its ABN, Surf by its name, and
# two Meridians.
COMPANIES: dict[str, dict[str, str]] = {
    "bellbird": {"name": "Bellbird Café Pty Ltd", "abn": "40 999 000 222", "phone": "(02) 5550 1420"},
    "saltbush": SALTBUSH,
    "twin": {**SALTBUSH, "name": "SALTBUSH and Sons P/L"},
    "surf": {"name": "Northern Rivers Surf Co-operative Ltd", "city": "Byron Bay", "zip": "2481"},
    "meridian": {"name": "Meridian Partners Pty Ltd", "city": "Melbourne", "zip": "3000"},
    "opal": {"name": "Coober Pedy Opal Exchange Pty Ltd", "city": "Coober Pedy", "zip": "5723"},
}
PERSON = {"email": "rosa.quilluniq@example.org", "firstname": "Rosa", "lastname": "Quilluniq"}
BYRON = [{"AddressType": "POBOX", "City": "Byron Bay", "Region": "NSW", "PostalCode": "2481"}]
MELBOURNE = [{"AddressType": "POBOX", "City": "Melbourne", "PostalCode": "3000"}]
CONTACTS: dict[str, dict[str, Any]] = {
    "Bellbird Cafe": {"TaxNumber": "40999000222", "EmailAddress": "office@bellbirdcafe.example"},
    "Northern Rivers Surf Co-operative Ltd": {"Addresses": BYRON},
    "Meridian Partners": {"Addresses": MELBOURNE},
    "Meridian Partners P/L": {"Addresses": MELBOURNE},
}
CUSTOMERS = (*COMPANIES, "rosa")

# What no log, exception or trace may contain.
CANARIES = (
    "bellbird", "saltbush", "northern rivers", "meridian", "coober", "quilluniq", "7788", "5550", "999000", "999 000",
    "open-sesame", "sandbox-hubspot-token",
)  # fmt: skip


def settle(world: World) -> dict[str, str]:
    """Set the company up on both sides, nothing to sell yet; CRM ids by short name."""
    people = world.hubspot.people
    for kind in ("company", "contact"):
        people.add_property(kind, "abn", "ABN")
    ids = {short: people.add_company(**known) for short, known in COMPANIES.items()}
    ids["rosa"] = people.add_person(**PERSON)
    people.set_pipeline("default", "New business", NEW_BUSINESS)
    people.add_pipeline("Renewals", RENEWALS)
    for code, name, price in PRODUCTS:
        people.add_product(name, code, price)
    with world.xero.acting("fill in the organisation's details") as books:
        books.keep_organisation(books.organisation.but(Name=world.organisation))
    for name, known in CONTACTS.items():
        world.xero.people.add_contact(name, **known)
    return ids
