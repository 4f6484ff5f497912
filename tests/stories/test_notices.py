"""Told: people hear of questions, lost connections, parked pairs, failing flows and silence; counts, ids and amounts,
nobody's name; in one message, and again only when there is more to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from connectors.errors import ConnectorError, NotConnected, OutcomeUnknown, Unavailable
from domain.decision import Question
from ledger import endpoints, memory, reviews
from stages import notices
from stages.asking import about_connection
from stages.notices import ByMail, Letter
from stages.notify_settings import NotifySettings
from tests.month.test_digest import Postbox
from tests.support.house import House


@dataclass
class Box:
    """A channel that keeps what it is given, or fails."""

    trouble: ConnectorError | None = None
    kept: list[Letter] = field(default_factory=list[Letter])
    name: str = "box"

    def send(self, letter: Letter, now: datetime) -> None:
        self.kept.append(letter)
        if self.trouble is not None:
            raise self.trouble


def settings(**more: Any) -> NotifySettings:
    return NotifySettings.model_validate({"WONBOOKS_DESK_URL": "https://books.example", **more})


def look(house: House, *boxes: Box) -> tuple[str, bool]:
    return notices.look(house.ledger, "demo", settings(), boxes)


def test_new_questions_are_told_by_reason_with_the_money_behind_them_and_nobodys_name() -> None:
    house, box = House.settled(watch=False), Box()
    house.win("look_alikes")
    house.win("unmapped")
    house.work()
    assert look(house, box) == ("Told.", True)
    (letter,) = box.kept
    assert letter.subject == "demo: 2 new questions"
    for text in (letter.text, letter.html):
        for said in ("2 new questions in demo", "1 × Customer unclear", "1 × Product unmapped", "at stake"):
            assert said in text
        assert "https://books.example/questions" in text
        for name in ("Meridian", "Investor deck", "WORKSHOP", "@"):
            assert name not in text
    house.clock.advance(300)
    assert look(house, box) == ("Nothing to tell.", True)
    assert len(box.kept) == 1


def test_a_lost_connection_is_told_and_that_it_is_back() -> None:
    house, box = House.settled(watch=False), Box()
    question: Question = about_connection(NotConnected("xero", "GET /Invoices", "the authorisation has ended"))
    with house.ledger.write() as session:
        item = reviews.ask(session, "demo", question, house.clock(), "pair", "demo")
    look(house, box)
    assert box.kept[0].subject == "demo: Xero is not connected any more"
    assert "connect again under Connections" in box.kept[0].text
    house.answer(item, "retry")
    house.work(minutes=59)
    look(house, box)
    assert len(box.kept) == 1
    house.work(minutes=5)
    look(house, box)
    assert "All right again: Xero is connected." in box.kept[1].text


def test_webhooks_without_a_good_signature_are_told_unless_a_good_one_came_since() -> None:
    house, box = House.settled(watch=False), Box()
    with house.ledger.write() as session:
        row = endpoints.ensure(session, "demo", "hubspot", "a" * 32, house.clock())
        endpoints.count(session, row.id, {"refused": 2}, house.clock())
    look(house, box)
    assert box.kept == []
    with house.ledger.write() as session:
        endpoints.count(session, row.id, {"refused": 1}, house.clock())
    house.clock.advance(60)
    look(house, box)
    assert box.kept[0].subject == "demo: HubSpot's webhooks are not believed"
    with house.ledger.write() as session:
        endpoints.count(session, row.id, {"heard": 1}, house.clock())
    house.work(minutes=61)
    look(house, box)
    assert "HubSpot's webhooks are believed" in box.kept[1].text


def test_the_days_calls_being_used_up_is_told_once_with_the_time_it_goes_on() -> None:
    house, box = House.settled(watch=False), Box()
    house.break_xero("* *", "429", daily=True, times=9)
    house.win("known_by_abn")
    for _ in range(3):
        house.struggle(minutes=20)
        look(house, box)
    (letter,) = box.kept
    assert letter.subject.startswith("demo: Xero's calls for today are used up")
    assert "it goes on by itself at " in letter.text


def test_a_flow_that_fails_again_and_again_is_told_with_how_often() -> None:
    house, box = House.settled(watch=False), Box()
    house.break_hubspot("POST */deals/search", "refuse connection", times=99)
    house.struggle(minutes=15)
    look(house, box)
    assert box.kept == []
    house.struggle(minutes=15)
    look(house, box)
    assert "The flow deals-to-invoices has failed 2 times in a row since " in box.kept[0].text


def test_silence_is_told_and_such_a_pair_is_not_alive() -> None:
    house, box = House.settled(watch=False), Box()
    house.work()
    alive: list[bool] = []
    for _ in range(15):
        house.clock.advance(300)
        alive.append(look(house, box)[1])
    assert alive == [True] * 13 + [False] * 2
    (letter,) = box.kept
    assert "Nothing of demo has run since " in letter.text
    house.work()
    assert look(house, box) == ("Nothing to tell.", True)


def test_with_nobody_named_nothing_counts_as_told() -> None:
    house, box = House.settled(watch=False), Box()
    house.win("look_alikes")
    house.work()
    assert look(house) == ("Nobody is named to be told.", True)
    look(house, box)
    assert box.kept[0].subject == "demo: 1 new question"


def test_a_channel_that_fails_keeps_no_other_from_telling() -> None:
    house, deaf, box = House.settled(watch=False), Box(Unavailable("box", "sending"), name="webhook 1"), Box()
    house.win("look_alikes")
    house.work()
    assert look(house, deaf, box) == ("Told, but not by webhook 1.", True)
    house.clock.advance(300)
    look(house, deaf, box)
    assert len(box.kept) == 1


@pytest.mark.parametrize(
    ("trouble", "sent"), [(Unavailable("box", "sending"), 2), (OutcomeUnknown("box", "sending"), 1)]
)
def test_what_could_not_be_sent_is_sent_with_the_next_look_what_may_have_left_is_not(
    trouble: ConnectorError, sent: int
) -> None:
    house, box = House.settled(watch=False), Box(trouble)
    house.win("look_alikes")
    house.work()
    if sent == 2:
        with pytest.raises(Unavailable):
            look(house, box)
    else:
        look(house, box)
    box.trouble = None
    house.clock.advance(300)
    look(house, box)
    assert len(box.kept) == sent


def test_what_was_told_is_kept_in_the_ledger_and_holds_no_name() -> None:
    house, box = House.settled(watch=False), Box()
    house.win("look_alikes")
    house.work()
    look(house, box)
    with house.ledger.read() as session:
        kept = memory.recall(session, "demo", notices.TOLD, now=house.clock(), for_=notices.FOR_EVER)
    assert kept is not None
    assert "Meridian" not in kept


def test_by_mail_it_goes_to_everybody_named_as_text_and_html() -> None:
    house, box = House.settled(watch=False), Postbox("localhost", 25, "books@acme.example")
    house.win("look_alikes")
    house.work()
    people = settings(mail_to="a@acme.example, b@acme.example").people
    notices.look(house.ledger, "demo", settings(), [ByMail(people, box)])
    (mail,) = box.kept
    assert mail.to == "a@acme.example, b@acme.example"
    assert "1 new question in demo" in mail.text
    assert "<h1" in mail.html
