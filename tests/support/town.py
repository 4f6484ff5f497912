"""Two thousand customers as a CRM and Xero might have them, made of one seed, with who is who known.

Each customer of the CRM was somebody's contact in Xero once, or is new there; what people typed differs on
    both sides.
Twins, trusts and their trustees, trading names, shared bookkeepers' mailboxes and shared addresses are among them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from domain.abn import suggested_abn
from domain.records import Address, Customer, CustomerRef, XeroContact


def _words(text: str) -> list[str]:
    return text.split()


FIRST = _words("Ada Bao Cleo Dev Ella Finn Gita Hugo Isla Jack Kira Liam Mia Noah Orla Priya Quinn Rosa Sean Tara Uma")
LAST = _words(
    "Nguyen Smith O'Brien Singh Brown Rossi Khan Wilson Tran Taylor Papadopoulos Lee Walker García Martin Young"
)
TRADES = _words("Plumbing Electrical Dental Bakery Landscaping Accounting Physiotherapy Joinery Roofing Florist Motors")
WORDS = _words("Banksia Harbour Wattle Coastal Summit River Boronia Southern Lighthouse Granite Paperbark Kestrel")
PLACES = [
    ("Leichhardt", "NSW", "2040"),
    ("Fairfield", "VIC", "3078"),
    ("Byron Bay", "NSW", "2481"),
    ("Fremantle", "WA", "6160"),
    ("Hobart", "TAS", "7000"),
    ("Cairns", "QLD", "4870"),
    ("Glenelg", "SA", "5045"),
    ("Darwin", "NT", "0800"),
]
DESKS = ("books@ledgerline.example", "accounts@tallyhouse.example", "bas@quartermaster.example")


@dataclass
class Town:
    """``who`` is the contact each customer is, by reference; one without is new in Xero."""

    customers: list[Customer] = field(default_factory=list[Customer])
    contacts: list[XeroContact] = field(default_factory=list[XeroContact])
    who: dict[CustomerRef, str] = field(default_factory=dict[CustomerRef, str])
    names: set[str] = field(default_factory=set[str])


def town(seed: int, size: int = 2000) -> Town:
    """So many customers of the CRM."""
    chance = random.Random(seed)
    made = Town()
    while len(made.customers) < size:
        _KINDS[chance.choice(sorted(_KINDS))](made, chance, len(made.customers))
    return made


def _abn(chance: random.Random) -> str:
    """A company's ABN with the check digits it would have."""
    head = [chance.randrange(10) for _ in range(8)]
    check = -sum(weight * digit for weight, digit in zip((8, 7, 6, 5, 4, 3, 2, 1), head, strict=True)) % 10
    return suggested_abn("".join(map(str, [*head, check]))) or ""


def _spaced(abn: str) -> str:
    return f"{abn[:2]} {abn[2:5]} {abn[5:8]} {abn[8:]}"


def _place(chance: random.Random) -> Address:
    city, region, postcode = chance.choice(PLACES)
    return Address((f"{chance.randrange(1, 200)} {chance.choice(LAST)} Street",), city, region, postcode, "Australia")


def _phone(chance: random.Random) -> str:
    return f"02 9{chance.randrange(100, 999)} {chance.randrange(1000, 9999)}"


def _typed(name: str, chance: random.Random) -> str:
    """The same name as somebody else types it."""
    for said, also in (("Pty Ltd", ("P/L", "Pty. Ltd.", "PTY LTD", "Pty Limited")), (" and ", (" & ", " and "))):
        if said in name and chance.random() < 0.7:
            name = name.replace(said, chance.choice(also))
    return name.upper() if chance.random() < 0.1 else name


def _add(made: Town, customer: Customer, contact: XeroContact | None) -> None:
    made.customers.append(customer)
    if contact is not None:
        made.contacts.append(contact)
        made.who[customer.ref] = contact.id


def _company(made: Town, chance: random.Random, number: int) -> Customer:
    name = ""
    while not name or name in made.names:  # no two companies are registered under one name
        more = chance.choice(("", " Group", " Services", " Australia"))
        name = f"{chance.choice(WORDS)} {chance.choice(LAST)} {chance.choice(TRADES)}{more} Pty Ltd"
    made.names.add(name)
    mail = f"{chance.choice(FIRST).lower()}@{name.split(maxsplit=1)[0].lower()}{number}.example"
    return Customer(
        CustomerRef("company", str(number)),
        name,
        tax_number=_abn(chance),
        email=mail,
        phone=_phone(chance),
        address=_place(chance),
    )


def _contact(customer: Customer, chance: random.Random, **more: object) -> XeroContact:
    """The same customer in Xero: each detail kept, left out, or typed otherwise."""
    own = XeroContact(
        f"x{customer.ref.id}",
        _typed(customer.name, chance),
        tax_number=customer.tax_number if chance.random() < 0.6 else "",
        email=customer.email.upper() if chance.random() < 0.2 else customer.email if chance.random() < 0.7 else "",
        phones=(customer.phone.replace("02 ", "+61 2 "),) if customer.phone and chance.random() < 0.5 else (),
        address=customer.address if chance.random() < 0.6 else Address(),
    )
    return replace(own, **more)  # type: ignore[arg-type]


def _known(made: Town, chance: random.Random, number: int) -> None:
    customer = _company(made, chance, number)
    shown = replace(customer, tax_number=_spaced(customer.tax_number) if chance.random() < 0.7 else "")
    _add(made, shown, _contact(customer, chance))


def _new(made: Town, chance: random.Random, number: int) -> None:
    _add(made, _company(made, chance, number), None)


def _twins(made: Town, chance: random.Random, number: int) -> None:
    """Two businesses of one name, each with an ABN of its own."""
    one = _company(made, chance, number)
    other = replace(_company(made, chance, number + 1), name=one.name)
    for each in (one, other):
        _add(made, each, _contact(each, chance, tax_number=each.tax_number))


def _numbered(made: Town, chance: random.Random, number: int) -> None:
    """Holdings No 1 and No 2 of one office."""
    one = _company(made, chance, number)
    for n in (1, 2):
        each = replace(
            one,
            ref=CustomerRef("company", str(number + n - 1)),
            tax_number=_abn(chance),
            name=f"{one.name.split()[0]} {number} Holdings No {n} Pty Ltd",
        )
        _add(made, each, _contact(each, chance))


def _trust(made: Town, chance: random.Random, number: int) -> None:
    """A trust, its trustee company, and the name it trades under: the ABN is the trust's."""
    family, trade = chance.choice(LAST), f"{chance.choice(WORDS)} {chance.choice(TRADES)} {number}"
    base = _company(made, chance, number)
    customer = replace(base, name=f"{family} {number} Pty Ltd ATF The {family} {number} Family Trust")
    there = f"The Trustee for The {family} {number} Family Trust T/A {trade}"
    _add(made, customer, _contact(customer, chance, name=there, tax_number=customer.tax_number))
    # The trustee in its own name is somebody else.
    own = replace(
        base, ref=CustomerRef("company", str(number + 1)), name=f"{family} {number} Pty Ltd", tax_number=_abn(chance)
    )
    _add(made, own, None)


def _trading(made: Town, chance: random.Random, number: int) -> None:
    base = _company(made, chance, number)
    legal = f"{chance.choice(FIRST)} {chance.choice(LAST)} {number} Pty Ltd"
    shop = f"{chance.choice(WORDS)} {number} {chance.choice(TRADES)}"
    customer = replace(base, name=f"{legal} T/A {shop}")
    _add(made, customer, _contact(customer, chance, name=chance.choice([legal, f"{legal} trading as {shop}"])))


def _desk(made: Town, chance: random.Random, number: int) -> None:
    """Clients of one bookkeeper: all of them give her mailbox, some her street."""
    desk, office = chance.choice(DESKS), _place(random.Random(7))
    for n in range(3):
        base = _company(made, chance, number + n)
        each = replace(base, email=desk, address=office, tax_number=base.tax_number if chance.random() < 0.5 else "")
        _add(made, each, _contact(base, chance, email=desk, address=office) if chance.random() < 0.7 else None)


def _person(made: Town, chance: random.Random, number: int) -> None:
    name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
    mail = f"{name.split(maxsplit=1)[0].lower()}.{number}@gmail.com"
    customer = Customer(
        CustomerRef("person", str(number)), name, email=mail, phone=_phone(chance), address=_place(chance)
    )
    _add(made, customer, _contact(customer, chance) if chance.random() < 0.7 else None)


def _namesakes(made: Town, chance: random.Random, number: int) -> None:
    """Two people of one name in one suburb, and only one of them is in Xero."""
    name, home = f"{chance.choice(FIRST)} {chance.choice(LAST)}", _place(chance)
    for n, known in enumerate((True, False)):
        mail = f"n{number + n}@bigpond.com"
        customer = Customer(CustomerRef("person", str(number + n)), name, email=mail, address=home)
        _add(made, customer, _contact(customer, chance, email=mail) if known else None)


_KINDS = {
    "known": _known,
    "also known": _known,
    "known well": _known,
    "new": _new,
    "twins": _twins,
    "numbered": _numbered,
    "trust": _trust,
    "trading": _trading,
    "desk": _desk,
    "person": _person,
    "namesakes": _namesakes,
}
