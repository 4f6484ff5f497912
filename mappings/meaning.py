"""What the schema can't see: rules that contradict each other or can never be used, phrases that make no sense.

Works on what is written, not on the finished rules, so that one round of mending is enough.
"""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from decimal import Decimal

from domain.money import strict_decimal
from domain.rules import ANY
from domain.shares import parse_share
from domain.terms import parse_due
from mappings import reference_text
from mappings.problems import Path, quoted
from mappings.reading import Tree, Written

_PAIR = re.compile(r"[a-z][a-z0-9-]*")


def check(written: Written) -> None:
    """Add to ``written`` the problems that no network is needed for."""
    _pair_is_file(written)
    _invoices(written)
    _rests(written)
    _payers(written)
    _consolidated(written)
    _products(written)
    _write_back(written)
    _customer_fields(written)


def _pair_is_file(written: Written) -> None:
    stem = pathlib.Path(written.file).stem
    pair = written.tree.get("pair")
    if isinstance(pair, str) and pair != stem and _PAIR.fullmatch(pair):
        sentence = f"The pair is called {quoted(pair)}, its file {quoted(pathlib.Path(written.file).name)}."
        written.add(written.place(("pair",)), sentence, "Give both the same name.")


def _invoices(written: Written) -> None:
    above: list[tuple[dict[str, Tree], int]] = []
    for path, entry in _entries(written, "invoices"):
        for setting in ("reference", "notes line"):
            for sentence, hint in reference_text.mistakes(_text(entry, setting)):
                written.add(written.place((*path, setting)), sentence, hint)
        _tracking(written, path, entry)
        if "po number needed by" in entry and "po number" not in entry:
            hint = "Write under po number which field of the deal it stands in."
            sentence = "Nothing says where the purchase order number is that these customers need."
            written.add(written.place((*path, "po number needed by")), sentence, hint)
        _share(written, path, entry)
        if due := _text(entry, "due"):
            _due(written, path, due)
        pipeline, stage = _text(entry, "pipeline"), _text(entry, "stage")
        if not (pipeline and stage):
            continue
        if _plain(stage) == ANY and "only if" not in entry:
            hint = "Write under only if which field of the deal has to say what."
            written.add(written.place((*path, "stage")), "Any stage would make an invoice of every open deal.", hint)
        line, _ = written.place(path)
        first = next((number for other, number in above if _leaves_nothing(other, entry)), None)
        if first is not None:
            sentence = f"{quoted(pipeline)} and {quoted(stage)} have an entry already, on line {first}."
            written.add(written.place(path), sentence, "This one could never be used: take one of them out.")
        above.append((entry, line))
        _amounts(written, path, entry)


# What makes an entry one for some deals only.
_FILTERS = ("owners", "amount from", "amount below", "only if")


def _leaves_nothing(above: dict[str, Tree], entry: dict[str, Tree]) -> bool:
    """Whether every deal that this entry fits is taken by the one above it."""
    names = ("pipeline", "stage", "milestone")
    same_place = all(_plain(_text(above, name)) == _plain(_text(entry, name)) for name in names)
    return same_place and all(name not in above or above[name] == entry.get(name) for name in _FILTERS)


def _amounts(written: Written, path: Path, entry: dict[str, Tree]) -> None:
    least, most = (_number(_text(entry, name)) for name in ("amount from", "amount below"))
    if least is not None and most is not None and least >= most:
        sentence = "No amount is both from the first and below the second."
        written.add(written.place((*path, "amount below")), sentence, "Write the smaller one under amount from.")


def _number(text: str) -> Decimal | None:
    try:
        return strict_decimal(text.replace(",", "").removeprefix("$"))
    except ValueError:
        return None


def _tracking(written: Written, path: Path, entry: dict[str, Tree]) -> None:
    """Each category once, with either an option or where to take it from."""
    found = entry.get("tracking")
    seen: set[str] = set()
    for index, each in enumerate(found if isinstance(found, list) else ()):
        if not isinstance(each, dict):
            continue
        place = written.place((*path, "tracking", index))
        if bool(_text(each, "option")) == bool(_text(each, "taken from")):
            hint = "Write option: NSW, or taken from: owner."
            written.add(place, "A tracking category has either an option or where it is taken from.", hint)
        if (name := _plain(_text(each, "category"))) in seen:
            written.add(place, "This tracking category stands here twice.", "Take one of them out.")
        seen.add(name)


def _share(written: Written, path: Path, entry: dict[str, Tree]) -> None:
    """What a milestone takes: said once, and only where there are several."""
    takes = _text(entry, "takes")
    ways = [name for name in ("takes", "takes products", "takes field") if name in entry]
    if len(ways) > 1:
        written.add(written.place((*path, ways[0])), "What a milestone takes is said twice.", "Take one out.")
    if takes:
        try:
            parse_share(takes)
        except ValueError as error:
            written.add(written.place((*path, "takes")), f"{quoted(takes)} is no share of a deal.", str(error))
    named = "milestone" in entry
    if named and not ways:
        hint = "Write takes: 30%, takes: the rest, or takes products."
        written.add(written.place((*path, "milestone")), "What of the deal this milestone takes isn't said.", hint)
    if ways and not named:
        written.add(written.place(path), "A share of a deal needs a milestone's name.", "Write milestone: deposit.")


def _rests(written: Written) -> None:
    """In a pipeline with milestones one takes the rest, and nothing else invoices the whole."""
    pipelines: dict[str, list[tuple[Path, dict[str, Tree]]]] = {}
    for path, entry in _entries(written, "invoices"):
        pipelines.setdefault(_plain(_text(entry, "pipeline")), []).append((path, entry))
    for entries in pipelines.values():
        shares = [(path, entry) for path, entry in entries if "milestone" in entry]
        if not shares:
            continue
        rests = {_plain(_text(entry, "milestone")) for _, entry in shares if "rest" in _plain(_text(entry, "takes"))}
        if len(rests) != 1:
            hint = "Write takes: the rest, under the last of them."
            written.add(written.place(shares[-1][0]), "One milestone of a pipeline has to take the rest.", hint)
        for path, entry in entries:
            if "milestone" not in entry:
                hint = "Name its milestone, or take the other entries out."
                written.add(written.place(path), "This entry invoices whole deals beside those in shares.", hint)


def _payers(written: Written) -> None:
    """Entries of one name work on the same invoice, which has one payer."""
    first: dict[str, tuple[str, int]] = {}
    for path, entry in _entries(written, "invoices"):
        milestone, payer = _plain(_text(entry, "milestone")), _text(entry, "payer")
        said, line = first.setdefault(milestone, (payer, written.place(path)[0]))
        if said != payer:
            sentence = f"The entry on line {line} works on the same invoice, and bills {said or 'the customer'}."
            hint = "Give both the same payer, or each a milestone of its own."
            written.add(written.place((*path, "payer") if payer else path), sentence, hint)


# What one invoice for many deals can say only once.
_OF_ALL = (
    "create",
    "payer",
    "amounts are",
    "due",
    "reference",
    "notes line",
    "branding theme",
    "send to customer",
    "approve up to",
    "history note",
)


def _consolidated(written: Written) -> None:
    """Entries that consolidate make the same invoices, of whole deals."""
    found = [
        (path, entry)
        for path, entry in _entries(written, "invoices")
        if _text(entry, "consolidate") not in ("", "never")
    ]
    for path, entry in found:
        if "milestone" in entry:
            hint = "Take the milestone out, or consolidate."
            written.add(written.place((*path, "milestone")), "Deals that are consolidated are invoiced whole.", hint)
        line, _ = written.place(found[0][0])
        for name in _OF_ALL:
            if _plain(_text(entry, name)) != _plain(_text(found[0][1], name)):
                sentence = f"The entry on line {line} makes the same invoices, and says otherwise under {quoted(name)}."
                written.add(written.place((*path, name)), sentence, "Write the same under both.")


def _due(written: Written, path: Path, due: str) -> None:
    try:
        parse_due(due)
    except ValueError as error:
        written.add(written.place((*path, "due")), f"{quoted(due)} doesn't say when an invoice is due.", str(error))


def _products(written: Written) -> None:
    above: list[tuple[str, int]] = []
    for path, entry in _entries(written, "products"):
        if not (product := _text(entry, "product")):
            continue
        line, _ = written.place(path)
        for pattern, first in above:
            if covers(pattern, product):
                sentence = (
                    f"{quoted(product)} is never used: {quoted(pattern)} on line {first} fits everything it does."
                )
                written.add(written.place(path), sentence, "Move it up, or take it out.", warning=True)
                break
        above.append((product, line))


def covers(pattern: str, other: str) -> bool:
    """Whether everything that fits ``other`` fits ``pattern`` too; in both ``*`` stands for anything.

    The star of ``other`` is taken as a sign like any other, which only a star can match.
    """
    parts = [re.escape(part) for part in _plain(pattern).split("*")]
    return re.fullmatch(".*".join(parts), _plain(other), re.DOTALL) is not None


def _write_back(written: Written) -> None:
    section = written.tree.get("write back")
    seen: dict[str, str] = {}
    for fact, target in section.items() if isinstance(section, dict) else ():
        if not isinstance(target, str) or fact in ("note", "pdf") or fact.startswith("move to stage"):
            continue
        first = seen.setdefault(target.lower(), fact)
        if first != fact:
            sentence = f"The field {quoted(target)} is given to both {quoted(first)} and {quoted(fact)}."
            written.add(written.place(("write back", fact)), sentence, "Each fact needs a field of its own.")


def _customer_fields(written: Written) -> None:
    crm = written.tree.get("crm")
    section = crm.get("customer fields") if isinstance(crm, dict) else None
    named = section if isinstance(section, dict) else {}
    path: Path = ("crm", "customer fields")
    seen: dict[str, str] = {}
    for what, target in named.items():
        if not isinstance(target, str) or what == "stop after":
            continue
        first = seen.setdefault(target.lower(), what)
        if first != what:
            sentence = f"The field {quoted(target)} is given to both {quoted(first)} and {quoted(what)}."
            written.add(written.place((*path, what)), sentence, "Each needs a field of its own.")
    if ("on stop" in named) != ("stop after" in named):
        there, lacking = ("on stop", "stop after") if "on stop" in named else ("stop after", "on stop")
        sentence = f"Nobody is ever shown to be on stop: {quoted(there)} is nothing without {quoted(lacking)}."
        written.add(written.place((*path, there)), sentence, f"Write {lacking} too, or take it out.", warning=True)


def _entries(written: Written, section: str) -> Iterator[tuple[Path, dict[str, Tree]]]:
    entries = written.tree.get(section)
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield (section, index), entry


def _text(entry: dict[str, Tree], name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""


def _plain(text: str) -> str:
    return text.strip().casefold()
