"""Settings come from the environment and show no secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.runtime.config import (
    RouteSettings,
    ServiceSettings,
    StoreSettings,
    mask_url,
    read_settings,
    split_address,
)

SECRET_URL = "redis://planner:hunter2@store:6379/0"


@pytest.mark.parametrize("name", ["REDIS_URL", "CUNTONG_REDIS_URL"])
def test_both_names_of_the_redis_address_are_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, SECRET_URL)
    assert StoreSettings().redis_url == SECRET_URL


def test_our_own_name_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    monkeypatch.setenv("CUNTONG_REDIS_URL", SECRET_URL)
    assert StoreSettings().redis_url == SECRET_URL


def test_what_the_environment_lacks_comes_from_a_folder_of_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cuntong_redis_url").write_text(f"{SECRET_URL}\n", encoding="utf-8")
    (tmp_path / "cuntong_workers").write_text("5", encoding="utf-8")
    monkeypatch.setenv("CUNTONG_SECRETS_DIR", str(tmp_path))
    settings = read_settings(RouteSettings)
    assert (settings.redis_url, settings.workers) == (SECRET_URL, 5)
    monkeypatch.setenv("CUNTONG_WORKERS", "2")
    assert read_settings(RouteSettings).workers == 2


def test_a_folder_of_secrets_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUNTONG_SECRETS_DIR", str(tmp_path / "none"))
    with pytest.raises(SystemExit, match=r"CUNTONG_SECRETS_DIR: .*none is no directory"):
        read_settings(StoreSettings)


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


@pytest.mark.parametrize("listen", ["0.0.0.0:50051", "[::]:50051", "10.0.0.1:0", "services.example:0", "128.0.0.1:0"])
def test_who_can_be_reached_from_elsewhere_asks_for_tokens_and_speaks_tls(
    listen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = {"auth_key_file": Path("k"), "auth_issuer": "i"}
    tls = {"tls_cert_file": Path("c"), "tls_key_file": Path("k")}
    with pytest.raises(ValidationError, match="CUNTONG_AUTH_KEY_FILE"):
        ServiceSettings(listen=listen, **tls)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="CUNTONG_TLS_CERT_FILE"):
        ServiceSettings(listen=listen, **tokens)  # type: ignore[arg-type]
    for more in (tls, {"plaintext": True}):
        assert ServiceSettings(listen=listen, **tokens, **more).asks_for_tokens  # type: ignore[arg-type]
    monkeypatch.setenv("CUNTONG_LISTEN", listen)
    with pytest.raises(SystemExit, match="can be reached from elsewhere"):
        read_settings(ServiceSettings)


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "127.9.9.9:1", "[::1]:0", "localhost:0"])
def test_on_loopback_neither_is_needed(listen: str) -> None:
    assert not ServiceSettings(listen=listen).asks_for_tokens


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"auth_key_file": "k", "auth_secret_file": "s", "auth_issuer": "i"}, "exclude each other"),
        ({"auth_key_file": "k"}, "auth_issuer"),
        ({"auth_secret_file": "s", "auth_issuer": "i", "auth_audience": ""}, "auth_audience"),
        ({"auth_leeway_s": 61}, "auth_leeway_s"),
        ({"tls_cert_file": "c"}, "tls_key_file"),
        ({"tls_key_file": "k"}, "tls_cert_file"),
        ({"tls_client_ca_file": "r"}, "tls_cert_file"),
        ({"tls_cert_file": "c", "tls_key_file": "k", "plaintext": True}, "plaintext"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ServiceSettings(**settings)


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
