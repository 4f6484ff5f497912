"""A person's details put right on both sides at once, because they asked for it; whatever the mapping lets travel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.alignment import Agreed, Step, Way
from domain.details import DETAILS, KEPT_BY_XERO, form, of_contact, of_customer
from domain.likeness import ACTIVE
from domain.records import Customer, DetailName, XeroContact
from ledger import audit, links, outbox
from ledger.tables import Link
from stages import write_details
from stages.aligning import KINDS, intend, ref_of
from stages.pair import Pair
from stages.privacy import Unknown, customers_of
from stages.troubles import NAMES

# The others are several values, or a matter between the two firms.
CORRECTED: tuple[DetailName, ...] = tuple(
    name for name in DETAILS if not name.endswith("address") and name != "payment terms"
)
Values = Mapping[DetailName, str]


def read(texts: Sequence[str]) -> dict[DetailName, str]:
    """``email=jane@example.com``, as many as there are. Raises ``Unknown`` with a sentence."""
    found: dict[DetailName, str] = {}
    known: dict[str, DetailName] = {str(name): name for name in CORRECTED}
    for text in texts:
        told, equals, value = text.partition("=")
        name = known.get(told.strip().casefold())
        if name is None or not equals:
            raise Unknown(f'"{told}" can\'t be put right here. Give one of {", ".join(CORRECTED)}, as in "phone=…".')
        if not form(name, value):
            raise Unknown(f"What is given for {name} is not one that both systems would take. Nothing was written.")
        found[name] = value.strip()
    if not found:
        raise Unknown('Say what is to be put right: --set "email=jane@example.com".')
    return found


def correct(pair: Pair, person: str, values: Values, by: str) -> list[str]:
    """Write these to both records of each customer that the person is; what became of it, in sentences.

    Raises ``Unknown``, and ``ConnectorError`` when a system stops us: what is right then stays, the rest is said again.
    """
    refs = customers_of(pair, person)
    with pair.ledger.read() as session:
        rows = links.of_customers(session, pair.name, refs)
    if not rows:
        raise Unknown(f"{', '.join(refs)} is linked to no contact in Xero: put it right in the CRM, and it goes there.")
    said: list[str] = []
    for row in rows:
        # Xero first, as it is then: so neither side's old value is ever taken for news.
        for way in ("to xero", "to crm"):
            said += _written(pair, row, values, way)
        with pair.ledger.write() as session:
            told = {"fields": sorted(values)}
            audit.record(session, pair.name, pair.now(), f"customer:{row.crm_id}", "corrected", told, actor=by)
    return said


def _written(pair: Pair, row: Link, values: Values, way: Way) -> list[str]:
    customers = pair.crm.customers([ref_of(row.crm_id)])
    contacts = [each for each in pair.xero.contacts([row.xero_id]) if each.status == ACTIVE]
    crm = NAMES.get(pair.crm.system, pair.crm.system)
    where = "Xero" if way == "to xero" else crm
    if not customers or not contacts:
        return [f"{where}: its record is gone or archived, so nothing was written there."]
    customer, contact = customers[0], contacts[0]
    keeps = KEPT_BY_XERO if way == "to xero" else pair.crm.keeps(customer.ref.kind)
    lacking = [name for name in values if name not in keeps]
    steps = _steps(customer, contact, {name: value for name, value in values.items() if name in keeps}, way)
    said = [f"{where} has no place for {', '.join(lacking)} that may be written."] if lacking else []
    if not steps:
        return said if lacking else [f"{where} says so already."]
    with pair.ledger.write() as session:
        fresh = session.get(Link, row.id)
        if fresh is not None:
            intend(session, pair, fresh, KINDS[way], steps)
    write_details.deliver(pair)
    return [*said, _came_of_it(pair, row, where, sorted(steps), KINDS[way])]


def _steps(customer: Customer, contact: XeroContact, values: Values, way: Way) -> dict[DetailName, Step]:
    """What that side does not say yet; what is agreed then is what both sides say, the one written to read back."""
    here, there = of_customer(customer), of_contact(contact)
    now = there if way == "to xero" else here
    return {
        name: Step(name, way, value, Agreed(form(name, here[name]) or "", form(name, there[name]) or ""))
        for name, value in values.items()
        if form(name, now[name]) != form(name, value)
    }


def _came_of_it(pair: Pair, row: Link, where: str, names: Sequence[str], kind: str) -> str:
    with pair.ledger.read() as session:
        last = outbox.of_subject(session, pair.name, f"customer:{row.crm_id}", kind)[-1]
    if last.state == "posted":
        return f"{where}: {', '.join(names)} put right."
    return f"{where} would not take {', '.join(names)}: {outbox.facts(last.outcome).get('words', 'try again')}"
