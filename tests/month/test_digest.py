"""Held: the weekly digest is sent once to whoever the mapping names, and to nobody else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from connectors.mail import Mail, MailServer, letter
from stages.digest import gather, send
from templates.digest_pages import digest_markdown
from tests.support.house import House


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
    kinds = [part.get_content_type() for part in letter(mail, box.sender, house.clock()).iter_parts()]
    assert kinds == ["text/plain", "text/html"]


def test_nothing_is_sent_when_nobody_asked_and_prefect_is_told_no_name() -> None:
    house, box = lived(), Postbox("localhost", 25, "books@acme.example")
    told = gather(house.open())
    assert not send(house.open(), told, box)
    assert box.kept == []
    assert "customer unclear" in digest_markdown(told)
    assert "Meridian" not in digest_markdown(told)
