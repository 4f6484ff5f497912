"""A month with thousands of deals and invoices, put into both doubles and the ledger as if it had been lived."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlmodel import Session, select

from domain.deals import fingerprint
from domain.marker import Marker
from domain.records import Day, Deal, InvoicePlan, PlannedLine
from domain.write_back import facts_for_deal
from ledger import audit, links, outbox
from ledger.tables import Effect, Link
from sandbox.company import Company
from sandbox.world import World
from stages import deals_ledger, frozen
from stages.pair import Pair

PRICE = Decimal("1140.00")
CUSTOMERS = ("bellbird", "yarra", "surf", "opal")


@dataclass(slots=True)
class Crowd:
    """``wrong`` is deal → the class it should be found in."""

    deals: list[str] = field(default_factory=list[str])
    wrong: dict[str, str] = field(default_factory=dict[str, str])


def fill(world: World, company: Company, pair: Pair, first: Day, *, deals: int, others: int, wrong: int = 0) -> Crowd:
    """So many won deals with an invoice each, so many sales that are no deal's, all dated in the month of ``first``.

    Every second invoice is paid. ``wrong`` deals, spread over all, don't say what is due.
    """
    crowd = Crowd()
    pair.ensure_fields()
    with pair.ledger.write() as session:
        audit.record(session, pair.name, datetime.combine(first, datetime.min.time(), UTC), "pair", "begun", {})
    contacts = _contacts(world, company)
    for start in range(0, deals, 500):
        made = [_sell(world, company, n, first) for n in range(start, min(start + 500, deals))]
        read = {deal.id: deal for deal in _read(world, pair, made)}
        with pair.ledger.write() as session:
            for n, deal in enumerate(made, start=start):
                _invoice(session, world, pair, read[deal], n, contacts[CUSTOMERS[n % 4]], first)
        crowd.deals += made
    for n in range(others):
        _by_hand(world, company.contacts["Meadowbank Print & Sign"], n, first)
    for n in range(wrong):
        crowd.wrong[crowd.deals[n * len(crowd.deals) // wrong]] = "paid state differs"
    settle(world, pair, crowd)
    world.xero.log.clear()
    world.hubspot.log.clear()
    return crowd


def _contacts(world: World, company: Company) -> dict[str, str]:
    names = dict(zip(CUSTOMERS, ("Bellbird Cafe", "Yarra Bend Allied Health Pty Ltd"), strict=False))
    return {short: company.contacts[names.get(short, "Meadowbank Print & Sign")] for short in CUSTOMERS}


def _sell(world: World, company: Company, n: int, first: Day) -> str:
    closed = datetime.combine(first + timedelta(days=n % 28), datetime.min.time(), UTC) + timedelta(hours=2)
    return world.hubspot.people.add_deal(
        f"Licence {n}",
        [{"product": "LICENCE", "quantity": n % 3 + 1}, {"product": "TRAVEL"}],
        company=company.companies[CUSTOMERS[n % 4]],
        pipeline="New business",
        stage="Closed won",
        closedate=f"{closed:%Y-%m-%dT%H:%M:%SZ}",
    )


def _read(world: World, pair: Pair, ids: list[str]) -> list[Deal]:
    found = pair.crm.deals(ids)
    world.hubspot.log.clear()
    return found


def _plan(deal: Deal, n: int, day: Day) -> InvoicePlan:
    net = PRICE * (n % 3 + 1)
    lines = (
        PlannedLine("Licence", Decimal(n % 3 + 1), PRICE, "210", "OUTPUT", net, net / 10),
        PlannedLine("Travel", Decimal(1), Decimal(220), "260", "EXEMPTOUTPUT", Decimal(220), Decimal(0)),
    )
    tax, subtotal = net / 10, net + 220
    return InvoicePlan(
        deal.id,
        "full",
        day,
        day + timedelta(14),
        "AUD",
        "tax exclusive",
        deal.name,
        lines,
        subtotal=subtotal,
        total_tax=tax,
        total=subtotal + tax,
        goal="authorised",
    )


def _invoice(session: Session, world: World, pair: Pair, deal: Deal, n: int, contact: str, first: Day) -> None:
    day = deal.closed_on or first
    plan = _plan(deal, n, day)
    identity = deals_ledger.identity(pair, deal.id)
    effect = outbox.effect_id(identity)
    marker = Marker(effect, 1, pair.install_id).on(deal.url)
    lines = [
        {
            "Description": line.description,
            "Quantity": line.quantity,
            "UnitAmount": line.unit_amount,
            "AccountCode": line.account_code,
            "TaxType": line.tax_type,
        }
        for line in plan.lines
    ]
    told = {"Date": f"{day}", "DueDate": f"{plan.due_date}", "Status": "AUTHORISED", "Url": marker}
    people = world.xero.people
    xero_id = people.add_invoice(contact, lines, **told)
    if n % 2:
        people.pay(xero_id, on=day)
    world.xero.log.clear()
    _remember(session, pair, deal, plan, effect, identity, marker, xero_id)


def _remember(
    session: Session, pair: Pair, deal: Deal, plan: InvoicePlan, effect: str, identity: str, marker: str, xero_id: str
) -> None:
    now = pair.now()
    session.add(
        Effect(
            id=effect,
            pair=pair.name,
            kind=outbox.INVOICE,
            key=f"{outbox.INVOICE}:{identity}",
            identity=identity,
            subject=f"deal:{deal.id}",
            state="posted",
            marker=marker,
            plan=frozen.invoice_text(plan),
            why=outbox.text_of({"billed": fingerprint(deal), "amount": str(deal.amount)}),
            xero_id=xero_id,
            created_at=now,
            next_at=now,
        )
    )
    session.add(
        Link(
            pair=pair.name,
            kind=links.INVOICE,
            crm_id=identity,
            xero_id=xero_id,
            deal_id=deal.id,
            how="created",
            created_at=now,
        )
    )


def settle(world: World, pair: Pair, crowd: Crowd) -> None:
    """Tell every deal what its invoice says, as the flows would have, ``wrong`` ones but for what is due."""
    with pair.ledger.read() as session:
        deal_of = {row.xero_id: row.deal_id for row in session.exec(select(Link)).all()}
    code = pair.books().organisation.short_code
    paid = pair.rules.write_back.move_to_stage_when_paid
    ids = list(deal_of)
    for start in range(0, len(ids), 500):
        for invoice in pair.xero.invoices(ids[start : start + 500]):
            own = world.hubspot.objects["deals"][deal_of[invoice.id]].properties
            own |= {k: v for k, v in facts_for_deal(invoice, pair.rules.write_back, code).items() if v}
            if invoice.status == "PAID":
                own["dealstage"] = pair.stage_id(own["pipeline"], paid)
        world.xero.log.clear()
    for deal in crowd.wrong:
        world.hubspot.objects["deals"][deal].properties["xero_amount_due"] = "1.00"


def _by_hand(world: World, contact: str, n: int, first: date) -> None:
    day = first + timedelta(days=n % 28)
    line = {
        "Description": "By hand",
        "Quantity": 1,
        "UnitAmount": 50 + n % 7,
        "AccountCode": "200",
        "TaxType": "OUTPUT",
    }
    world.xero.people.add_invoice(contact, [line], Date=f"{day}", DueDate=f"{day + timedelta(14)}", Status="AUTHORISED")
    world.xero.log.clear()
