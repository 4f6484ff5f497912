"""What people want on invoices and beside them, by kinds: how a mapping says so, and the world that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.world import World
from tests.simulation.company import CONTACTS
from tests.simulation.crms import SIDES, Side
from tests.simulation.dice import Dice
from tests.support.house import Edit

if TYPE_CHECKING:
    from tests.simulation.tape import Setting

# Those that want an order's number, as Xero calls them, and the owners whose deals are invoiced at all.
ORDERED = ("Bellbird", "Saltbush", "Meridian")
OWNERS, MEANT = ("Sam Lee", "Kim Tran", "Jo Marsh"), ("Sam Lee", "Kim Tran")
WORTH_IT, TOO_MUCH, LOOKED_AT = 50, 5000, 20_000
# The contact's own terms, in days.
TERMS = {"Bellbird Cafe": 10, "Northern Rivers Surf Co-operative Ltd": 3}
FIELDS = ("po_number", "region", "xero_payment_link")

# Further lines of each entry under ``invoices``; in braces a field of the deal.
_OF_ENTRIES: Mapping[str, tuple[str, ...]] = {
    "files": ("attach: files of the deal",),
    "mail": ("send to customer: once approved",),
    "orders": ("po number: {po_number}", f"po number needed by: [{', '.join(f'{name}*' for name in ORDERED)}]"),
    "looks": (
        "tracking: [{{category: Region, taken from: {region}}}, {{category: Department, taken from: owner}}]",
        "branding theme: standard",
        'notes line: "Thank you, {{{{ customer.name }}}}"',
    ),
    "limits": (f"ask above: {LOOKED_AT}.00", f"approve up to: {TOO_MUCH}.00"),
    "filters": (f"owners: [{', '.join(MEANT)}]", f"amount from: {WORTH_IT}.00"),
}
_LICENCE = 'account code: "210", tax type: GST on Income'
_ENTRY = "    amounts are: tax exclusive\n"
# Anything else that the mapping says; in braces a field of the deal or of the customer.
_ELSEWHERE: Mapping[str, Edit] = {
    "pdf": ("\nwrite back:\n", "\nwrite back:\n  pdf: once approved\n"),
    "link": ("\nwrite back:\n", "\nwrite back:\n  payment link: {xero_payment_link}\n"),
    "looks": (_LICENCE, f"{_LICENCE}, item code: LIC-STD"),
    "terms": ("    due: ", "    due: the contact's terms, or "),
    "hold": ("\nxero:\n", "  customer fields: {{on hold: {on_hold}}}\n\nxero:\n"),
}
# What needs nothing of the mapping.
_OF_THE_WORLD = ("currencies", "days")
KINDS = tuple(dict.fromkeys((*_OF_ENTRIES, *_ELSEWHERE, *_OF_THE_WORLD)))
# What the rules say already.
_SAID = {"proposals": ("mail", "limits")}


def drawn(dice: Dice) -> tuple[str, ...]:
    """Which kinds a history has: mostly none, else some of them."""
    if not dice.happens("papers", 0.25):
        return ()
    return tuple(kind for kind in KINDS if dice.happens(f"paper {kind}", 0.3))


def edits(setting: Setting) -> tuple[Edit, ...]:
    """How the bookkeeper writes it into the mapping."""
    kinds = [kind for kind in setting.papers if kind not in _SAID.get(setting.rules, ())]
    fields = {name: SIDES[setting.crm].field_named(name) for name in (*FIELDS, "on_hold")}
    lines = "".join(f"    {line.format(**fields)}\n" for kind in kinds for line in _OF_ENTRIES.get(kind, ()))
    entries = ((_ENTRY, _ENTRY + lines),) if lines else ()
    elsewhere = (_ELSEWHERE[kind] for kind in kinds if kind in _ELSEWHERE)
    return (*entries, *((old, new.format(**fields)) for old, new in elsewhere))


def mails(setting: Setting) -> bool:
    """Whether customers get their invoices from Xero."""
    return "mail" in setting.papers or setting.rules == "proposals"


def prepare(world: World, side: Side) -> None:
    """Let the world have whatever any of the kinds needs: fields, owners, currencies, terms and options in Xero."""
    for name in FIELDS:
        side.add_field(name)
    for kind in ("company", "person"):
        side.add_field("on_hold", kind)
    for name in OWNERS:
        first, last = name.split()
        side.people.add_owner(f"{first.lower()}@harbourline.example", first, last)
    side.trade_in("AUD", "USD", "GBP")
    world.xero.books.currencies.pop("GBP")
    for option, name in zip(("Projects", "Service"), OWNERS, strict=False):
        world.xero.people.rename_option("Department", option, name)
    for contact in list(world.xero.contacts.values()):
        told: dict[str, Any] = {"EmailAddress": contact.get("EmailAddress") or _address(contact["Name"])}
        if days := TERMS.get(contact["Name"]):
            told["PaymentTerms"] = {"Sales": {"Day": days, "Type": "DAYSAFTERBILLDATE"}}
        world.xero.people.edit_contact(contact["ContactID"], **told)


def _address(name: str) -> str:
    return f"contact{list(CONTACTS).index(name)}@customers.example"
