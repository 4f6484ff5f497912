"""E-mail addresses as evidence: which are the same, which belong to a role or to nobody's own domain."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

_BETWEEN = re.compile(r"[;,\s<>()\[\]|]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Mailboxes of a desk, not of a customer: a bookkeeper's accounts@ may stand on the records of all her clients.
_ROLES = _words(
    """
    account accountant accountants accounting accounts accountspayable accountsreceivable admin administration ap ar
    billing bills bookkeeper bookkeeping contact contactus donotreply email enquiries enquiry finance hello hr info
    information inquiries inquiry invoice invoices mail marketing noreply office orders payable payables payroll
    purchasing reception sales service services support team webmaster
    """
)

# Addresses anyone may have: the same domain says nothing.
_FREE = _words(
    """
    gmail.com googlemail.com outlook.com outlook.com.au hotmail.com hotmail.com.au hotmail.co.uk live.com live.com.au
    msn.com yahoo.com yahoo.com.au yahoo.co.nz yahoo.co.uk ymail.com rocketmail.com icloud.com me.com mac.com aol.com
    proton.me protonmail.com pm.me gmx.com gmx.net gmx.de mail.com zoho.com fastmail.com fastmail.com.au fastmail.fm
    hey.com qq.com 163.com 126.com web.de yandex.com bigpond.com bigpond.com.au bigpond.net.au optusnet.com.au
    optusnet.com iinet.net.au internode.on.net westnet.com.au tpg.com.au tpgi.com.au dodo.com.au adam.com.au
    ozemail.com.au netspace.net.au exemail.com.au aapt.net.au iprimus.com.au telstra.com y7mail.com xtra.co.nz
    """
)

# Pages of many businesses under one name.
_SHARED_SITES = _words(
    """
    facebook.com instagram.com linkedin.com linktr.ee twitter.com x.com youtube.com google.com sites.google.com
    business.site wixsite.com wordpress.com square.site
    """
)


def addresses(text: str) -> tuple[str, ...]:
    """The e-mail addresses in a field as typed, the first first: ``Jane <jane@a.au>; joe@b.au`` holds two."""
    parts = (part.removeprefix("mailto:").strip(".'\"") for part in _BETWEEN.split(unicodedata.normalize("NFKC", text)))
    return tuple(dict.fromkeys(part for part in parts if _key(part)))


def email_keys(text: str) -> tuple[str, ...]:
    """The keys of all addresses in a field: lower case, the domain in its ASCII form. Dots and +tags are kept."""
    return tuple(dict.fromkeys(_key(address) for address in addresses(text)))


def email_key(text: str) -> str:
    """The key of the first address in a field; empty if there is none."""
    return next(iter(email_keys(text)), "")


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """Which mailboxes prove nothing, beside those that are known to everybody: all in small letters.

    ``roles`` are what stands before the @ of a desk's; ``shared`` whole addresses, or domains, of people who look after
    several customers; ``free`` domains at which anyone may have an address.
    """

    roles: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()

    def is_role(self, address: str) -> bool:
        """Whether an address belongs to a desk (accounts@, info@) or to a bookkeeper, and so identifies nobody."""
        local = address.casefold().partition("@")[0]
        first = re.split(r"[.+_-]", local)[0].rstrip("0123456789")
        roles = _ROLES | self.roles
        return first in roles or re.sub(r"[^a-z]", "", local) in roles or self.is_shared(address)

    def is_shared(self, address: str) -> bool:
        """Whether an address is that of somebody who looks after several customers."""
        return not self.shared.isdisjoint({address.casefold(), address.casefold().rpartition("@")[2]})

    def is_free(self, address_or_domain: str) -> bool:
        """Whether anyone may have an address at this domain."""
        domain = address_or_domain.casefold().rpartition("@")[2]
        return domain in _FREE or domain in self.free

    def own_domain(self, address: str) -> str:
        """The domain of an address's owner; empty for free mail and for no address."""
        key = email_key(address)
        return "" if self.is_free(key) or self.is_shared(key) else key.rpartition("@")[2]


ORDINARY = Mailboxes()


def website_domain(text: str) -> str:
    """The domain of a website without ``www.``; empty for pages on a shared site and for what is no address."""
    bare = unicodedata.normalize("NFKC", text).strip().casefold()
    try:
        host = urlsplit(bare if "://" in bare else f"//{bare}").hostname or ""
        host = host.removeprefix("www.").rstrip(".").encode("idna").decode("ascii")
    except ValueError:
        return ""
    shared = any(host == site or host.endswith(f".{site}") for site in _SHARED_SITES)
    return "" if shared or not re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", host) else host


# Every customer is held against many contacts, and each address looked at anew each time.
@functools.lru_cache(10_000)
def _key(address: str) -> str:
    try:
        # No name server is asked.
        found = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return ""
    return f"{found.local_part}@{found.ascii_domain}".casefold() if found.ascii_domain else ""
