"""From the bytes of a file to settings with their places; every scalar is text, as a bookkeeper wrote it.

YAML's own meanings are left out on purpose: ``on``, ``0210``, ``2026-07-01`` and ``null`` are what they look like.
"""

from __future__ import annotations

import hashlib
import pathlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from mappings.mistyped import explain
from mappings.problems import Path, Place, Problem, quoted

LARGEST = 256 * 1024
DEEPEST = 6

Tree = str | list["Tree"] | dict[str, "Tree"]


@dataclass(slots=True)
class Written:
    """What a file says; ``version`` is a fingerprint of its bytes.

    A setting without an answer is absent from ``tree`` but has a place.
    ``names`` are the places of the words on the left, ``places`` those of the answers; ``spoiled`` are settings whose
    answer could not be read, so that nothing more need be said of them.
    """

    file: str
    version: str = ""
    tree: dict[str, Tree] = field(default_factory=dict[str, Tree])
    names: dict[Path, Place] = field(default_factory=dict[Path, Place])
    places: dict[Path, Place] = field(default_factory=dict[Path, Place])
    spoiled: set[Path] = field(default_factory=set[Path])
    problems: list[Problem] = field(default_factory=list[Problem])

    def place(self, path: Path) -> Place:
        """Where a setting's answer stands, or the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (0, 0))

    def add(self, place: Place, sentence: str, hint: str = "", *, warning: bool = False) -> None:
        self.problems.append(Problem(self.file, *place, sentence, hint, warning))


def read(path: pathlib.Path) -> Written:
    """The settings of a file; what can't be read is a problem, and the rest is read on where that is possible."""
    written = Written(str(path))
    text = _text(path, written)
    if not text or _has_tabs(text, written):
        return written
    reader = _Reader(written, yaml.parse(text, Loader=yaml.BaseLoader))
    try:
        reader.document()
    except _TooDeepError as error:
        written.add(error.place, "Too many brackets or indentations inside one another.", "No setting needs them.")
    except yaml.YAMLError as error:
        problem = explain(error, written.file, text)
        if problem.line > reader.blamed:
            written.problems.append(problem)
    return written


def version_of(path: pathlib.Path) -> str:
    """A fingerprint of the file as it is now: 16 hexadecimal digits that change whenever a byte does."""
    return _fingerprint(path.read_bytes())


def _fingerprint(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]


def _text(path: pathlib.Path, written: Written) -> str:
    """The file's text, or "" and a problem. A byte order mark, as Windows writes it, is dropped."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        written.add((0, 0), f"The file can't be read: {error.strerror or type(error).__name__}.")
        return ""
    written.version = _fingerprint(raw)
    if len(raw) > LARGEST:
        written.add((0, 0), f"The file is larger than {LARGEST // 1024} KB.", "Is it the right file?")
        return ""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        hint = 'Save it again and choose "UTF-8" as the encoding.'
        written.add((line, 0), "The file isn't plain UTF-8 text from here on.", hint)
        return ""
    if not text.strip():
        written.add((0, 0), "The file is empty.", "Copy mappings/examples/hubspot.yaml to begin with.")
    return text if text.strip() else ""


def _has_tabs(text: str, written: Written) -> bool:
    for number, line in enumerate(text.splitlines(), 1):
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent and not line.lstrip().startswith("#"):
            written.add((number, indent.index("\t") + 1), "The line is indented with a tab.", "Use spaces instead.")
    return bool(written.problems)


class _TooDeepError(Exception):
    """Nested beyond what any setting needs."""

    def __init__(self, place: Place) -> None:
        self.place = place
        super().__init__(place)


class _Reader:
    """Builds the tree from YAML's events, so that nothing is resolved, merged or expanded on the way."""

    def __init__(self, written: Written, events: Iterator[yaml.Event]) -> None:
        self.written = written
        self.events = events
        self.blamed = 0

    def refuse(self, event: yaml.Event, path: Path, sentence: str, hint: str) -> None:
        """An answer that can't be read; what YAML says of the same lines only follows from it."""
        self.written.add(_place(event), sentence, hint)
        self.written.spoiled.add(path)
        self.blamed = _last_line(event)

    def document(self) -> None:
        start = next(event for event in self.events if not isinstance(event, yaml.StreamStartEvent))
        if isinstance(start, yaml.StreamEndEvent):
            self.written.add((0, 0), "The file has nothing but notes.", "Copy mappings/examples/hubspot.yaml.")
            return
        tree = self.value(next(self.events), ())
        if isinstance(tree, dict):
            self.written.tree = tree
        else:
            hint = 'Write a name, a colon, a space and the answer: "pair: acme".'
            self.written.add(self.written.place(()), "The file doesn't consist of settings.", hint)
            self.written.spoiled.add(())
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.written.add(_place(event), 'A second file begins here with "---".', "Take the line out.")
                return

    def value(self, event: yaml.Event, path: Path) -> Tree | None:
        """The answer that begins with this event; None where there is none."""
        self.written.places.setdefault(path, _place(event))
        self._refuse_shorthand(event, path)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)) and len(path) > DEEPEST:
            raise _TooDeepError(_place(event))
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        if isinstance(event, yaml.MappingStartEvent):
            return self._settings(path)
        return None

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> str | None:
        text = str(event.value)
        if odd := next((letter for letter in text if _is_invisible(letter)), ""):
            name = unicodedata.name(odd, f"U+{ord(odd):04X}").lower()
            hint = f"It is a {name}, probably copied from elsewhere. Type the text again."
            self.refuse(event, path, f"There is an invisible character in {quoted(text)}.", hint)
        elif event.style in {"'", '"'} and (last := _last_line(event)) > _place(event)[0]:
            hint = f"Close it with the same sign before the end of the line; as it is, it runs to line {last}."
            self.refuse(event, path, "A quote is opened here and not closed on its line.", hint)
        return text if text.strip() or event.style else None

    def _list(self, path: Path) -> list[Tree]:
        entries: list[Tree] = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            where = (*path, len(entries))
            entry = self.value(event, where)
            if entry is None and where not in self.written.spoiled:
                self.written.add(_place(event), "This entry of the list is empty.", "Fill it in or take the line out.")
                self.written.places.pop(where, None)
            else:
                entries.append("" if entry is None else entry)
        return entries

    def _settings(self, path: Path) -> dict[str, Tree]:
        settings: dict[str, Tree] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if isinstance(event, yaml.ScalarEvent):
                self._setting(event, path, settings)
            else:
                self._braces(event, path)
        return settings

    def _setting(self, event: yaml.ScalarEvent, path: Path, settings: dict[str, Tree]) -> None:
        name = str(event.value)
        where = (*path, name)
        if first := self.written.names.get(where):
            sentence = f"{quoted(name)} is given twice here; the first is on line {first[0]}."
            self.written.add(_place(event), sentence, "Take one of them out.")
            self.value(next(self.events), (*path, name, "again"))
            return
        self.written.names[where] = _place(event)
        answer = self.value(next(self.events), where)
        if answer is not None:
            settings[name] = answer

    def _braces(self, event: yaml.Event, path: Path) -> None:
        """A name that is itself in brackets: nearly always {{ … }} without quotes."""
        if path not in self.written.spoiled:
            hint = 'Put quotes around all of it, as in reference: "{{ deal.name }}".'
            self.refuse(event, path, "A text that begins with { must stand in quotes.", hint)
        self.value(event, (*path, "{"))
        self.value(next(self.events), (*path, "{"))

    def _refuse_shorthand(self, event: yaml.Event, path: Path) -> None:
        sign = ""
        if isinstance(event, yaml.AliasEvent):
            sign = "*"
        elif getattr(event, "anchor", None):
            sign = "&"
        elif getattr(event, "tag", None):
            sign = "!"
        if sign:
            hint = f'Put quotes around it, as in "{sign}…".'
            self.refuse(event, path, f"A text that begins with {sign} must stand in quotes.", hint)


def _is_invisible(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cf", "Cc", "Zl", "Zp"} - ({"Cc"} if letter == "\n" else set()) or (
        letter != " " and unicodedata.category(letter) == "Zs"
    )


def _last_line(event: yaml.Event) -> int:
    return event.end_mark.line + 1 if event.end_mark else 0


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)
