"""Australian business numbers (ABN, 11 digits) and company numbers (ACN, 9 digits), as people type them.

https://abr.business.gov.au/Help/AbnFormat
https://asic.gov.au/for-business/registering-a-company/steps-to-register-a-company/australian-company-numbers/australian-company-number-digit-check
"""

from __future__ import annotations

import re
import unicodedata

_ABN_WEIGHTS = (3, 5, 7, 9, 11, 13, 15, 17, 19)
_ACN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 1)
_PREFIX = re.compile(r"^\W*a\.?(?:b\.?n|c\.?n|r\.?b\.?n)\.?(?:\s*(?:no|number)\b)?\W*", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]+")
# What a spreadsheet makes of a number: 51824753556.0 or 5.1824753556E+10.
_CALCULATED = re.compile(r"\d+\.\d+(?:e[+-]?\d+)?", re.IGNORECASE)
# Spaces of all kinds, invisible marks, tabs, hyphens and dashes.
_SEPARATORS = frozenset({"Zs", "Zl", "Zp", "Cf", "Cc", "Pd"})


def clean_abn(text: str) -> str | None:
    """The 11 digits of an ABN, or None where the text is none; a wrong check digit makes it none."""
    digits = _digits(text)
    if len(digits) != 11 or digits[:2] != _abn_check(digits[2:]):
        return None
    return digits


def clean_acn(text: str) -> str | None:
    """The 9 digits of an ACN, or None where the text is none. All zeros pass the check and are nobody's."""
    digits = _digits(text)
    if len(digits) != 9 or digits == "0" * 9 or digits[8] != _acn_check(digits[:8]):
        return None
    return digits


def is_acn(text: str) -> bool:
    return clean_acn(text) is not None


def suggested_abn(acn: str) -> str | None:
    """The ABN that a company with this ACN usually has. A suggestion: never write it anywhere unasked."""
    digits = clean_acn(acn)
    return None if digits is None else _abn_check(digits) + digits


def acn_within(abn: str) -> str | None:
    """The ACN that an ABN may end in; the end of a sole trader's or a trust's is none, or only looks like one."""
    digits = clean_abn(abn)
    return None if digits is None else clean_acn(digits[2:])


def looks_like_tfn(text: str) -> bool:
    """Whether a person's "tax number" may be a tax file number, which must be neither kept nor shown.

    Tax file numbers have nine digits, older ones eight; the check digit is left aside, as a mistyped one is as private.
    """
    return sum(letter.isdecimal() for letter in unicodedata.normalize("NFKC", text)) in {8, 9}


def show_abn(abn: str) -> str:
    """11 digits as they are printed: 51 824 753 556."""
    return f"{abn[:2]} {abn[2:5]} {abn[5:8]} {abn[8:]}"


def show_acn(acn: str) -> str:
    """9 digits as they are printed: 004 085 616."""
    return f"{acn[:3]} {acn[3:6]} {acn[6:]}"


def _digits(text: str) -> str:
    plain = _PREFIX.sub("", unicodedata.normalize("NFKC", text)).strip()
    if _CALCULATED.fullmatch(plain):
        return ""
    bare = "".join(letter for letter in plain if letter != "." and unicodedata.category(letter) not in _SEPARATORS)
    return bare if _DIGITS.fullmatch(bare) else ""


def _abn_check(tail: str) -> str:
    """The two check digits before these nine.

    They are computed, not verified by the published sum modulo 89: of two check values 89 apart both pass that sum,
    and only one was ever given out.
    """
    weighted = sum(weight * int(digit) for weight, digit in zip(_ABN_WEIGHTS, tail, strict=True))
    return str(11 + (-weighted - 1) % 89)


def _acn_check(head: str) -> str:
    weighted = sum(weight * int(digit) for weight, digit in zip(_ACN_WEIGHTS, head, strict=True))
    return str(-weighted % 10)
