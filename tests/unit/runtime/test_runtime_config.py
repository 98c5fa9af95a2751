"""Settings come from the environment and show no secrets."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.runtime.config import RouteSettings, ServiceSettings, StoreSettings, mask_url, split_address

SECRET_URL = "redis://planner:hunter2@store:6379/0"


@pytest.mark.parametrize("name", ["REDIS_URL", "CUNTONG_REDIS_URL"])
def test_both_names_of_the_redis_address_are_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, SECRET_URL)
    assert StoreSettings().redis_url == SECRET_URL


def test_our_own_name_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    monkeypatch.setenv("CUNTONG_REDIS_URL", SECRET_URL)
    assert StoreSettings().redis_url == SECRET_URL


def test_variables_have_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUNTONG_WORKERS", "3")
    monkeypatch.setenv("CUNTONG_READY_FILE", "ready.json")
    settings = RouteSettings(redis_url="unix:///s")
    assert (settings.workers, settings.ready_file) == (3, Path("ready.json"))


def test_the_description_hides_passwords() -> None:
    text = RouteSettings(redis_url=SECRET_URL).describe()
    assert "hunter2" not in text
    assert "redis_url = redis://planner:***@store:6379/0" in text
    assert "workers = 1" in text


def test_an_error_hides_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUNTONG_LISTEN", SECRET_URL + "/x")
    with pytest.raises(ValidationError) as caught:
        ServiceSettings()
    assert "hunter2" not in str(caught.value)


def test_a_password_in_the_query_or_without_a_user_is_hidden() -> None:
    assert mask_url("unix:///run/s?password=hunter2&db=1") == "unix:///run/s?password=***&db=1"
    assert mask_url("redis://:hunter2@store") == "redis://:***@store"
    assert mask_url("unix:///run/s") == "unix:///run/s"


@pytest.mark.parametrize("address", ["8080", "host", "host:", ":8080", "host:x", "host:65536"])
def test_a_bad_address_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        ServiceSettings(listen=address)
    with pytest.raises(ValueError, match="host:port"):
        split_address(address)


def test_there_is_a_route_service_only_with_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.delenv("CUNTONG_REDIS_URL", raising=False)
    with pytest.raises(ValidationError):
        RouteSettings()  # type: ignore[call-arg]
