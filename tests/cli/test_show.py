"""What the command line says of what would happen: of drafts that exist, too."""

from __future__ import annotations

import io

from rich.console import Console

from cli import show
from stages.rehearsal import rehearse
from tests.support.house import House
from tests.support.rules import PROPOSED, before, entry

REST = "takes: the rest"


def rehearsed(house: House) -> str:
    """What a rehearsal prints."""
    said_to = io.StringIO()
    show.rehearsed(Console(file=said_to, width=120), "demo", rehearse(house.open()))
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
