"""Held: the weekly digest is sent once to whoever the mapping names, and to nobody else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from connectors.errors import Rejected, Unavailable
from connectors.mail import Mail, MailServer, letter
from stages.digest import gather, send
from templates.digest_pages import digest_markdown
from tests.support.house import House
from tests.support.postbox import PostOffice


@dataclass(frozen=True)
class Postbox(MailServer):
    """Keeps what it is given."""

    kept: list[Mail] = field(default_factory=list[Mail])

    def send(self, mail: Mail, now: datetime) -> None:
        self.kept.append(mail)


ASKED = ("  move to stage when paid: Paid\n", "  move to stage when paid: Paid\n\nreview:\n  send to: a@acme.example\n")


def lived(*edits: tuple[str, str]) -> House:
    house = House.settled(*edits, watch=False)
    deal = house.sell({"product": "LICENCE"}, closedate="2026-11-25T02:00:00Z")
    house.sell({"product": "LICENCE"}, company="meridian", closedate="2026-11-25T02:00:00Z")
    house.work()
    house.xero.people.pay(house.invoice(deal)["InvoiceID"], "254.00")
    house.work()
    house.clock.advance(6 * 86400)
    return house


def test_the_week_is_told_once_as_text_and_html_to_whoever_asked() -> None:
    house, box = lived(ASKED), Postbox("localhost", 25, "Wonbooks <books@acme.example>")
    told = gather(house.open())
    assert (told.won.count, told.invoiced.count, told.paid.count, told.outstanding.count) == (2, 1, 1, 1)
    assert [send(house.open(), told, box) for _ in range(2)] == [True, False]
    (mail,) = box.kept
    assert mail.to == "a@acme.example"
    for shown in ("$254.00", "$1,000.00", "Meridian"):
        assert shown in mail.text
        assert shown in mail.html
    kinds = [part.get_content_type() for part in letter(mail, box.sender, house.clock()).walk()]
    pictures = ["image/png", "image/png"]
    assert kinds == ["multipart/alternative", "text/plain", "multipart/related", "text/html", *pictures]


def test_nothing_is_sent_when_nobody_asked_and_prefect_is_told_no_name() -> None:
    house, box = lived(), Postbox("localhost", 25, "books@acme.example")
    told = gather(house.open())
    assert not send(house.open(), told, box)
    assert box.kept == []
    assert "customer unclear" in digest_markdown(told)
    assert "Meridian" not in digest_markdown(told)


def server(office: PostOffice) -> MailServer:
    return MailServer("127.0.0.1", office.port, "Wonbooks <books@acme.example>", security="none", timeout=5)


def test_the_letter_comes_over_smtp_as_people_and_their_programs_read_it() -> None:
    house = lived((ASKED[0], ASKED[1].replace("a@acme.example", "a@acme.example, b@acme.example")))
    with PostOffice() as office:
        assert send(house.open(), gather(house.open()), server(office))
    (letter,) = office.received
    assert (letter.sender, letter.recipients) == ("books@acme.example", ["a@acme.example", "b@acme.example"])
    assert all(len(line) <= 998 for line in letter.source.split(b"\r\n"))
    message = letter.message
    assert message["Subject"].startswith("Harbourline Studio Pty Ltd")
    assert (message["Auto-Submitted"], message["To"]) == ("auto-generated", "a@acme.example, b@acme.example")
    assert message["Message-ID"].endswith("@acme.example>")
    text, related = message.iter_parts()
    html, *pictures = related.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    # The pictures come with the letter, and say in words what they show.
    assert re.findall(r'<img src="cid:([^"]+)"', html.get_content()) == [p["Content-ID"].strip("<>") for p in pictures]
    assert all(picture.get_content().startswith(b"\x89PNG") for picture in pictures)
    assert "Won, invoiced, paid by week. In these weeks: $2,280.00 won, $1,254.00 invoiced" in html.get_content()
    for part in (text.get_content(), html.get_content()):
        assert "$254.00" in part
        assert "Meridian" in part
    assert not [tag for tag in ("<script", 'src="http', "http-equiv", "<link") if tag in html.get_content()]
    assert "<caption" in html.get_content()


def test_a_letter_that_was_refused_is_sent_another_time() -> None:
    house = lived(ASKED)
    with PostOffice(refuses="550 no such mailbox") as office:
        with pytest.raises(Rejected):
            send(house.open(), gather(house.open()), server(office))
        office.refuses = ""
        assert send(house.open(), gather(house.open()), server(office))
    assert len(office.received) == 1


def test_nothing_is_sent_over_smtp_when_nobody_asked() -> None:
    house = lived()
    with PostOffice() as office:
        assert not send(house.open(), gather(house.open()), server(office))
    assert office.received == []


def test_a_server_that_is_not_there_loses_no_letter() -> None:
    house = lived(ASKED)
    with PostOffice() as office:
        gone = server(office)
    with pytest.raises(Unavailable):
        send(house.open(), gather(house.open()), gone)
    box = Postbox("localhost", 25, "books@acme.example")
    assert send(house.open(), gather(house.open()), box)
