"""The rules of the house, read from the source: who may know whom, how long things may be, which words we don't use.

Each exception stands here with its reason; one that nothing needs any more fails too.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Imports go down only: package → those of ours that it may import.
BELOW = {
    "domain": "",
    "connectors": "domain",
    "ledger": "domain",
    "mappings": "domain",
    "templates": "domain",
    "stages": "connectors ledger mappings templates domain",
    "tasks": "stages connectors ledger mappings templates domain",
    "flows": "tasks",
    "desk": "tasks stages connectors ledger mappings templates domain",
    "cli": "desk flows tasks stages connectors ledger mappings templates domain",
    "sandbox": "",
}
# Library → the packages that may import it.
LIBRARIES = {
    "prefect": "flows tasks",
    "sqlmodel": "ledger",
    "sqlalchemy": "ledger",
    "alembic": "ledger",
    "httpx": "connectors",
    "tenacity": "connectors",
    "fastapi": "desk",
    "starlette": "desk",
    "typer": "cli",
}
FUNCTION, PLAN_FUNCTION, FILE, LARGE_FILE = 40, 70, 300, 450
LARGE = {"connectors", "sandbox"}
WORDS = ("manager", "service", "helper", "utils", "handler", "processor")
# What makes a run differ from the last: it is handed in, so that a test can hand in another.
OF_THE_MOMENT = {
    "datetime.now",
    "datetime.utcnow",
    "date.today",
    "time.time",
    "time.sleep",
    "uuid.uuid4",
    "uuid.uuid1",
    "uuid4",
}

EXCEPTIONS = {
    ("library", "cli/runner.py", "prefect"): "the process that Prefect's runner lives in",
    ("library", "desk/pulse.py", "sqlmodel"): "asks the ledger's tables for the newest of everything",
    ("library", "stages/trail_files.py", "sqlmodel"): "looks single entries and deals up in the ledger's tables",
    ("moment", "stages/opening.py", "datetime.now"): "the one place that hands the clock in",
    ("moment", "stages/opening.py", "time.sleep"): "the one place that hands waiting in",
    ("random", "stages/opening.py", "random.random"): "the one place that hands chance in",
    ("moment", "sandbox/clock.py", "datetime.now"): "the sandbox's wall clock",
    ("moment", "tasks/wake.py", "datetime.now"): "tells Prefect's server when something happened",
    ("moment", "tasks/wake.py", "uuid4"): "Prefect's events have ids of their own",
    ("moment", "tasks/wake.py", "time.sleep"): "waits a second for Prefect's server",
    ("random", "connectors/http.py", "random.random"): "spreads repeated calls; nothing else hangs on it",
    ("print", "desk/__main__.py", "print"): "a process says where it is to be found",
    ("print", "sandbox/__main__.py", "print"): "a process says where it is to be found",
    ("except", "cli/runner.py", "BaseException"): "the last word of a process, whatever ended it",
    ("file", "domain/records.py", ""): "the nouns of every system in one place",
}


@dataclass(frozen=True, slots=True)
class Source:
    """One file of ours: its package, its path from the root, its lines, its tree, and every node of it."""

    package: str
    path: str
    lines: int
    tree: ast.Module
    nodes: tuple[ast.AST, ...]


Broken = Iterator[tuple[str, str, str]]
"""Which rule, in which file, by what."""


@functools.cache
def sources() -> tuple[Source, ...]:
    found: list[Source] = []
    for package in BELOW:
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text()
            tree = ast.parse(text)
            place = str(path.relative_to(ROOT))
            found.append(Source(package, place, text.count("\n"), tree, tuple(ast.walk(tree))))
    return tuple(found)


def imported(source: Source) -> set[str]:
    """The first part of everything a file imports, wherever in it."""
    found: set[str] = set()
    for node in source.nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in source.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def classes(source: Source) -> Iterator[ast.ClassDef]:
    return (node for node in source.nodes if isinstance(node, ast.ClassDef))


def named(node: ast.AST) -> str:
    """``a`` or ``a.b``; empty for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return f"{owner}.{name}"
        case _:
            return ""


def is_migration(source: Source) -> bool:
    return source.path.startswith("ledger/migrations/versions/")


def imports_go_down_only(source: Source) -> Broken:
    allowed = {source.package, *BELOW[source.package].split()}
    for name in (imported(source) & BELOW.keys()) - allowed:
        yield "layer", source.path, name


def each_library_has_its_place(source: Source) -> Broken:
    for name in imported(source) & LIBRARIES.keys():
        if source.package not in LIBRARIES[name].split():
            yield "library", source.path, name


def functions_are_short(source: Source) -> Broken:
    for function in functions(source):
        length = (function.end_lineno or 0) - function.lineno + 1
        limit = PLAN_FUNCTION if function.name.startswith("plan_") else FUNCTION
        if length > limit and not is_migration(source):
            yield "function", source.path, f"{function.name} ({length})"


def files_are_short(source: Source) -> Broken:
    limit = LARGE_FILE if source.package in LARGE else FILE
    if source.lines > limit and not is_migration(source):
        yield "file", source.path, ""


def everything_public_says_what_it_is(source: Source) -> Broken:
    if not ast.get_docstring(source.tree):
        yield "docstring", source.path, "the module"
    for found in classes(source):
        if not found.name.startswith("_") and not ast.get_docstring(found):
            yield "docstring", source.path, found.name


def every_function_says_what_it_returns(source: Source) -> Broken:
    for function in functions(source):
        if function.returns is None:
            yield "annotation", source.path, function.name


def names_are_plain_words(source: Source) -> Broken:
    names = {Path(source.path).stem, *(f.name for f in functions(source)), *(c.name for c in classes(source))}
    for name in names:
        if any(word in name.lower() for word in WORDS):
            yield "word", source.path, name


def only_the_commands_print(source: Source) -> Broken:
    for node in source.nodes:
        if source.package != "cli" and isinstance(node, ast.Name) and node.id == "print":
            yield "print", source.path, "print"


def time_and_chance_are_handed_in(source: Source) -> Broken:
    if source.package == "cli":
        return
    for node in source.nodes:
        name = named(node)
        if name in OF_THE_MOMENT:
            yield "moment", source.path, name
        if name.startswith("random.") and name != "random.Random":
            yield "random", source.path, name


def nothing_swallows_the_end_of_a_process(source: Source) -> Broken:
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler) and (node.type is None or "BaseException" in ast.unparse(node.type)):
            yield "except", source.path, "BaseException"


RULES: list[Callable[[Source], Broken]] = [
    imports_go_down_only,
    each_library_has_its_place,
    functions_are_short,
    files_are_short,
    everything_public_says_what_it_is,
    every_function_says_what_it_returns,
    names_are_plain_words,
    only_the_commands_print,
    time_and_chance_are_handed_in,
    nothing_swallows_the_end_of_a_process,
]


@functools.cache
def broken_by(rule: Callable[[Source], Broken]) -> frozenset[tuple[str, str, str]]:
    return frozenset(found for source in sources() for found in rule(source))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule(rule: Callable[[Source], Broken]) -> None:
    broken = broken_by(rule) - EXCEPTIONS.keys()
    assert not broken, "\n".join(" ".join(found) for found in sorted(broken))


def test_every_exception_is_still_needed() -> None:
    assert not EXCEPTIONS.keys() - frozenset().union(*map(broken_by, RULES))


def test_every_package_has_its_place() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - BELOW.keys() <= {"tests", "benchmarks"}
