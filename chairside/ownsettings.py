"""What a service asks for in its own settings and a clinic can give by itself: secrets, and the service's own address."""

import importlib
import importlib.util

from pydantic import SecretStr

from chairside.embedded.datadir import DataFolder
from kit.settings import Settings, name_of


def own_settings(service: str, address: str, folder: DataFolder) -> dict[str, str]:
    """Settings by name: a secret that must be given is drawn and kept; `public_url` is where the service answers."""
    if importlib.util.find_spec(f"services.{service}.settings") is None:
        return {}
    found: dict[str, str] = {}
    for kind in vars(importlib.import_module(f"services.{service}.settings")).values():
        if not (isinstance(kind, type) and issubclass(kind, Settings) and kind is not Settings):
            continue
        for field, about in kind.model_fields.items():
            if field in Settings.model_fields:
                continue
            if about.annotation is SecretStr and about.is_required():
                folder.secret(f"{service}-{field}")
                found[f"{name_of(kind, field)}_FILE"] = str(folder.secrets / f"{service}-{field}")
            elif field == "public_url":
                found[name_of(kind, field)] = address
    return found
