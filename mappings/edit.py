"""Adding a product to a mapping file as a bookkeeper would: one line, everything else letter for letter as it was.

The file that results is read like any other before it takes the place of the old one, which is kept.
"""

from __future__ import annotations

import difflib
import fcntl
import json
import os
import pathlib
import re
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from domain.rules import ProductRule, Rules
from mappings.loader import read_mapping, version_of
from mappings.problems import MappingError, Problem

VERSIONS = "versions"
_SECTION = re.compile(r"^products\s*:")
_NOTHING = re.compile(r"^(products\s*:)\s*\[\s*\]\s*(#.*)?$")
_ENTRY = re.compile(r"^(\s*)-\s")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*( [A-Za-z0-9]+)*")


class Changed(Exception):
    """The file is no longer the one that was looked at."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A mapping with one product more: its rules, the whole new text, and the change as a diff."""

    rules: Rules
    text: str
    diff: tuple[str, ...]
    version: str


def with_product(path: pathlib.Path, rule: ProductRule) -> Edited:
    """The file with the rule as last entry of its products. Writes nothing.

    Raises ``MappingError`` where the file has mistakes, or cannot take the rule.
    """
    old = _sound(path)
    before = path.read_bytes().decode()
    after = _inserted(before, rule)
    with _draft(path, after) as draft:
        new = _sound(draft)
    if new != old.model_copy(update={"products": (*old.products, rule)}):
        message = "The line can't be added to this file by itself."
        raise MappingError([Problem(str(path), 0, 0, message, "Add it with an editor, under products.")])
    shown = difflib.unified_diff(before.splitlines(), after.splitlines(), n=3, lineterm="")
    return Edited(new, after, tuple(list(shown)[2:]), version_of(path))


def save(path: pathlib.Path, edited: Edited, now: datetime) -> pathlib.Path:
    """Put the edited text in the place of the file, whose old text is kept; where it is kept.

    Raises ``Changed`` when the file is not the one that was edited.
    """
    folder = path.parent / VERSIONS
    folder.mkdir(exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if version_of(path) != edited.version:
            raise Changed(path.name)
        kept = folder / f"{path.stem}-{now:%Y%m%dT%H%M%S}Z-{edited.version}{path.suffix}"
        kept.write_bytes(path.read_bytes())
        with _draft(path, edited.text) as draft:
            draft.chmod(path.stat().st_mode & 0o777)
            draft.replace(path)
        _on_the_disk(path.parent)
    return kept


def _on_the_disk(folder: pathlib.Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sound(path: pathlib.Path) -> Rules:
    reading = read_mapping(path)
    if reading.rules is None:
        raise MappingError(problem for problem in reading.problems if not problem.warning)
    return reading.rules


@contextmanager
def _draft(path: pathlib.Path, text: str) -> Generator[pathlib.Path]:
    """The text in a file of the same name nearby, safe on the disk; gone afterwards unless it took its place."""
    with tempfile.TemporaryDirectory(prefix=".draft-", dir=path.parent) as folder:
        draft = pathlib.Path(folder) / path.name
        with draft.open("wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        yield draft


def _inserted(text: str, rule: ProductRule) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += newline
    at = next((number for number, line in enumerate(lines) if _SECTION.match(line)), None)
    if at is None:
        lines += [newline, f"products:{newline}", f"  - {_entry(rule)}{newline}"]
    elif empty := _NOTHING.match(lines[at].rstrip()):
        note = f"  {empty[2]}" if empty[2] else ""
        lines[at : at + 1] = [f"{empty[1]}{note}{newline}", f"  - {_entry(rule)}{newline}"]
    else:
        last, indent = _end_of_section(lines, at)
        lines.insert(last + 1, f"{indent}- {_entry(rule)}{newline}")
    return "".join(lines)


def _end_of_section(lines: list[str], at: int) -> tuple[int, str]:
    """The section's last line that says something, and how far its entries are indented."""
    last, indent = at, "  "
    for number, line in enumerate(lines[at + 1 :], at + 1):
        entry = _ENTRY.match(line)
        if line.strip() and not line.startswith((" ", "#", "-")):
            break
        if entry and last == at:
            indent = entry[1]
        if line.strip() and not line.lstrip().startswith("#"):
            last = number
    return last, indent


def _entry(rule: ProductRule) -> str:
    """``{product: "CODE", account code: "200", tax type: GST on Income}``."""
    parts = [f"product: {_quoted(rule.product)}", f"account code: {_quoted(rule.account_code)}"]
    parts.append(f"tax type: {rule.tax_type if _PLAIN.fullmatch(rule.tax_type) else _quoted(rule.tax_type)}")
    if rule.item_code:
        parts.append(f"item code: {_quoted(rule.item_code)}")
    return "{" + ", ".join(parts) + "}"


def _quoted(text: str) -> str:
    """As YAML and JSON both understand it."""
    return json.dumps(text, ensure_ascii=False)
