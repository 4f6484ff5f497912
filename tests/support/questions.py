"""Every question the code can ask, asked by the code itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from domain.alignment import Agreed, align
from domain.born import place
from domain.case import Case
from domain.deals import (
    after_invoice,
    customer_gone,
    customer_of,
    fingerprint,
    merged_twice,
    on_hold,
    payer_missing,
    undone,
)
from domain.decision import Hold, Question
from domain.invoicing import plan_invoice
from domain.likeness import IndexedContact, indexed
from domain.matching import match_customer
from domain.objections import Around, milestone_edited
from domain.reconciliation import judge
from domain.records import (
    Account,
    Books,
    Customer,
    CustomerRef,
    Deal,
    Invoice,
    InvoicePlan,
    LineItem,
    Organisation,
    PlannedLine,
    TaxRate,
    XeroContact,
)
from domain.rules import ContactRules, CrmRule, DetailRule, InvoiceRule, ProductRule, Rules, TrackingRule, XeroRule
from domain.standing import Standing, plan_gone, plan_standing
from domain.steps import Intended, next_step
from ledger import inbox, outbox
from ledger.tables import Effect
from stages import asking, attachments, born, capture, frozen, look, once, pdfs, repeating, write_details

TODAY = date(2026, 7, 15)
REF = CustomerRef("company", "5")
LINE = LineItem("1", "Consulting day", Decimal(2), Decimal(1200), product_code="CONSULT-DAY")
DEAL = Deal(
    "17", "Website", "new", "won", Decimal(2400), "AUD", date(2026, 7, 1), lines=(LINE,), customer=REF, won=True
)
BOOKS = Books(
    Organisation("1", "Harbourline Studio Pty Ltd", "AU", "AUD", "Australia/Sydney"),
    (Account("200", "Sales", "REVENUE", "REVENUE", "ACTIVE"),),
    (TaxRate("GST on Income", "OUTPUT", Decimal(10), "ACTIVE", for_revenue=True),),
    ("AUD",),
    ("CONSULT",),
)
RULE = InvoiceRule(
    pipeline="New", stage="Won", create="draft", amounts_are="tax exclusive", due="14 days after the invoice date"
)
ZERO = Decimal(0)
INVOICE = Invoice(
    "i", "INV-0001", "VOIDED", "c", TODAY, TODAY, "AUD", "tax exclusive", ZERO, ZERO, ZERO, ZERO, ZERO, ZERO
)
PRODUCT = ProductRule(product="CONSULT-*", account_code="200", tax_type="GST on Income")
RULES = Rules(
    pair="demo",
    crm=CrmRule(system="hubspot", account="1", credentials="a"),
    xero=XeroRule(organisation="Harbourline Studio Pty Ltd", credentials="b"),
    invoices=(RULE,),
    products=(PRODUCT,),
)


def questions() -> list[Question]:
    """At least one of each kind."""
    return [*_customers(), *_born(), *_details(), *_deals(), *_invoices(), *_deliveries()]


def _customers() -> Iterator[Question]:
    acme = Customer(REF, "Acme Pty Ltd", email="jo@acme.example", url="https://app.hubspot.com/contacts/1/company/5")
    contacts = [indexed(XeroContact(f"id-{n}", name)) for n, name in enumerate(("Acme Pty Ltd", "ACME Pty. Ltd."))]
    archived = indexed(XeroContact("id-9", "Acme Pty Ltd", status="ARCHIVED", email="jo@acme.example"))
    cases: tuple[tuple[Customer, list[IndexedContact], ContactRules], ...] = (
        (acme, contacts, ContactRules()),
        (acme, [archived], ContactRules()),
        (acme, [], ContactRules(if_none="ask")),
        (replace(acme, name="Pty Ltd"), [], ContactRules()),
    )
    for customer, candidates, rules in cases:
        yield from _held(match_customer(customer, candidates, rules, {}))
    yield from _held(customer_of(replace(DEAL, customer=None), {}))
    yield from _held(customer_of(replace(DEAL, customer=None, other_companies=("5", "6")), {}))
    yield customer_gone(REF)
    yield payer_missing(DEAL, "insurer", "insurer_id")
    yield from filter(None, [on_hold(DEAL, replace(acme, on_hold="Yes"))])


def _born() -> Iterator[Question]:
    acme = IndexedContact("company:5", "Acme Pty Ltd", name_key="acme", suffix_class="pty ltd")
    yield from _held(place(XeroContact("id-1", "Acme"), [acme], (), ContactRules(new_in_xero="create"), {}))
    yield born.refused("contact:id-1", "The name is required.")


def _details() -> Iterator[Question]:
    acme = Customer(REF, "Acme Pty Ltd", phone="02 9374 4000")
    contact = XeroContact("id-1", "Acme Pty Ltd", phones=("02 9999 1111",))
    turned = Agreed("+61293744000", "+61293744000", "to xero", 3, TODAY.isoformat())
    yield write_details.refused("customer:company:5", "Xero", ["name"], "The name is taken.")
    for agreed in ({}, {"phone": turned}):
        rule = DetailRule(field="phone", direction="both ways")
        steps = align(acme, contact, (rule,), agreed, {"phone"}, {}, TODAY)
        yield from (step.question for step in steps if step.question)


def _deals() -> Iterator[Question]:
    before = fingerprint(DEAL)
    for deal in (
        replace(DEAL, archived=True),
        replace(DEAL, won=False),
        replace(DEAL, amount=Decimal(9)),
    ):
        asked = after_invoice(deal, INVOICE, billed=before, amount_billed="$2,400.00", still_triggered=False)
        assert asked is not None
        yield asked
    plan = plan_invoice(DEAL, RULE, RULES, BOOKS, Around("Acme Pty Ltd", TODAY, "Website"), {})
    assert isinstance(plan, InvoicePlan)
    draft = replace(INVOICE, status="DRAFT")
    standing = Standing(plan, "c", "draft", made="as it was", billed="other")
    yield from _held(plan_standing(DEAL, standing, draft, replace(plan, date=TODAY), "c", {}, wanted=True))
    yield from _held(plan_gone("deal:17", standing, draft, {}))
    yield merged_twice(DEAL, ["INV-0001", "INV-0002"])


def _invoices() -> Iterator[Question]:
    organisation = BOOKS.organisation
    wrong = {"account_code": "999", "tax_type": "EXEMPTEXPORT", "item_code": "X"}
    elsewhere = PRODUCT.model_copy(update=wrong)
    cases: tuple[tuple[Deal, InvoiceRule, ProductRule, Books], ...] = (
        (replace(DEAL, unreadable="its amount is no number"), RULE, PRODUCT, BOOKS),
        (replace(DEAL, lines=()), RULE, PRODUCT, BOOKS),
        (replace(DEAL, currency="USD"), RULE, PRODUCT, BOOKS),
        (replace(DEAL, lines=(replace(LINE, quantity=Decimal(-1)),)), RULE, PRODUCT, BOOKS),
        (replace(DEAL, lines=(replace(LINE, billing_frequency="monthly"),)), RULE, PRODUCT, BOOKS),
        (replace(DEAL, amounts_are="tax inclusive"), RULE, PRODUCT, BOOKS),
        (replace(DEAL, instalments=3), RULE, PRODUCT, BOOKS),
        (DEAL, RULE.model_copy(update={"takes_field": "share"}), PRODUCT, BOOKS),
        (replace(DEAL, lines=(replace(LINE, product_code="WORKSHOP", name="Workshop"),)), RULE, PRODUCT, BOOKS),
        (DEAL, RULE, elsewhere, BOOKS),
        (replace(DEAL, amount=Decimal(1)), RULE, PRODUCT, BOOKS),
        (DEAL, RULE.model_copy(update={"ask_above": Decimal(10)}), PRODUCT, BOOKS),
        (DEAL, RULE, PRODUCT, replace(BOOKS, organisation=replace(organisation, pays_tax=False))),
        (DEAL, RULE, PRODUCT, replace(BOOKS, organisation=replace(organisation, locked_until=date(2026, 7, 10)))),
    )
    looks = RULE.model_copy(
        update={
            "create": "authorised",
            "po_number": "po",
            "po_number_needed_by": ("*",),
            "branding_theme": "Gold",
            "tracking": (TrackingRule(category="Region", option="NSW"),),
        }
    )
    rest = RULE.model_copy(update={"milestone": "final", "takes": "the rest"})
    billed = PlannedLine("Deposit", Decimal(1), Decimal(9000), "200", "OUTPUT", Decimal(9000), Decimal(900))
    around = Around("Acme Pty Ltd", TODAY, billed=(billed,))
    yield milestone_edited("17", "INV-0041", "$376.20", "$440.00")
    yield from _held(plan_invoice(DEAL, rest, RULES, BOOKS, around, {}, "final"))
    shared = RULE.model_copy(update={"milestone": "insurer", "takes_field": "share"})
    around = Around("Acme Pty Ltd", TODAY, billed=(replace(billed, line_amount=Decimal(1)),))
    yield from _held(plan_invoice(replace(DEAL, fields={"share": "100"}), shared, RULES, BOOKS, around, {}, "insurer"))
    cases += ((DEAL, looks, PRODUCT, replace(BOOKS, forbidden=("CreateApprovedInvoice",))),)
    for deal, rule, product, books in cases:
        rules = RULES.model_copy(update={"products": (product,)})
        yield from _held(plan_invoice(deal, rule, rules, books, Around("jo@acme.example", TODAY, "Website"), {}))


def _deliveries() -> Iterator[Question]:
    at = datetime(2026, 7, 15, tzinfo=UTC)
    effect = Effect(id="e", pair="demo", kind="invoice", key="k", subject="deal:17", created_at=at, next_at=at)
    invoice = INVOICE
    yield asking.refused("deal:17", ("The contact is archived.", "Account code 200 is not valid."))
    plan = plan_invoice(DEAL, RULE, RULES, BOOKS, Around("Acme Pty Ltd", TODAY, "Website"), {})
    assert isinstance(plan, InvoicePlan)
    differing = next_step(Intended("deal:17", Standing(plan, "c", "draft")), replace(INVOICE, status="DRAFT"))
    assert isinstance(differing, Question)
    yield differing
    yield asking.missing("deal:17")
    effect.plan = frozen.invoice_text(plan)
    yield repeating.stands(effect, "called off")
    effect.plan = outbox.text_of({"name": "INV-0001.pdf"})
    yield pdfs.not_put(effect, "There is no room.")
    effect.plan = outbox.text_of({"invoice": "inv"})
    yield attachments.not_attached(effect, ["plan.pdf: It is empty."])
    yield look.duplicate(effect, invoice)
    yield from _of_a_month(invoice)
    yield undone("deal:17", invoice)
    yield capture.tried_too_often(inbox.DEALS, "17")
    yield once.export_reminder("deal:17", "INV-0001", "13 September 2026")
    yield once.not_mailed("deal:17", "i", "The contact has no email address")


def _of_a_month(invoice: Invoice) -> Iterator[Question]:
    """What a report asks about a deal whose invoice is not what was agreed, or is one too many."""
    standing = replace(invoice, status="AUTHORISED", subtotal=Decimal(9), total=Decimal(9))
    for case in (Case("17", DEAL, triggered=True, invoices=(standing,)), Case("17", DEAL, others=(standing,))):
        question = judge(case).question
        assert question is not None
        yield question


def _held(outcome: object) -> tuple[Question, ...]:
    assert isinstance(outcome, Hold), outcome
    return outcome.questions
