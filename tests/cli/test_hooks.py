"""Held: the addresses for webhooks are made once, shown whole, and what is still missing for them is named."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from rich.console import Console

from cli.hooks import history, hooks, show
from cli.playground import Playground
from ledger import endpoints
from stages.opening import ledger_at
from stages.settings import Settings


def said(settings: Settings, port: int = 4220) -> str:
    out = StringIO()
    console = Console(file=out, width=60)
    found = hooks("demo", settings, port)
    show(console, "demo", found)
    history(console, found)
    return out.getvalue()


def settings_at(home: Path, **changed: object) -> Settings:
    return Playground(4210, home).settings().model_copy(update=changed)


def test_an_address_is_made_once_and_shown_whole(tmp_path: Path) -> None:
    settings = settings_at(tmp_path)
    urls = {system: hook.url for system, hook in hooks("demo", settings).items()}
    assert urls == {system: hook.url for system, hook in hooks("demo", settings).items()}
    assert list(urls) == ["xero", "hubspot"]
    for system, url in urls.items():
        start, _, secret = url.rpartition("/")
        assert start == f"http://127.0.0.1:4220/hooks/{system}"
        assert len(secret) == 32
        assert int(secret, 16) > 0
        assert url in said(settings).split()


def test_the_public_address_is_shown_where_there_is_one(tmp_path: Path) -> None:
    settings = settings_at(tmp_path, hooks_url="https://hooks.harbourline.example/in/")
    assert "https://hooks.harbourline.example/in/hooks/xero/" in said(settings)


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    told = said(settings_at(tmp_path, connections={}))
    assert "not believed yet: set WONBOOKS_DEMO_XERO_WEBHOOK_KEY" in told
    assert "not believed yet: set WONBOOKS_DEMO_HUBSPOT_CLIENT_SECRET" in told
    assert "not believed" not in said(settings_at(tmp_path))


def test_how_deliveries_have_gone_is_told(tmp_path: Path) -> None:
    settings = settings_at(tmp_path)
    hook = hooks("demo", settings)["xero"]
    assert "Xero: 0 accepted (none yet), 0 without a good signature" in said(settings)
    ledger = ledger_at(settings.ledger_url)
    with ledger.write() as session:
        endpoints.count(session, hook.endpoint.id, {"heard": 7, "refused": 2, "failed": 1}, ledger.now())
    told = said(settings)
    assert "Xero: 7 accepted (last at 20" in told
    assert "2 without a good signature, 1 put off" in told
