"""What peers are asked, and that one which is not there or does not know something is told of plainly."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from bench import instances
from bench.peers import peer as peers
from bench.peers.question import Answer, Client, Kind, Question
from services.route.instances.reading import read_instance
from services.route.kernel.problem import KernelRoute, KernelSolution
from tests.unit.route.instances.test_solomon import ROUTES, instance_file

ONE = peers.Peer("one", "json", "tests.unit.bench.one_route")


@pytest.fixture
def as_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    """This interpreter in place of the peers'."""
    monkeypatch.setattr(peers, "PYTHON", Path(sys.executable))


def test_a_question_and_its_answer_survive_the_way() -> None:
    client = Client(1, 2, 3, 4, [5], [0], [0])
    kind = Kind(1, 0, 0, [9], 100, 1, 50, 60, 0, 70, 80)
    question = Question([[0, 1], [1, 0]], [[0, 2], [2, 0]], [client], [kind], True, 1.5, 7)
    assert Question.from_json(question.to_json()) == question
    told = Answer.from_json(Answer([(0, [3, 1])], "nothing").to_json())
    assert [(kind, list(clients)) for kind, clients in told.routes] == [(0, [3, 1])]
    assert told.unknown == "nothing"


def test_a_peer_s_routes_are_judged_by_us(tmp_path: Path, as_peers: None) -> None:
    instance = read_instance(instance_file(tmp_path))
    assert ONE.is_installed()
    assert ONE.solve(instance, 1, 1) == KernelSolution((KernelRoute(0, ((0, 1, 2, 3),)),), (), 0)


def test_a_peer_that_fails_says_why(tmp_path: Path, as_peers: None) -> None:
    instance = read_instance(instance_file(tmp_path))
    failed = replace(ONE, module="tests.unit.bench.none").solve(instance, 1, 1)
    assert isinstance(failed, str)
    assert failed.startswith("one failed: ")


def test_a_peer_that_is_not_installed_is_named_and_the_rest_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(peers, "PYTHON", tmp_path / "none")
    instance_file(tmp_path).with_suffix(".sol").write_text(ROUTES)
    options = [str(tmp_path), "--seconds", "0.2", "--engines", "search", "vroom"]
    monkeypatch.setattr(sys, "argv", ["instances", *options])
    instances.main()
    told = capsys.readouterr().out
    assert "vroom is not installed; make bench-env installs it" in told
    assert told.splitlines()[-1].split()[-3:] == ["routes", "above", "+0"]
    monkeypatch.setattr(sys, "argv", ["instances", *options, "--json"])
    instances.main()
    remark, line, mean = (orjson.loads(row) for row in capsys.readouterr().out.splitlines())
    assert "not installed" in remark["remark"]
    assert (line["engine"], line["gap_percent"], line["verdict"]) == ("search", 0.0, "OK")
    assert (mean["mean_gap_percent"], mean["compared"], mean["routes_above"]) == (0.0, 1, 0)
