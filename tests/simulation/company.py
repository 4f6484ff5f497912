"""Who lives in a history: a small company on both sides, ready to sell, with names that must never be seen in a log."""

from __future__ import annotations

from typing import Any

from sandbox.company import furnish
from sandbox.pipedrive import API_TOKEN
from sandbox.salesforce import CONSUMER_SECRET
from sandbox.world import World
from tests.simulation.crms import SIDES

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
    "open-sesame", "sandbox-hubspot-token", API_TOKEN, CONSUMER_SECRET,
)  # fmt: skip


# Where deals may stand beside the company's own stages, all of them won.
STAGES = ("Part paid", "Overdue", "Voided")


def settle(world: World, crm: str) -> dict[str, str]:
    """Set the company up on both sides, nothing to sell yet; CRM ids by short name."""
    people = furnish(world, crm)
    side = SIDES[crm](world)
    side.add_stages(STAGES)
    for name in side.fields:
        side.add_field(name)
    ids = {short: people.add_company(**known) for short, known in COMPANIES.items()}
    ids["rosa"] = people.add_person(**PERSON)
    with world.xero.acting("fill in the organisation's details") as books:
        books.keep_organisation(books.organisation.but(Name=world.organisation))
    for name, known in CONTACTS.items():
        world.xero.people.add_contact(name, **known)
    return ids
