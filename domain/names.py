"""What a customer's name, e-mail address and telephone number are compared by.

Keys are for comparing only: what a person typed is what gets written.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from domain.abn import clean_abn, clean_acn

_SPACES = re.compile(r"\s+")
_TRADING = re.compile(r"(?:^|[\s,(])(?:t\s*/\s*as?|t\.a\.|trading\s+as|d\s*/\s*b\s*/\s*a|dba)(?:\s|:|$)")
_TRUSTEE = re.compile(r"^(?:the\s+)?trustees?\s+(?:for|of)\s+(?:the\s+)?(?=\S)")
_AS_TRUSTEE = re.compile(r"[\s,(](?:atf|a\s*/\s*t\s*/\s*f|as\s+trustees?\s+(?:for|of))(?:\s|:)(?:\s*the\s)?")
_NUMBER = re.compile(r"[(\[]?\s*\b(a\.?b\.?n\.?|a\.?c\.?n\.?)\s*:?\s*(\.\.\.\d{3}\b|\d[\d\s.-]{7,}\d)\s*[)\]]?")
_SLASHED = re.compile(r"(?<=\s)p\s*/\s*l\b|^p\s*/\s*l$")
_APOSTROPHES = re.compile(r"['’‘ʼ`´.]")
_MARKS = re.compile(r"[\W_]+")

# The legal endings of a name, several words first, and what each says about the kind of entity.
_ENDINGS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("co", "operative"), "cooperative"),
    (("cooperative",), "cooperative"),
    (("proprietary",), "pty ltd"),
    (("pty",), "pty ltd"),
    (("pl",), "pty ltd"),
    (("limited",), "ltd"),
    (("ltd",), "ltd"),
    (("incorporated",), "inc"),
    (("inc",), "inc"),
    (("nl",), "nl"),
    (("llc",), "llc"),
    (("gmbh",), "gmbh"),
    (("plc",), "plc"),
)


@dataclass(frozen=True, slots=True)
class NameKey:
    """A business name taken apart.

    ``key`` is empty where nothing is left to compare; ``suffix_class`` is "pty ltd", "ltd", "inc", … or empty;
    ``trading`` and ``trust`` are keys of the further names it holds; ``abn`` and ``acn`` are digits found in it.
    """

    key: str
    suffix_class: str = ""
    abn: str = ""
    acn: str = ""
    trading: str = ""
    trust: str = ""

    @property
    def all(self) -> tuple[str, ...]:
        """Every key this name may be looked up by."""
        return tuple(dict.fromkeys(part for part in (self.key, self.trading, self.trust) if part))


def name_key(text: str) -> NameKey:
    """A name as typed, taken apart: legal words off its end, numbers out of it, trustee and trading forms split."""
    name, abn, acn = _without_numbers(_folded(text))
    legal, trading = _halves(_TRADING, name)
    if _TRUSTEE.match(legal):
        legal = trust = _TRUSTEE.sub("", legal)
    else:
        legal, trust = _halves(_AS_TRUSTEE, legal)
    key, suffix = _bare(legal)
    trading_key, trading_suffix = _bare(trading)
    if not key:
        key, suffix, trading_key = trading_key, trading_suffix, ""
    return NameKey(key, suffix, abn, acn, trading_key, _bare(trust)[0])


def phone_key(text: str) -> str:
    """The first telephone number in the text as +61293744000; its digits where it is no full number; empty if none."""
    for part in re.split(r"[;/,|]|\bor\b", text):
        key = _phone(part)
        if key:
            return key
    return ""


def xero_name(text: str) -> str:
    """A name that Xero takes: no angle brackets, no spaces at its ends or doubled, at most 255 characters.

    https://developer.xero.com/documentation/api/accounting/contacts
    """
    printable = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
    return _SPACES.sub(" ", re.sub(r"[<>]", " ", printable)).strip()[:255].rstrip()


def _phone(text: str) -> str:
    # A third of a second to load, and only matching needs it.
    import phonenumbers

    try:
        number = phonenumbers.parse(text, "AU")
    except phonenumbers.NumberParseException:
        number = None
    if number is not None and phonenumbers.is_valid_number(number):
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    digits = re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", text))
    return digits if len(digits) >= 6 else ""


def _folded(text: str) -> str:
    """Lower case, no accents, one kind of spaces."""
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return _SPACES.sub(" ", plain).strip()


def _without_numbers(name: str) -> tuple[str, str, str]:
    """The name without "ABN 53 004 085 616" and the like, the ABN, the ACN. A mistyped number is taken out as well."""
    abn = acn = ""
    for _, digits in _NUMBER.findall(name):
        abn = abn or clean_abn(digits) or ""
        acn = acn or clean_acn(digits) or ""
    return _NUMBER.sub(" ", name).strip(), abn, acn


def _halves(mark: re.Pattern[str], name: str) -> tuple[str, str]:
    """What stands before and after the mark; a name that begins or ends with it is left whole."""
    found = mark.search(name)
    if found is None:
        return name, ""
    before, after = name[: found.start()].strip(), name[found.end() :].strip()
    return (before, after) if after else (name, "")


def _bare(name: str) -> tuple[str, str]:
    """The words that tell one name from another, and the kind of entity its ending names."""
    spelled = _SLASHED.sub("pty ltd", re.sub(r"[&+]", " and ", name))
    words = _MARKS.sub(" ", _APOSTROPHES.sub("", spelled)).split()
    kinds: list[str] = []
    while words:
        ending = next((ending for ending in _ENDINGS if tuple(words[-len(ending[0]) :]) == ending[0]), None)
        if ending is None:
            break
        kinds.append(ending[1])
        del words[-len(ending[0]) :]
    if len(words) > 1 and words[0] == "the":
        del words[0]
    suffix = next((kind for kind in ("cooperative", "pty ltd") if kind in kinds), kinds[-1] if kinds else "")
    return " ".join(words), suffix
