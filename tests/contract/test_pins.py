"""Versions that must go together, and lock files that any index can serve."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parents[2] / "requirements"
LOCKS = ("run.lock", "dev.lock")
# Of an environment of its own, which shares no versions with the others.
BENCH_LOCK = "bench.lock"
TOGETHER = {
    "ortools": "9.15.6755",
    "grpcio": "1.81.1",
    "grpcio-tools": "1.81.1",
    "grpcio-status": "1.81.1",
    "grpcio-health-checking": "1.81.1",
    "grpcio-reflection": "1.81.1",
    "pyvrp": "0.14.1",
}


def locked(name: str) -> dict[str, tuple[str, int]]:
    """Version and number of hashes of every package in a lock file."""
    entries = re.split(r"\n(?=[a-z0-9])", (REQUIREMENTS / name).read_text(encoding="utf-8"))
    found = {}
    for entry in entries:
        match = re.match(r"([a-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", entry)
        assert match, f"{entry.splitlines()[0]} is no pinned package"
        found[match[1]] = match[2], len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry))
    return found


@pytest.mark.parametrize("package", TOGETHER)
def test_what_goes_together_is_installed_and_locked_together(package: str) -> None:
    assert version(package) == TOGETHER[package]
    assert all(locked(lock)[package][0] == TOGETHER[package] for lock in LOCKS)


def test_protobuf_is_the_one_that_ortools_and_grpc_agree_on() -> None:
    assert version("protobuf").startswith("6.33.")
    assert all(locked(lock)["protobuf"][0] == version("protobuf") for lock in LOCKS)


@pytest.mark.parametrize(("lock", "least"), [*((lock, 20) for lock in LOCKS), (BENCH_LOCK, 3)])
def test_every_locked_package_has_hashes(lock: str, least: int) -> None:
    packages = locked(lock)
    assert len(packages) > least
    assert [name for name, (_, hashes) in packages.items() if not hashes] == []


@pytest.mark.parametrize("lock", [*LOCKS, BENCH_LOCK])
def test_a_lock_file_names_no_host(lock: str) -> None:
    text = (REQUIREMENTS / lock).read_text(encoding="utf-8")
    assert not re.search(r"http|://|--index|--find-links|--trusted|@ ", text)


def test_both_lock_files_hold_the_same_versions_of_what_they_share() -> None:
    run, dev = (locked(lock) for lock in LOCKS)
    assert {name: dev.get(name, ("", 0))[0] for name in run} == {name: pin for name, (pin, _) in run.items()}
