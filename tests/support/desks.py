"""A desk over a house: its pages as a browser sees them, without a browser."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from desk.app import desk_app
from desk.office import Office
from desk.prefect_side import PrefectSide
from desk.settings import DeskSettings, Role
from ledger.database import Ledger
from ledger.desk_tables import Person
from ledger.secrets import Seal
from mappings.loader import read_mapping
from mappings.problems import MappingError
from sandbox.wire import Request
from stages.opening import Surroundings, pair_of
from stages.pair import Pair
from stages.settings import Settings
from tests.support.house import CONNECTIONS, DEMO, House
from tests.support.ledgers import Outside

ADDRESS = "http://localhost:4280"
PASSWORD = "correct horse battery"


@functools.cache
def secret() -> str:
    """The password as it is kept, by a hash that is quickly checked: real ones are slow on purpose."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


RUNNING = ExitStack()


@functools.cache
def _event_loop() -> BlockingPortal:
    """One for all browsers, until ``RUNNING`` is closed: left alone, each request starts a thread with its own."""
    return RUNNING.enter_context(start_blocking_portal())


@dataclass
class Desk:
    """One desk; ``rung`` are the pairs it asked to be woken."""

    house: House
    office: Office
    app: FastAPI
    folder: Path
    rung: list[str] = field(default_factory=list[str])

    def browser(self, name: str = "") -> Browser:
        """A browser of its own, signed in where a name is given."""
        client = TestClient(self.app, base_url=self.office.address, follow_redirects=False)
        client.portal = _event_loop()
        browser = Browser(client)
        if name:
            answer = browser.send("/signin", name=name, password=PASSWORD)
            assert answer.status_code == 303, answer.text
        return browser

    def account(self, name: str, role: Role, **more: Any) -> None:
        with self.office.ledger.write() as session:
            session.add(Person(name=name, role=role, secret=secret(), created_at=self.office.now(), **more))

    @property
    def mapping(self) -> Path:
        return self.folder / f"{self.house.pair}.yaml"

    def work(self) -> None:
        """One run of each flow, by the mapping as it stands."""
        from stages import rounds

        self.house.clock.advance(60)
        with self.office.open(self.house.pair) as pair:
            rounds.deals_to_invoices(pair)
            rounds.invoices_to_deals(pair)


class Browser:
    """Follows links and sends forms as a person does: with the page's own key, from the page's own origin."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.key = ""

    def get(self, path: str, **headers: str) -> httpx.Response:
        answer = self.client.get(path, headers=headers)
        found = re.search(r'name="form_key" value="([^"]+)"', answer.text)
        self.key = found[1] if found else self.key
        return answer

    def send(
        self, path: str, *, form_key: str | None = None, origin: str | None = ADDRESS, **form: Any
    ) -> httpx.Response:
        headers = {"Origin": origin} if origin is not None else {}
        data = {"form_key": self.key if form_key is None else form_key} | form
        return self.client.post(path, data=data, headers=headers)

    def text(self, path: str) -> str:
        """What a page says, without its markup."""
        answer = self.get(path)
        assert answer.status_code == 200, f"{answer.status_code}: {seen(answer)}"
        return seen(answer)


def seen(answer: httpx.Response) -> str:
    """The page's text as a reader sees it."""
    body = re.sub(r"<(script|style|title)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@contextmanager
def desk_over(
    house: House, folder: Path, *, ledger: Ledger | None = None, address: str = ADDRESS, **own: Any
) -> Generator[Desk]:
    """A desk with its mapping in a folder of its own; ``own`` are the desk's settings."""
    shutil.copy(DEMO.with_name(f"{house.pair}.yaml"), folder)
    kept = ledger or house.ledger
    around = Surroundings(
        now=house.clock,
        sleep=house.clock.advance,
        transport=Outside(house.transport, house.ledger),
        new_id=lambda: "abc123",
        worker="desk",
    )
    settings = Settings(connections=CONNECTIONS, mappings=folder, home=folder / "home", key=SecretStr(""))

    @contextmanager
    def opened(name: str) -> Generator[Pair]:
        reading = read_mapping(folder / f"{name}.yaml")
        if reading.rules is None:
            raise MappingError(reading.problems)
        yield pair_of(reading.rules, settings, kept, office.seal, around, reading.version)

    rung: list[str] = []
    office = Office(
        settings=settings,
        own=DeskSettings(**own),
        ledger=kept,
        seal=Seal(b"k" * 32),
        open=opened,
        wake=rung.append,
        address=address,
        prefect=PrefectSide(""),
        around=around,
        names=[house.pair],
    )
    yield Desk(house, office, desk_app(office), folder, rung)


def after_login(desk: Desk, url: str, allow: str = "yes") -> SplitResult:
    """What a person does at a system's login page: the address to which the browser comes back."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    page = desk.house.world.handle(parts.netloc, Request("GET", parts.path, query, {}))
    assert page.status == 200, page.body
    form = urlencode(query | {"allow": allow}).encode()
    back = desk.house.world.handle(parts.netloc, Request("POST", parts.path, {}, {}, form))
    return urlsplit(back.headers["Location"])
