"""Tokens rest encrypted, open with their own key in their own place only, and are renewed by one worker at a time."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from ledger.database import Ledger
from ledger.leases import held
from ledger.secrets import KeyProblem, Seal, key_from
from ledger.tables import Token
from ledger.tokens import REFRESH_TAKES, Tokens
from sandbox.clock import HandClock

KEY, OTHER = Seal(b"k" * 32), Seal(b"o" * 32)
SECRET = '{"access": "eyJ-very-secret", "refresh": "abcdef"}'


def tokens(ledger: Ledger, seal: Seal = KEY, connection: str = "acme-xero", owner: str = "w1") -> Tokens:
    return Tokens(ledger, seal, connection, owner, sleep=lambda _: None)


def test_what_is_saved_is_loaded_and_replaced(ledger: Ledger) -> None:
    assert tokens(ledger).load() is None
    tokens(ledger).save(SECRET)
    assert tokens(ledger, owner="w2").load() == SECRET
    tokens(ledger).save("newer")
    assert tokens(ledger).load() == "newer"


def test_nothing_readable_stands_in_the_database(ledger: Ledger) -> None:
    tokens(ledger).save(SECRET)
    with ledger.read() as session:
        (row,) = session.exec(select(Token)).all()
    assert b"secret" not in row.sealed
    assert b"abcdef" not in row.sealed


def test_the_same_text_never_looks_the_same() -> None:
    assert KEY.close(SECRET, "a") != KEY.close(SECRET, "a")


def test_another_key_opens_nothing_and_says_what_to_do(ledger: Ledger) -> None:
    tokens(ledger).save(SECRET)
    with pytest.raises(KeyProblem, match="Put the old key back, or connect again") as raised:
        tokens(ledger, OTHER).load()
    assert "secret" not in str(raised.value)


def test_a_token_moved_to_another_connection_does_not_open(ledger: Ledger) -> None:
    tokens(ledger).save(SECRET)
    with ledger.write() as session:
        (row,) = session.exec(select(Token)).all()
        session.add(Token(connection="other-xero", sealed=row.sealed, saved_at=row.saved_at))
    with pytest.raises(KeyProblem):
        tokens(ledger, connection="other-xero").load()


@pytest.mark.parametrize("position", [0, 3, 20, -1])
def test_a_token_that_was_tampered_with_does_not_open(position: int) -> None:
    sealed = bytearray(KEY.close(SECRET, "a"))
    sealed[position] ^= 1
    with pytest.raises(KeyProblem):
        KEY.open(bytes(sealed), "a")


def test_one_worker_at_a_time_renews(ledger: Ledger, clock: HandClock) -> None:
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        clock.advance(seconds)

    dead = held(ledger, "tokens:acme-xero", "w1", REFRESH_TAKES)
    dead.__enter__()
    with Tokens(ledger, KEY, "acme-xero", "w2", sleep).lock():
        assert timedelta(seconds=sum(waited)) == REFRESH_TAKES
    with Tokens(ledger, KEY, "acme-xero", "w3", sleep).lock():
        assert timedelta(seconds=sum(waited)) == REFRESH_TAKES


def test_a_key_file_is_made_for_its_owner_alone_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "home" / "key"
    key = key_from("", path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert key_from("", path) == key
    assert len(key) == 32


def test_a_key_file_that_others_can_read_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key_from("", path)
    path.chmod(0o640)
    with pytest.raises(KeyProblem, match=f"chmod 600 {path}"):
        key_from("", path)


def test_a_key_from_the_environment_leaves_no_file(tmp_path: Path) -> None:
    assert key_from(base64.b64encode(b"k" * 32).decode(), tmp_path / "key") == b"k" * 32
    assert not (tmp_path / "key").exists()


@pytest.mark.parametrize("text", ["not base64!", base64.b64encode(b"short").decode(), "\u00e9"])
def test_a_key_that_is_none_is_one_clear_sentence(text: str, tmp_path: Path) -> None:
    with pytest.raises(KeyProblem, match="key"):
        Seal(key_from(text, tmp_path / "key"))
