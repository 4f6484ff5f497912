"""The desk and the sandbox as people have them: two servers on this machine, and a browser in front of them."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect

from cli.processes import free_port
from desk.app import desk_app
from desk.office import Office
from desk.prefect_side import PrefectSide
from desk.settings import DeskSettings, Role
from domain.period import month_of
from ledger import endpoints
from ledger.database import open_ledger
from ledger.desk_tables import Person
from ledger.secrets import Seal
from mappings.loader import read_mapping
from sandbox.company import Company, seed
from sandbox.play import pages
from sandbox.serve import SandboxServer
from sandbox.world import World
from stages import rounds
from stages.freezing import freeze
from stages.opening import Surroundings, pair_of
from stages.pair import Pair
from stages.reconcile import reconcile
from stages.settings import Settings
from stages.troubles import OutsideTrouble
from tests.support.desks import PASSWORD, secret
from tests.support.house import CONNECTIONS, DEMO
from tests.support.waiting import until

WATCH = """
window.broken = [];
const told = (e) => window.broken.push(`${e.violatedDirective}: ${e.blockedURI}`);
document.addEventListener("securitypolicyviolation", told);
"""


def chromium() -> str:
    """The system's Chromium; without one the test is left out, but never where everything has to be held."""
    found = os.environ.get("WONBOOKS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail("There is no Chromium. Debian has it: apt-get install chromium")
    pytest.skip("There is no Chromium on this machine (apt-get install chromium), so no page was opened in a browser.")


def wall_clock() -> datetime:
    return datetime.now(UTC)


@dataclass
class Street:
    """Both servers at work; answering a question lets the flows look, as Prefect would."""

    world: World
    company: Company
    office: Office
    sandbox: SandboxServer
    browser: Browser
    folder: Path
    contexts: list[BrowserContext] = field(default_factory=list[BrowserContext])
    complaints: list[str] = field(default_factory=list[str])

    def visitor(self, *, width: int = 1280, height: int = 900, scripts: bool = True, phone: bool = False) -> Page:
        """A browser window of its own; what the browser complains about is gathered."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=scripts, has_touch=phone, is_mobile=phone
        )
        if scripts:
            context.add_init_script(WATCH)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("console", lambda said: self.complaints.append(said.text) if "Content Security" in said.text else None)
        return page

    def url(self, path: str = "/") -> str:
        return f"{self.office.address}{path}"

    def account(self, name: str, role: Role) -> None:
        with self.office.ledger.write() as session:
            session.add(Person(name=name, role=role, secret=secret(), created_at=self.office.now()))

    def sign_in(self, page: Page, name: str) -> None:
        page.goto(self.url("/signin"))
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    def win(self, *deals: str) -> None:
        """Win these of the company's deals, and let the flows look."""
        with self.sandbox.lock:
            for deal in deals:
                self.world.hubspot.people.move(self.company.deals[deal], "Closed won")
        self.work()

    def report(self) -> str:
        """The report of this month, and the address of its page; webhooks have addresses too from now on."""
        with self.office.open("demo") as pair:
            month = month_of(pair.today())
            version = freeze(pair, reconcile(pair, month), self.office.settings.home).version
        with self.office.ledger.write() as session:
            for system, ident in (("xero", "a" * 32), ("hubspot", "b" * 32)):
                row = endpoints.ensure(session, "demo", system, ident, self.office.now())
                endpoints.count(session, row.id, {"heard": 128, "refused": 2, "foreign": 1}, self.office.now())
        return f"/reports/demo/{month.name}/{version}"

    def work(self) -> None:
        """One run of each flow; what is not there yet is tried again by the next."""
        with suppress(OutsideTrouble), self.office.open("demo") as pair:
            rounds.deals_to_invoices(pair)
            rounds.invoices_to_deals(pair)


@contextmanager
def street(browser: Browser, folder: Path, **own: object) -> Generator[Street]:
    """A fresh company, its desk, and nobody looking at it yet; at the end no browser has complained."""
    world = World(wall_clock)
    world.hubspot.switches.index_lag = 0
    company = seed(world)
    shutil.copy(DEMO, folder / "demo.yaml")
    port = free_port()
    with SandboxServer(world.doors, pages=pages(world, seed)) as sandbox:
        office = _office(sandbox.url, folder, f"http://localhost:{port}", DeskSettings.model_validate(own))
        with _served(office, port):
            made = Street(world, company, office, sandbox, browser, folder)
            office.wake = lambda _: made.work()
            try:
                yield made
                for context in made.contexts:
                    for page in context.pages:
                        made.complaints += page.evaluate("window.broken || []") if "localhost" in page.url else []
                assert made.complaints == []
            finally:
                for context in made.contexts:
                    context.close()


def _office(sandbox: str, folder: Path, address: str, own: DeskSettings) -> Office:
    settings = Settings(
        home=folder,
        mappings=folder,
        connections=CONNECTIONS,
        xero_url=f"{sandbox}/xero",
        xero_identity_url=f"{sandbox}/xero",
        xero_login_url=f"{sandbox}/xero/identity",
        hubspot_url=f"{sandbox}/hubspot",
        allow_plain_http_on_loopback=True,
    )
    ledger = open_ledger(f"sqlite:///{folder / 'ledger.db'}", wall_clock)
    seal, around = Seal(b"k" * 32), Surroundings(new_id=lambda: "abc123", worker="street", sleep=lambda _: None)

    @contextmanager
    def opened(name: str) -> Generator[Pair]:
        reading = read_mapping(folder / f"{name}.yaml")
        assert reading.rules is not None, reading.problems
        yield pair_of(reading.rules, settings, ledger, seal, around, reading.version)

    return Office(
        settings=settings,
        own=own,
        ledger=ledger,
        seal=seal,
        open=opened,
        wake=lambda _: None,
        address=address,
        prefect=PrefectSide(""),
        around=around,
        names=["demo"],
    )


@contextmanager
def _served(office: Office, port: int) -> Generator[None]:
    server = uvicorn.Server(uvicorn.Config(desk_app(office), host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, name="desk", daemon=True)
    thread.start()
    until(lambda: server.started)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)
