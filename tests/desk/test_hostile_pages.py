"""Whatever a CRM, Xero or a person holds, every page shows it as text, as little of it as fits, and still works."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import quote

import httpx
import pytest

from domain.decision import Choice, Question
from ledger import inbox, people, reviews
from ledger.desk_tables import Person
from templates.rendering import FOLDER, shown
from tests.desk.test_connections import at_xero, begin
from tests.desk.test_proof import asked, later
from tests.desk.test_reports import report
from tests.support.desks import Browser, Desk
from tests.templates.test_hostile_text import HOSTILE

KINDS = ("customer_unclear", "refused", "product_unmapped", "total_differs", "another_kind", "deal_changed")
REPORTS = ("/reports", "/reports/demo/2026-11/1", "/reports/demo/2026-11/2")
# Markup that a page of ours never has, and attributes that only an attack would bring.
OURS = frozenset(
    {
        *(
            "html",
            "head",
            "meta",
            "title",
            "link",
            "script",
            "body",
            "header",
            "div",
            "nav",
            "main",
            "section",
            "small",
        ),
        *(
            "small",
            "svg",
            "rect",
            "path",
            "a",
            "span",
            "p",
            "h1",
            "h2",
            "h3",
            "b",
            "s",
            "br",
            "code",
            "pre",
            "kbd",
            "time",
        ),
        *("form", "input", "button", "label", "select", "option", "ol", "ul", "li", "dl", "dt", "dd"),
        *("table", "thead", "tbody", "tfoot", "tr", "th", "td", "details", "summary"),
    }
)


class Markup(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.values: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.values.extend(value for _, value in attrs if value)

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def hostile_desk(desk: Desk, text: str) -> list[str]:
    """A desk where everything that can bear this text does; the addresses of its pages."""
    house = desk.house
    report(desk)
    company = house.hubspot.people.add_company(text or "x", abn="40999000222")
    deals = [house.sell({"product": "CONSULT-BRAND", "description": text}, company=company, name=text)]
    deals.append(house.sell({"name": text, "price": "10.00", "quantity": 1}, company=company, name=text))
    desk.work()
    report(desk)
    facts = {
        "customer": text,
        "contacts": text,
        text: text,
        "link": text,
        "words": text,
        "product": text,
        "total": text,
    }
    choices = (Choice(f"use:{text[:100]}", text), Choice("retry", text), Choice("accept", text))
    with desk.office.ledger.write() as session:
        for kind in KINDS:
            question = Question(kind, f"deal:{deals[0]}", facts, choices)
            item = reviews.ask(session, "demo", question, desk.office.now(), inbox.DEALS, deals[0])
            reviews.claim(session, item, text[:200], desk.office.now())
    questions = [f"/questions/demo/{item.id}" for item in house.questions()]
    stories = [f"/deals/demo/{deal}" for deal in deals]
    return ["/", "/questions", "/deals", "/connections", "/mapping/demo", *REPORTS, *questions, *stories]


def no_fault(answer: httpx.Response, called: str) -> None:
    """However odd what was asked, ``called`` ("GET /deals") answered without a fault of ours, and with safe pages."""
    # Nothing has run for long here, and that is what a monitor is to hear.
    silent = called == "GET /health" and answer.status_code == 503
    assert answer.status_code < 500 or silent, f"{called}: {answer.status_code}"
    if answer.headers.get("content-type", "").startswith("text/html"):
        safe(answer.text)


def safe(page: str) -> Markup:
    """The page, once it has no markup and no address that isn't ours."""
    markup = Markup(page)
    for tag, attributes in markup.tags:
        assert tag in OURS, tag
        assert not [name for name in attributes if name.startswith("on") or name in {"style", "srcdoc"}], attributes
        for name in ("href", "src", "action", "formaction"):
            address = attributes.get(name)
            assert (
                address is None
                or address == ""
                or address.startswith(("/", "#", "https://app.hubspot.com/", "https://go.xero.com/", "/static/"))
            ), address
            assert not (address or "").startswith("//"), address
    assert [attributes for tag, attributes in markup.tags if tag == "script"] == [
        {"src": "/static/desk.js", "defer": None}
    ]
    return markup


def visit(browser: Browser, path: str) -> Markup:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return safe(answer.text)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_text_on_every_page(desk: Desk, text: str) -> None:
    storable = text.encode("utf-8", "replace").decode().replace("\x00", "")
    browser = desk.browser()
    found = 0
    for path in hostile_desk(desk, storable):
        markup = visit(browser, path)
        line = shown(storable)
        found += sum(line[:40] in " ".join(said.split()) for said in markup.said) if line else 1
        assert not any(said.strip() == "49" for said in markup.said), "a template was run"
        assert not any(sign in said for said in markup.said for sign in "\u202e\u2066\u200b\x1b"), (
            "a sign that can't be seen"
        )
    assert found > 5, "the text is on the pages at all"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_in_an_address_comes_back_as_text(desk: Desk, text: str) -> None:
    typed = quote(text.encode("utf-8", "replace")[:150], safe="")
    browser = desk.browser()
    for path in (f"/deals?q={typed}", f"/questions?q={typed}&kind={typed}", f"/questions?done={typed}"):
        answer = browser.get(path)
        assert answer.status_code in {200, 422}
        safe(answer.text)
    for path in (
        f"/nowhere/{typed}",
        f"/deals/demo/{typed}",
        f"/questions/{typed}/1",
        f"/reports/{typed}",
        f"/reports/demo/{typed}/1/{typed}",
    ):
        answer = browser.get(path)
        assert answer.status_code in {404, 422}, path
        safe(answer.text)


def test_hostile_names_of_people_are_text_on_their_pages_too(staffed: Desk) -> None:
    names = [shown(text.encode("utf-8", "replace").decode())[:100] for text in HOSTILE.values()]
    with staffed.office.ledger.write() as session:
        admin = people.person(session, "admin")
        assert admin is not None
        role, secret, at = admin.role, admin.secret, admin.created_at
        session.add_all(
            Person(name=name, role=role, secret=secret, created_at=at) for name in dict.fromkeys(names) if name
        )
    number = asked(staffed)
    for name in filter(None, names[:3]):
        browser = staffed.browser(name)
        for path in ("/", "/questions", "/people", "/me"):
            assert any(name[:40] in said for said in visit(browser, path).said), path
        later(staffed, browser, 16)
        prove = browser.send(f"/questions/demo/{number}/answer", choice="again", note=name)
        assert name in safe(prove.text).values
    everybody = visit(staffed.browser("admin"), "/people").said
    assert all(any(name[:40] in said for said in everybody) for name in names if name)


@pytest.mark.parametrize("kind", ["markup", "template code", "turned around"])
def test_hostile_names_are_text_where_things_are_matched_booked_and_connected(desk: Desk, kind: str) -> None:
    text, browser = HOSTILE[kind], desk.browser()
    desk.house.hubspot.people.add_company(text, abn="40999000222")
    desk.house.clock.advance(60)
    browser.get("/first-match/demo")
    browser.send("/first-match/demo/look")
    assert any(shown(text) in said for said in visit(browser, "/first-match/demo").said)
    desk.house.sell({"product": "WORKSHOP"}, name=text)
    desk.work()
    here = f"/questions/demo/{desk.house.asked('product_unmapped').id}"
    visit(browser, here)
    booked = browser.send(f"{here}/book", product="WORKSHOP", account_code="200", tax_type="GST on Income")
    assert any(shown(text)[:30] in said for said in safe(booked.text).said)
    desk.house.xero.identity.revoke()
    desk.house.xero.people.rename_organisation(text)
    browser.get(at_xero(desk, begin(desk, browser)))
    organisations = visit(browser, "/connections/demo/xero/organisations")
    assert any(shown(text) in said for said in organisations.said)


def test_a_file_of_the_mapping_is_shown_as_it_is(desk: Desk) -> None:
    desk.mapping.write_text(desk.mapping.read_text() + "# <script>alert(1)</script> {{7*7}}\n")
    markup = visit(desk.browser(), "/mapping/demo")
    assert any("<script>alert(1)</script> {{7*7}}" in said for said in markup.said)


def test_no_template_of_the_desk_takes_text_for_markup() -> None:
    for path in (FOLDER / "desk").glob("*.html"):
        text = path.read_text()
        for word in ("|safe", "| safe", "autoescape", "<script>", " style=", "onclick", "javascript:"):
            assert word not in text, f"{path.name}: {word}"


def test_no_words_of_a_template_run_into_each_other() -> None:
    """What an expression comes to is one line without space around it, so a space belongs outside of it."""
    spaced = re.compile(r"""\{\{\s*(?:"\s[^"]*"|"[^"]*\s")\s*(?:\}\}|if\b)|\belse\s+(?:"\s[^"]+"|"[^"]+\s")\s*\}\}""")
    for path in (FOLDER / "desk").glob("*.html"):
        assert spaced.findall(path.read_text()) == [], path.name
