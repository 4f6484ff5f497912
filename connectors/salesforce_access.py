"""Signing in to Salesforce without a person: by a key (JWT bearer) or by a secret (client credentials).

Neither gives a refresh token nor says how long its token lasts; a session ends some time after its last call, so a
refused one is simply replaced.

https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_jwt_flow.htm
https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509.oid import NameOID

from connectors.errors import NotConnected, Throttled
from connectors.oauth import Renewed, Token, TokenStore
from connectors.wire import Heard, Json, Wire

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - an address
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_LIFE = timedelta(minutes=3)
KEY_LIFE = timedelta(days=3 * 365)
LOGIN_PAUSE = 900.0  # seconds
# Both kinds of a test organisation's own address; their keys are meant for another audience.
_TEST = re.compile(r"\.(?:sandbox|scratch)\.my\.salesforce\.com$")
_DOMAIN = re.compile(r"[a-z0-9-]{1,80}(?:\.[a-z]{1,20})?\.my\.salesforce\.com")
_ORGANISATION = re.compile(r"/id/(00D[0-9A-Za-z]{12,15})/")


def domain_of(text: str) -> str:
    """The organisation's own host name out of an address as people copy it; "" where it is none.

    ``acme.my.salesforce.com``, with a sandbox's name and kind before ``.my``. An address of the screens
    (``acme.lightning.force.com``) answers the API like an ended session.
    https://github.com/simple-salesforce/simple-salesforce/issues/406
    """
    host = (urlsplit(text.strip()).hostname or text.strip().strip("/")).lower()
    return host if _DOMAIN.fullmatch(host) else ""


def long_id(id_: str) -> str:
    """The 18 characters of an id that may be given with 15, where capitals tell ids apart.

    Each of the three letters behind says which of five characters are capitals.
    https://help.salesforce.com/s/articleView?id=000385585
    """
    if len(id_) != 15:
        return id_
    fives = (id_[start : start + 5] for start in (0, 5, 10))
    sums = (sum(1 << at for at, char in enumerate(five) if "A" <= char <= "Z") for five in fives)
    return id_ + "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[each] for each in sums)


def new_key(name: str, now: datetime) -> tuple[str, str]:
    """A key to sign in by, and the certificate that Salesforce is given for it, good for three years; both PEM text."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    whose = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"wonbooks {name}"[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(whose)
        .issuer_name(whose)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + KEY_LIFE)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    return (
        key.private_bytes(serialization.Encoding.PEM, form, plain).decode(),
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
    )


def is_id(text: str) -> bool:
    """Whether this could be an id of theirs; one that couldn't would fail the whole query that names it."""
    return text.isascii() and text.isalnum() and len(text) in {15, 18} and long_id(text[:15]).startswith(text)


class _SignedIn(Renewed):
    """What both ways share: whose organisation it is must be the one that was meant."""

    def __init__(
        self,
        wire: Wire,
        store: TokenStore,
        *,
        account: str,
        domain: str,
        client_id: str,
        client_secret: str = "",
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        super().__init__(
            "salesforce",
            wire,
            store,
            client_id=client_id,
            client_secret=client_secret,
            now=now,
            sleep=sleep,
            path=TOKEN_PATH,
        )
        self._client_id = client_id
        self._account = account
        self._domain = domain

    def _kept(self, body: Json, old_refresh: str) -> Token:
        """The token, once it is known to open the right organisation at the right address."""
        found = _ORGANISATION.search(str(body.get("id", "")))
        if found and long_id(found[1]) != long_id(self._account):
            raise self._wrong(f"it opens the organisation {found[1]}, and the mapping says {self._account}")
        home = urlsplit(str(body.get("instance_url", ""))).hostname or self._domain
        if home != self._domain:
            raise self._wrong(f'the organisation is at {home}: write that as its "domain"')
        return super()._kept(body, old_refresh)

    def _refused(self, call: str, heard: Heard, body: Json) -> None:
        """Too many sign-ins by one user look like a grant that ended: https://github.com/restforce/restforce/issues/412"""
        said = f"{body.get('error')} {body.get('error_description')}".lower()
        if "rate exceeded" in said or "rate_limit" in said:
            raise Throttled(self._system, call, pause=LOGIN_PAUSE)
        super()._refused(call, heard, body)

    def _wrong(self, detail: str) -> NotConnected:
        return NotConnected(self._system, f"POST {TOKEN_PATH}", detail)


class SecretSignIn(_SignedIn):
    """Client credentials: the app's own secret, in the name of the user that the app is set to run as."""

    def _renew(self, old: Token | None) -> Token:  # noqa: ARG002 - each one stands alone
        token = self._ask({"grant_type": "client_credentials"})
        if token is None:
            raise self._wrong("the app has no user to run as, or its secret was changed: connect again")
        return token


class KeySignIn(_SignedIn):
    """JWT bearer: a statement signed with a private RSA key, whose certificate the app knows.

    ``private_key`` is PEM text without a password.
    """

    def __init__(
        self,
        wire: Wire,
        store: TokenStore,
        *,
        account: str,
        domain: str,
        client_id: str,
        username: str,
        private_key: str,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        super().__init__(wire, store, account=account, domain=domain, client_id=client_id, now=now, sleep=sleep)
        self._username = username
        self._private_key = private_key

    def _renew(self, old: Token | None) -> Token:  # noqa: ARG002 - each one stands alone
        token = self._ask({"grant_type": GRANT, "assertion": self._assertion()})
        if token is None:
            raise self._wrong(
                "the key was not accepted: check the user's name, that the user is approved for the app, that the "
                "app has the key's certificate, and this machine's clock"
            )
        return token

    def _assertion(self) -> str:
        """Who we are, for whom it is meant and until when: https://www.rfc-editor.org/rfc/rfc7523."""
        claims = {
            "iss": self._client_id,
            "sub": self._username,
            "aud": f"https://{'test' if _TEST.search(self._domain) else 'login'}.salesforce.com",
            "exp": int((self._now() + ASSERTION_LIFE).timestamp()),
        }
        told = ".".join(_base64(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
        signature = self._key().sign(told.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{told}.{_base64(signature)}"

    def _key(self) -> RSAPrivateKey:
        try:
            key = serialization.load_pem_private_key(self._private_key.encode(), password=None)
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, RSAPrivateKey):
            raise self._wrong("the private key is no RSA key in PEM form without a password")
        return key


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
