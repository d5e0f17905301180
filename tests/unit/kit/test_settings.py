"""Settings: all faults in one message, no value in it, and nothing from the machine a test runs on."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from kit.settings import Settings, SettingsRefused, load

WHOLE = {
    "CHAIRSIDE_KAFKA": "broker:9092",
    "CHAIRSIDE_DATABASE_URL": "postgresql://role:hunter2@host/db",
    "CHAIRSIDE_JWKS": "/keys/jwks.json",
}


class ProbeSettings(Settings):
    model_config = SettingsConfigDict(env_prefix="CHAIRSIDE_PROBE_")

    chairs: int = 4
    link_secret: SecretStr


def refusal(env: dict[str, str], kind: type[Settings] = Settings) -> str:
    with pytest.raises(SettingsRefused) as refused:
        load(kind, env)
    return str(refused.value)


def test_own_fields_carry_the_services_name_and_the_rest_does_not() -> None:
    settings = load(
        ProbeSettings, WHOLE | {"CHAIRSIDE_PROBE_CHAIRS": "6", "CHAIRSIDE_PROBE_LINK_SECRET": "s", "CHAIRSIDE_PORT": "81"}
    )
    assert (settings.chairs, settings.port) == (6, 81)


def test_every_fault_is_told_at_once_and_no_value_with_it() -> None:
    text = refusal(
        {
            "CHAIRSIDE_DATABASE_URL": "mysql://role:hunter2@host/db",
            "CHAIRSIDE_JWKS": "http://issuer/hunter2",
            "CHAIRSIDE_PORT": "hunter2",
            "CHAIRSIDE_CLOCK_RATE": "inf",
            "CHAIRSIDE_CLOCK_WALL": "2026-03-02T08:00:00",
            "CHAIRSIDE_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "CHAIRSIDE_KAFKA_TLS_CA": "/no/such/hunter2.pem",
            "CHAIRSIDE_PROBE_CHAIRS": "many",
        },
        ProbeSettings,
    )
    told = {line.split(":")[0].strip() for line in text.splitlines()[1:-1]}
    assert told == {
        "CHAIRSIDE_KAFKA",
        "CHAIRSIDE_DATABASE_URL",
        "CHAIRSIDE_JWKS",
        "CHAIRSIDE_PORT",
        "CHAIRSIDE_CLOCK_RATE",
        "CHAIRSIDE_CLOCK_WALL",
        "CHAIRSIDE_KAFKA_SASL_USERNAME",
        "CHAIRSIDE_KAFKA_SASL_PASSWORD",
        "CHAIRSIDE_KAFKA_TLS_CA",
        "CHAIRSIDE_PROBE_CHAIRS",
        "CHAIRSIDE_PROBE_LINK_SECRET",
    }
    assert "hunter2" not in text


def test_a_secret_comes_from_a_file_and_never_prints(tmp_path: Path) -> None:
    (tmp_path / "dsn").write_text("postgresql://role:hunter2@host/db\n")
    env = {key: value for key, value in WHOLE.items() if "DATABASE" not in key}
    settings = load(Settings, env | {"CHAIRSIDE_DATABASE_URL_FILE": str(tmp_path / "dsn")})
    assert settings.database_url.get_secret_value().endswith("hunter2@host/db")
    assert "hunter2" not in repr(settings)


def test_a_file_that_cannot_be_read_is_one_fault_among_others(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    text = refusal({"CHAIRSIDE_KAFKA_FILE": str(tmp_path / "absent"), "CHAIRSIDE_JWKS_FILE": str(tmp_path / "binary")})
    assert "CHAIRSIDE_KAFKA: cannot be read from" in text
    assert "not UTF-8" in text
    assert "CHAIRSIDE_DATABASE_URL: is not set" in text
    assert text.count("CHAIRSIDE_KAFKA:") == 1


def test_a_value_and_a_file_for_one_setting_are_refused() -> None:
    assert "keep one of them" in refusal(WHOLE | {"CHAIRSIDE_AUDIT_KEY": "a", "CHAIRSIDE_AUDIT_KEY_FILE": "/b"})


def test_a_setting_set_to_nothing_is_not_set() -> None:
    assert load(Settings, WHOLE | {"CHAIRSIDE_CLOCK_WALL": "", "CHAIRSIDE_OTLP": ""}).clock_wall is None
    assert "CHAIRSIDE_KAFKA: is not set" in refusal(WHOLE | {"CHAIRSIDE_KAFKA": ""})


def test_the_machines_environment_does_not_leak_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAIRSIDE_AUDIENCE", "leaked")
    assert load(Settings, WHOLE).audience == "chairside"
    direct = Settings(kafka="broker:9092", database_url=SecretStr("postgresql://a"), jwks="f")
    assert direct.audience == "chairside"
