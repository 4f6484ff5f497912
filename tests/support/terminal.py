"""``wonbooks …`` as a process of its own, forked from one that has read the program already: reading takes seconds."""

from __future__ import annotations

import atexit
import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What commands read only once they need it.
LATER = ("cli.report", "cli.first_match", "cli.hooks", "cli.notify", "cli.up")
PATIENCE = 60


def typed(words: tuple[str, ...], environment: Mapping[str, str]) -> tuple[int, str, str]:
    """A command's exit code and what it said, to its standard output and error."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        told = {"words": words, "environment": dict(environment), "out": str(out), "err": str(err)}
        kept = _keeper()
        assert kept.stdin is not None
        assert kept.stdout is not None
        kept.stdin.write(json.dumps(told) + "\n")
        kept.stdin.flush()
        code = int(kept.stdout.readline())
        return code, out.read_text(), err.read_text()


@cache
def _keeper() -> subprocess.Popen[str]:
    """One for each process that runs tests."""
    environment = {"PATH": os.environ["PATH"], "HOME": tempfile.gettempdir(), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.terminal"],
        env=environment,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.kill)
    return process


def _serve() -> None:
    import_module("cli.app")
    for name in LATER:
        import_module(name)
    gc.collect()
    gc.freeze()  # no command looks through all that was read for garbage
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(asked)
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(asked: Mapping[str, object]) -> None:
    """The command, from here to this process's end."""
    from cli.app import main

    for number, name in ((1, "out"), (2, "err")):
        file = os.open(str(asked[name]), os.O_WRONLY | os.O_CREAT)
        os.dup2(file, number)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    environment, words = asked["environment"], asked["words"]
    assert isinstance(environment, dict)
    assert isinstance(words, list)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["wonbooks", *words]
    main()


if __name__ == "__main__":
    _serve()
