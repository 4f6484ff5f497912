"""Passwords and one-time codes of local accounts.

argon2id as OWASP advises (19 MiB, two passes, one lane):
https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
Codes as in https://www.rfc-editor.org/rfc/rfc6238: thirty seconds, six digits, SHA-1, one step early or late.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import secrets
import struct
from datetime import datetime
from urllib.parse import quote

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200
STEP = 30

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def weakness(password: str, name: str) -> str:
    """Why a password won't do, as a sentence; empty for a good one."""
    if len(password) < SHORTEST:
        return f"A password has at least {SHORTEST} characters; three or four words make a good one."
    if len(password) > LONGEST:
        return f"A password has at most {LONGEST} characters."
    if name.lower() in password.lower() or len(set(password)) < 5:
        return "That is too easy to guess."
    return ""


def hashed(password: str) -> str:
    return _HASHER.hash(password)


def fits(secret: str, password: str) -> bool:
    """Whether it is the password of this hash; takes as long where there is none."""
    try:
        return _HASHER.verify(secret or _nobodys(), password[:LONGEST]) and bool(secret)
    except (VerificationError, InvalidHashError):
        return False


@functools.cache
def _nobodys() -> str:
    """Checked where there is no account, so that a wrong name takes as long as a wrong password."""
    return _HASHER.hash(secrets.token_urlsafe(16))


def new_code_secret() -> str:
    """A fresh secret for one-time codes, in base 32 as people type it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_address(secret: str, name: str) -> str:
    """The address that an authenticator app understands."""
    return f"otpauth://totp/Wonbooks:{quote(name)}?secret={secret}&issuer=Wonbooks&digits=6&period={STEP}"


def code_step(secret: str, code: str, now: datetime, used: int) -> int | None:
    """The time step a code is good for, None for a wrong one; each is good once, after step ``used``."""
    current = int(now.timestamp()) // STEP
    given = code.replace(" ", "")
    for step in (current, current - 1, current + 1):
        if step > used and given.isascii() and hmac.compare_digest(code_at(secret, step), given):
            return step
    return None


def code_at(secret: str, step: int) -> str:
    """The six digits of one time step."""
    key = base64.b32decode(secret)
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
