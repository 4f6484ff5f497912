"""The bar that shows how far the reading of both systems has come."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from stages.gather import Progress as Told


@contextmanager
def reading_both(console: Console) -> Generator[Told]:
    """What to call with what is read, how much of it is, and of how much (0 where nobody knows)."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        tasks = {"": bar.add_task("Reading both systems", total=None)}

        def tell(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what.capitalize(), total=None)
            bar.update(tasks[what], completed=done, total=of or None)

        yield tell
