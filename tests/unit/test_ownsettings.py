"""A clinic gives a service the secrets and the address its settings ask for."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from chairside.embedded.datadir import DataFolder
from chairside.ownsettings import own_settings
from kit.settings import Settings, load


class ProbeSettings(Settings):
    model_config = SettingsConfigDict(env_prefix="CHAIRSIDE_PROBE_")

    link_secret: SecretStr
    hook_secret: SecretStr | None = None
    public_url: str = ""
    chairs: int = 4


def test_what_must_be_given_is_drawn_once_and_the_rest_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("services.probe.settings")
    module.ProbeSettings = ProbeSettings  # type: ignore[attr-defined]
    module.Settings = Settings  # type: ignore[attr-defined]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: module)
    monkeypatch.setitem(sys.modules, "services.probe", ModuleType("services.probe"))
    monkeypatch.setitem(sys.modules, "services.probe.settings", module)
    with DataFolder.held(tmp_path) as folder:
        given = own_settings("probe", "http://127.0.0.1:21000", folder)
        assert given == own_settings("probe", "http://127.0.0.1:21000", folder)
    assert set(given) == {"CHAIRSIDE_PROBE_LINK_SECRET_FILE", "CHAIRSIDE_PROBE_PUBLIC_URL"}
    others = {"CHAIRSIDE_KAFKA": "a:1", "CHAIRSIDE_DATABASE_URL": "postgresql://a", "CHAIRSIDE_JWKS": "file"}
    settings = load(ProbeSettings, given | others)
    assert len(settings.link_secret.get_secret_value()) >= 32
    assert settings.public_url == "http://127.0.0.1:21000"
