"""Held: the sandbox's keys and addresses open each CRM's demo: its mapping is sound and its webhooks are believed."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from cli.app import CrmName
from cli.hooks import hooks
from cli.playground import Playground
from mappings.loader import find_mapping, read_mapping
from sandbox import company
from sandbox.clock import wall_clock
from sandbox.serve import SandboxServer
from sandbox.world import World
from stages import checking
from stages.crms import CRMS
from stages.opening import opened


def test_the_demo_can_be_told_on_every_crm() -> None:
    assert set(get_args(CrmName)) == set(CRMS)


@pytest.mark.parametrize("crm", CRMS)
def test_the_sandboxs_keys_open_both_sides(crm: str, tmp_path: Path) -> None:
    world = World(wall_clock)
    company.seed(world, crm)
    with SandboxServer(world.doors) as server:
        playground = Playground(int(server.url.rsplit(":", 1)[1]), tmp_path / "home", crm)
        settings = playground.settings()
        with opened(playground.pair, settings) as pair:
            found = checking.check(pair, read_mapping(find_mapping(playground.pair, settings.mappings)))
            assert found.sound, found.problems
            assert pair.rules.crm.system == crm
        assert [hook.missing for hook in hooks(playground.pair, settings).values()] == [(), ()]
