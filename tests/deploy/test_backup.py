"""The scripts that copy the store and put a copy back, run against a real Redis with TLS: no plan is lost by it."""

from __future__ import annotations

import asyncio
import os
import subprocess
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import redis

from services.runtime.job_records import JobRecord
from services.runtime.store import JobLimits, JobStore
from services.runtime.store_connection import connect
from tests.chaos.stores import Store, open_store
from tests.deploy.legs import needs
from tests.deploy.manifests import K8S

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PLANS = [f"plan-{number}" for number in range(20)]


def job(plan_id: str) -> JobRecord:
    return JobRecord(
        plan_id=plan_id,
        request_id=f"request of {plan_id}",
        county_id="huadian",
        service_date=date(2026, 3, 2),
        create_time=NOW,
        update_time=NOW,
    )


async def submit(store: Store) -> None:
    client = connect(store.url)
    try:
        jobs = JobStore(client, lambda: NOW, JobLimits())
        for plan_id in PLANS:
            await jobs.submit(job(plan_id), f"digest of {plan_id}", plan_id.encode())
    finally:
        await client.aclose()


async def stored(store: Store) -> dict[str, bytes]:
    client = connect(store.url)
    try:
        jobs = JobStore(client, lambda: NOW, JobLimits())
        return {record.plan_id: await jobs.payload(record.plan_id) for record in await jobs.open_jobs()}
    finally:
        await client.aclose()


def script(path: Path, **environment: str | Path) -> subprocess.CompletedProcess[str]:
    given = {name: str(value) for name, value in environment.items()}
    return subprocess.run(
        ["sh", str(path)], env=os.environ | given, capture_output=True, text=True, check=False, timeout=120
    )


def back_up(store: Store, folder: Path, keep: int = 14) -> subprocess.CompletedProcess[str]:
    password = folder / "password"
    password.write_text("a password\n", encoding="utf-8")
    with redis.Redis.from_url(store.url) as client, suppress(redis.RedisError):
        client.config_set("requirepass", "a password")
    made = script(
        K8S / "base/backup.sh",
        REDIS_HOST="127.0.0.1",
        REDIS_PORT=str(store.port),
        CA_FILE=str(store.roots),
        PASSWORD_FILE=password,
        BACKUP_DIR=folder,
        KEEP=str(keep),
    )
    with redis.Redis.from_url(store.url, password="a password") as client, suppress(redis.RedisError):
        client.config_set("requirepass", "")
    return made


def test_a_store_comes_back_from_its_copy(tmp_path: Path) -> None:
    for program in ("redis-server", "redis-cli", "redis-check-rdb"):
        needs(program)
    copies, lost = tmp_path / "copies", tmp_path / "lost"
    copies.mkdir()
    for year in range(2020, 2024):
        old = copies / f"cuntong-{year}0101T000000Z.rdb"
        old.write_bytes(b"")
        os.utime(old, (year, year))
    (copies / "cuntong-20240101T000000Z.rdb.part").write_bytes(b"")
    with open_store(tmp_path / "store", "redis-server", has_tls=True) as store:
        asyncio.run(submit(store))
        made = back_up(store, copies, keep=2)
        assert made.returncode == 0, made.stderr
        expected = asyncio.run(stored(store))
    assert expected == {plan_id: plan_id.encode() for plan_id in PLANS}
    # The newest of the old ones and this one stay, and no part.
    older, copy = sorted(copies.iterdir())[-3:-1]
    assert [path.name for path in copies.iterdir() if path.name != "password"] in (
        [older.name, copy.name],
        [copy.name, older.name],
    )
    assert older.name == "cuntong-20230101T000000Z.rdb"
    lost.mkdir()
    restore = K8S / "restore/restore.sh"
    put_back = script(restore, FROM=copy, DATA_DIR=lost, SOCKET=tmp_path / "s", REPLACE="no")
    assert put_back.returncode == 0, put_back.stderr
    assert "restored" in put_back.stdout
    assert not (lost / "dump.rdb").exists()
    with open_store(lost, "redis-server", has_tls=True) as store:
        assert asyncio.run(stored(store)) == expected
    again = script(restore, FROM=copy, DATA_DIR=lost, SOCKET=tmp_path / "s", REPLACE="no")
    assert (again.returncode, "holds a store already" in again.stderr) == (1, True)
    aside = script(restore, FROM=copy, DATA_DIR=lost, SOCKET=tmp_path / "s", REPLACE="yes")
    assert aside.returncode == 0, aside.stderr
    assert len(list(lost.glob("appendonlydir*"))) == 2
    missing = script(restore, FROM=copies / "none.rdb", DATA_DIR=lost, SOCKET=tmp_path / "s", REPLACE="yes")
    assert (missing.returncode, copy.name in missing.stderr) == (1, True)


def test_a_copy_that_is_not_whole_is_neither_kept_nor_put_back(tmp_path: Path) -> None:
    needs("redis-check-rdb")
    copies, lost = tmp_path / "copies", tmp_path / "lost"
    copies.mkdir()
    lost.mkdir()
    with open_store(tmp_path / "store", "redis-server", has_tls=True) as store:
        asyncio.run(submit(store))
        store.kill()
        assert back_up(store, copies).returncode != 0
    assert list(copies.glob("cuntong-*.rdb")) == []
    broken = copies / "broken.rdb"
    broken.write_bytes(b"REDIS0011 and nothing that follows from it")
    put_back = script(K8S / "restore/restore.sh", FROM=broken, DATA_DIR=lost, SOCKET=tmp_path / "s", REPLACE="no")
    assert put_back.returncode != 0
    assert list(lost.iterdir()) == []
