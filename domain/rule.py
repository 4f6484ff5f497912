"""What every entry of the mapping file shares: how its words, amounts and names are read."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def words(alias: str) -> str:
    return alias.replace("_", " ")


_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")


def _money(value: object) -> object:
    """Text as people write amounts, ``$10,000.00``; a comma that doesn't group thousands is left to be refused."""
    if not isinstance(value, str):
        return value
    text = value.strip().removeprefix("$")
    return text.replace(",", "") if _GROUPED.fullmatch(text) else text


Money = Annotated[Decimal, BeforeValidator(_money), Field(ge=0, max_digits=15, decimal_places=2)]
Count = Annotated[int, BeforeValidator(_money), Field(ge=1, le=1_000_000_000)]
Text = Annotated[str, Field(min_length=1)]
Field_ = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}$")]


class Rule(BaseModel):
    """What all entries of the file share: spaces in names, nothing unknown, nothing changed later.

    The sentences under the settings are what ``docs/mapping.md`` says of them, the examples what a hint proposes.
    """

    model_config = ConfigDict(
        alias_generator=words, extra="forbid", frozen=True, validate_by_name=True, use_attribute_docstrings=True
    )
