"""docs/asyncapi.yaml is valid against the official schema, which npm brings."""

import json
import shutil
import subprocess
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from chairside.contract.asyncapi import asyncapi

SPECS = "@asyncapi/specs@6.11.1"


@pytest.fixture(scope="session")
def official(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The official AsyncAPI 3.0 schema."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not here, and it brings the official AsyncAPI schema")
    folder = tmp_path_factory.mktemp("asyncapi")
    said = subprocess.run(
        ["npm", "install", "--no-save", "--no-audit", "--no-fund", SPECS], cwd=folder, capture_output=True, text=True, check=False
    )
    if said.returncode:
        pytest.skip(f"npm could not bring {SPECS}: {said.stderr[-200:]}")
    return folder / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0-without-$id.json"


def test_the_document_is_valid(official: Path) -> None:
    validator = jsonschema_rs.validator_for(json.loads(official.read_text()))
    document = yaml.safe_load(asyncapi())
    faults = [f"{'/'.join(map(str, fault.instance_path))}: {fault.message[:200]}" for fault in validator.iter_errors(document)]
    assert faults == []
    broken = dict(document, channels={"x": {"address": 7}})
    assert not validator.is_valid(broken), "the official schema refuses nothing"
