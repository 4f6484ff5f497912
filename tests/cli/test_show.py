"""What the command line says of what would happen: of drafts that exist, too."""

from __future__ import annotations

import io

from rich.console import Console

from cli import show
from stages.rehearsal import rehearse, tellings
from tests.support.house import House
from tests.support.rules import PROPOSED, before, entry

REST = "takes: the rest"


def rehearsed(house: House) -> str:
    """What a rehearsal prints."""
    said_to = io.StringIO()
    pair = house.open()
    show.rehearsed(Console(file=said_to, width=120), "demo", rehearse(pair), tellings(pair))
    return said_to.getvalue()


def test_a_rehearsal_says_what_would_become_of_drafts_that_exist() -> None:
    house = House(PROPOSED)
    people, company = house.hubspot.people, house.company.companies["bellbird"]
    lines = [{"product": "LICENCE"}]
    deals = [people.add_deal(n, lines, stage="Appointment scheduled", company=company) for n in ("A", "B", "C")]
    house.work()
    people.set_lines(deals[0], [{"product": "LICENCE", "quantity": 2}])
    house.sales.win(deals[1])
    house.sales.lose(deals[2])
    house.clock.advance(60)
    said = rehearsed(house)
    for words in ("would be written anew", "would be approved", "would be deleted"):
        assert words in said
    assert house.calls("xero").count("POST /Invoices") == 0


def test_a_rehearsal_shows_every_milestone_of_a_deal() -> None:
    stage = "Appointment scheduled"
    parts = (entry(stage, "authorised", "milestone: one", "takes: 30%"), entry(stage, "draft", "milestone: two", REST))
    house = House(("create: authorised\n", f"create: authorised\n    milestone: two\n    {REST}\n"), before(*parts))
    told = {"stage": stage, "company": house.company.companies["bellbird"]}
    house.hubspot.people.add_deal("A", [{"product": "LICENCE"}], **told)
    house.clock.advance(60)
    said = rehearsed(house)
    for words in ("an approved invoice and a draft invoice would be made", "$376.20", "$877.80"):
        assert words in said


def test_a_rehearsal_says_who_pays_each_milestone_and_what_comes_once_it_is_approved() -> None:
    after = "    attach: files of the deal\n    send to customer: once approved\n    milestone: customer\n"
    house = House(
        ("create: authorised\n", f"create: authorised\n{after}    {REST}\n"),
        before(entry("Closed won", "authorised", "milestone: insurer", "takes: 60%", "payer: insurer")),
        ("\nwrite back:", "\nwrite back:\n  pdf: once approved"),
    )
    house.hubspot.people.add_property("deal", "insurer", "Insurer")
    house.sell({"product": "LICENCE"}, insurer=house.company.companies["yarra"])
    house.clock.advance(60)
    said = rehearsed(house)
    for words in (
        "insurer, of $1,254.00, paid by Yarra Bend Allied Health Pty Ltd",
        "customer, of $1,254.00, paid by Bellbird Cafe",
        "once approved Xero mails it to the customer, the deal's files are attached to it, it is put on the deal as a",
    ):
        assert words in said


def test_a_rehearsal_says_what_deals_and_customers_would_be_told_of_their_invoices() -> None:
    fields = "{open balance: owes, on stop: stopped, stop after: 30}"
    house = House(
        ("\nxero:", f"  customer fields: {fields}\n\nxero:"),
        ("\nwrite back:", "\nwrite back:\n  move to stage when overdue: Appointment scheduled"),
    )
    for name in ("owes", "stopped"):
        house.hubspot.people.add_property("company", name, name)
    late, paid = (house.sell({"product": "LICENCE"}, company=of) for of in ("bellbird", "yarra"))
    house.work()
    house.clock.advance(50 * 24 * 3600)
    house.xero.people.pay(house.invoice(paid)["InvoiceID"])
    written = list(house.written())
    said = rehearsed(house)
    bellbird = house.company.companies["bellbird"]
    assert f"deal {late} would be told: moved to Appointment scheduled" in said
    assert f"deal {paid} would be told: moved to Paid" in said
    assert "xero_amount_due 0.00" in said
    assert f"company {bellbird} would be told:" in said
    assert "on stop true" in said
    assert list(house.written()) == written
