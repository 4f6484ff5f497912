"""Held: deployments of ``prefect.yaml``, the warm runner, retry as in the UI, triggers, waking, and a killed runner.

On a real server, started as ``wonbooks up`` starts it; flows that do as they are told stand in where the point is the
house and not the work.
"""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound
from prefect.states import AwaitingRetry, Cancelling

from cli.processes import NotUp, alone_in, free_port
from cli.up import Running, deploy, retire
from desk.hooks.bells import Side
from desk.hooks.waking import Waking
from tasks.wake import Server, announce, wake
from tests.prefect.town import PAIR, TRIAL, Town
from tests.support.waiting import until

# The first of them waits for all of it to start.
pytestmark = [pytest.mark.prefect, pytest.mark.timeout(300)]

ACME: Side = ("acme", "deals")


@pytest.fixture
def folder(town: Town) -> Path:
    return town.folder


@pytest.fixture
def house(town: Town) -> Running:
    return town.running


@pytest.fixture
def client(house: Running, folder: Path) -> Iterator[SyncPrefectClient]:
    for order in ("wait", "fail", "noted"):
        (folder / order).unlink(missing_ok=True)
    with SyncPrefectClient(house.api_url) as client:
        yield client


def start(client: SyncPrefectClient, deployment: str = "deals-to-invoices/acme", **parameters: str) -> UUID:
    found = client.read_deployment_by_name(deployment).id
    return client.create_flow_run_from_deployment(found, parameters=parameters).id


def in_state(client: SyncPrefectClient, run_id: UUID, *states: StateType, within: float = 30.0) -> FlowRun:
    def look() -> FlowRun | None:
        run = client.read_flow_run(run_id)
        return run if run.state_type in states else None

    run = until(look, within)
    assert run is not None
    return run


def runs(client: SyncPrefectClient, *states: StateType) -> list[FlowRun]:
    """The runs of acme's deals in these states that are due by now."""
    found = client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states))),
            expected_start_time=FlowRunFilterExpectedStartTime.model_validate({"before_": datetime.now(UTC)}),
        )
    )
    deployment = client.read_deployment_by_name("deals-to-invoices/acme").id
    return [run for run in found if run.deployment_id == deployment]


def notes(folder: Path) -> list[list[str]]:
    """Pair, process and run of each run noted so far."""
    noted = folder / "noted"
    return [line.split() for line in noted.read_text().splitlines()] if noted.exists() else []


def runner_pid(house: Running) -> int:
    (runner,) = [child for child in house.children.running if child.program.name == "Runner"]
    return runner.process.pid


def test_a_deployment_carries_its_pair_in_name_parameters_tags_and_trigger(client: SyncPrefectClient) -> None:
    deployment = client.read_deployment_by_name("deals-to-invoices/acme")
    assert deployment.parameters == {"pair": "acme"}
    assert deployment.tags == ["pair:acme"]
    (automation,) = client.read_resource_related_automations(f"prefect.deployment.{deployment.id}")
    assert automation.name == "deals of acme changed"


def test_deploying_twice_changes_nothing(house: Running, client: SyncPrefectClient) -> None:
    before = client.read_deployment_by_name("deals-to-invoices/acme")
    deploy("acme", house.environment, TRIAL)
    after = client.read_deployment_by_name("deals-to-invoices/acme")
    assert after.id == before.id
    assert len(client.read_resource_related_automations(f"prefect.deployment.{after.id}")) == 1


def test_runs_are_carried_out_inside_the_one_warm_process(
    house: Running, client: SyncPrefectClient, folder: Path
) -> None:
    for _ in range(2):
        in_state(client, start(client), StateType.COMPLETED)
    assert [pid for _, pid, _ in notes(folder)] == [str(runner_pid(house))] * 2


def test_a_failed_run_retried_as_in_the_ui_runs_again_under_its_id(client: SyncPrefectClient, folder: Path) -> None:
    (folder / "fail").touch()
    run_id = start(client)
    failed = in_state(client, run_id, StateType.FAILED)
    assert failed.state is not None
    assert "asked to fail" in str(failed.state.message)
    (folder / "fail").unlink()
    client.set_flow_run_state(run_id, AwaitingRetry(message="Retry from the UI"))
    assert in_state(client, run_id, StateType.COMPLETED).run_count == 2
    assert [run for _, _, run in notes(folder)] == [str(run_id)] * 2


def test_a_flow_that_exits_crashes_alone(house: Running, client: SyncPrefectClient) -> None:
    before = runner_pid(house)
    in_state(client, start(client, "exits/acme"), StateType.CRASHED)
    in_state(client, start(client), StateType.COMPLETED)
    assert runner_pid(house) == before


def test_a_run_cancelled_under_way_ends_as_cancelled_and_makes_room(client: SyncPrefectClient, folder: Path) -> None:
    (folder / "wait").touch()
    run_id = start(client)
    in_state(client, run_id, StateType.RUNNING)
    client.set_flow_run_state(run_id, Cancelling())
    (folder / "wait").unlink()
    in_state(client, run_id, StateType.CANCELLED)
    in_state(client, start(client), StateType.COMPLETED)


def test_an_event_of_the_pair_starts_a_run(house: Running, client: SyncPrefectClient, folder: Path) -> None:
    assert announce("acme", "deals", Server(house.api_url)) is not None
    until(lambda: notes(folder))
    assert notes(folder)[0][0] == "acme"


def test_waking_twice_starts_one_run(house: Running, client: SyncPrefectClient, folder: Path) -> None:
    (folder / "wait").touch()
    under_way = start(client)
    in_state(client, under_way, StateType.RUNNING)
    first = wake("acme", "deals", Server(house.api_url))
    assert first is not None
    until(lambda: client.read_flow_run(UUID(first)).state_name == "AwaitingConcurrencySlot")
    second = wake("acme", "deals", Server(house.api_url))
    assert first == second != str(under_way)
    (folder / "wait").unlink()
    in_state(client, UUID(first), StateType.COMPLETED)
    assert len(notes(folder)) == 2


def test_a_storm_is_the_run_under_way_and_one_more(house: Running, client: SyncPrefectClient, folder: Path) -> None:
    (folder / "wait").touch()
    waking = Waking(partial(wake, server=Server(house.api_url)))
    waking.start()
    waking.hint([ACME])
    until(lambda: notes(folder))
    for _ in range(10_000):
        waking.hint([ACME])
    (next_one,) = until(lambda: runs(client, StateType.SCHEDULED))
    waking.hint([ACME] * 10_000)
    waking.stop()
    (folder / "wait").unlink()
    in_state(client, next_one.id, StateType.COMPLETED)
    assert len(notes(folder)) == 2
    assert runs(client, StateType.SCHEDULED, StateType.RUNNING) == []


def test_waking_an_unknown_pair_is_no_error(house: Running) -> None:
    assert wake("nobody", "deals", Server(house.api_url)) is None


def test_waking_a_server_that_is_away_is_no_error() -> None:
    nobody = Server(f"http://127.0.0.1:{free_port()}/api")
    assert (wake("acme", "deals", nobody), announce("acme", "deals", nobody)) == (None, None)


def test_a_run_can_be_found_by_its_deals(client: SyncPrefectClient) -> None:
    run_id = start(client, "trail/acme")
    run = in_state(client, run_id, StateType.COMPLETED)
    assert run.name == "acme: 101 102"
    assert run.tags == ["pair:acme", "deal:101", "deal:102"]
    (artifact,) = artifacts_of(client, run_id)
    assert (artifact["key"], artifact["data"]) == ("deals-of-acme", '[{"deal": "101", "total": "110.00"}]')
    (event,) = until(lambda: events_of(client, "wonbooks.deal.acme.101"))
    assert event["payload"] == {"pair": "acme", "deal": "101", "invoice_number": "INV-0101", "total": "110.00"}
    assert f"prefect.flow-run.{run_id}" in {related["prefect.resource.id"] for related in event["related"]}


def test_a_killed_runner_comes_back_and_finishes_what_it_began(
    house: Running, client: SyncPrefectClient, folder: Path
) -> None:
    (folder / "wait").touch()
    begun = start(client)
    in_state(client, begun, StateType.RUNNING)
    killed = runner_pid(house)
    os.kill(killed, signal.SIGKILL)
    scheduled = start(client)
    (folder / "wait").unlink()
    assert in_state(client, begun, StateType.COMPLETED).run_count == 2
    in_state(client, scheduled, StateType.COMPLETED)
    assert runner_pid(house) != killed


def test_a_flow_that_cannot_be_deployed_says_why(house: Running, tmp_path: Path) -> None:
    broken = tmp_path / "prefect.yaml"
    broken.write_text(TRIAL.read_text().replace("trial.py:trail", "trial.py:trial_by_jury"))
    with pytest.raises(NotUp, match="trial_by_jury"):
        deploy("acme", house.environment, broken)


def test_both_ways_of_a_pair_are_deployed_a_quarter_of_an_hour_apart_on_sydney_time(client: SyncPrefectClient) -> None:
    crons: list[str] = []
    for flow in ("deals-to-invoices", "invoices-to-deals"):
        deployment = client.read_deployment_by_name(f"{flow}/{PAIR}")
        assert deployment.parameters == {"pair": PAIR}
        assert deployment.concurrency_options is not None
        assert deployment.concurrency_options.collision_strategy == "ENQUEUE"
        assert deployment.global_concurrency_limit is not None
        assert deployment.global_concurrency_limit.limit == 1
        (schedule,) = [planned.schedule for planned in deployment.schedules]
        assert isinstance(schedule, CronSchedule)
        assert schedule.timezone == "Australia/Sydney"
        crons.append(schedule.cron)
    assert crons == ["0,15,30,45 * * * *", "7,22,37,52 * * * *"]
    form = client.read_deployment_by_name(f"answer-review/{PAIR}").parameter_openapi_schema
    assert form is not None
    assert set(form["required"]) == {"pair", "question", "choice", "answered_by"}


def test_the_deployed_flow_of_a_pair_without_a_mapping_fails_and_says_so(client: SyncPrefectClient) -> None:
    failed = in_state(client, start(client, f"deals-to-invoices/{PAIR}", pair="former"), StateType.FAILED)
    assert failed.state is not None
    assert "former" in str(failed.state.message)


def test_a_pair_no_longer_run_here_loses_its_deployments(house: Running, client: SyncPrefectClient) -> None:
    ours = client.read_deployment_by_name("deals-to-invoices/acme")
    client.create_deployment(ours.flow_id, name="former", tags=["pair:former"])
    retire(house, ["acme", PAIR])
    with pytest.raises(ObjectNotFound):
        client.read_deployment_by_name("deals-to-invoices/former")
    assert client.read_deployment_by_name("deals-to-invoices/acme").id == ours.id


def test_a_second_wonbooks_stays_off_the_directory(house: Running) -> None:
    with pytest.raises(NotUp, match=r"(?s)already runs.*Prefect server: process \d+"), alone_in(house.data_dir):
        raise AssertionError("it should not have been let in")


def artifacts_of(client: SyncPrefectClient, run_id: UUID) -> list[dict[str, Any]]:
    query = {"artifacts": {"flow_run_id": {"any_": [str(run_id)]}}}
    return client.request("POST", "/artifacts/filter", json=query).json()


def events_of(client: SyncPrefectClient, resource: str) -> list[dict[str, Any]]:
    query = {"filter": {"resource": {"id": [resource]}}}
    return client.request("POST", "/events/filter", json=query).json()["events"]
