"""Rotating tokens at rest: AES-256-GCM, the key from the environment or a file only its owner can read."""

from __future__ import annotations

import base64
import hmac
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = b"v1."


class KeyProblem(Exception):
    """The encryption key is missing, unreadable or readable by others; the message says what to do."""


class Seal:
    """Encrypts and decrypts texts of one installation; ``name`` binds a text to its place."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            message = f"The encryption key must be {KEY_BYTES} bytes."
            raise KeyProblem(message)
        self._cipher = AESGCM(key)
        self._key = key

    def close(self, text: str, name: str) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return VERSION + nonce + self._cipher.encrypt(nonce, text.encode(), name.encode())

    def open(self, sealed: bytes, name: str) -> str:
        """Raises ``KeyProblem`` where the key is not the one it was closed with, or the place is another."""
        body = sealed.removeprefix(VERSION)
        try:
            return self._cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], name.encode()).decode()
        except InvalidTag:
            message = "A stored token can't be opened with this key. Put the old key back, or connect again."
            raise KeyProblem(message) from None

    def derived(self, name: str) -> str:
        """A secret of this installation for one purpose, 64 hexadecimal digits; always the same."""
        return hmac.digest(self._key, f"wonbooks {name}".encode(), "sha256").hex()


def key_from(text: str, path: Path) -> bytes:
    """The key from a base64 ``text`` where given, else from the file at ``path``, which is made if missing.

    Raises ``KeyProblem``.
    """
    if text:
        return _decoded(text, "The encryption key")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(base64.b64encode(secrets.token_bytes(KEY_BYTES)))
    if path.stat().st_mode & 0o077:
        message = f"The key file {path} can be read by others. Run: chmod 600 {path}"
        raise KeyProblem(message)
    return _decoded(path.read_text(errors="replace"), f"The key in {path}")


def _decoded(text: str, what: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        message = f"{what} is not base64. It is {KEY_BYTES} random bytes, as in: openssl rand -base64 {KEY_BYTES}"
        raise KeyProblem(message) from None
