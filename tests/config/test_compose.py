"""docker-compose.yml describes the whole deployment and agrees with the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from lms.config.alive import QUEUES
from lms.config.engines import postgres
from tests.config.test_settings import NEEDED
from tests.engines import ROOT

COMPOSE = ROOT / "docker-compose.yml"


def _compose() -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return told


def _check(path: Path) -> subprocess.CompletedProcess[str]:
    tool = Path(sys.executable).with_name("check-jsonschema")
    return subprocess.run(
        [tool, "--builtin-schema", "vendor.compose-spec", path], capture_output=True, text=True, check=False
    )


def test_it_fits_the_schema_and_a_misspelt_key_does_not(tmp_path: Path) -> None:
    assert _check(COMPOSE).returncode == 0
    spoilt = tmp_path / "spoilt.yml"
    spoilt.write_text(COMPOSE.read_text().replace("restart: unless-stopped", "restrat: unless-stopped", 1))
    assert _check(spoilt).returncode == 1


def test_every_part_is_there() -> None:
    services = _compose()["services"]
    assert {"postgres", "streams", "cache", "s3", "web", "front", "beat", "janus", "coturn", "proxy"} <= services.keys()
    taken = {
        queue
        for service in services.values()
        for queues in re.findall(r"--queues (\S+)", str(service.get("command")))
        for queue in queues.split(",")
    }
    assert taken == set(QUEUES)


def test_the_application_gets_all_that_it_needs_and_never_the_owner() -> None:
    told = _compose()
    assert set(NEEDED) <= told["x-application"].keys()
    owners = [name for name, service in told["services"].items() if "DATABASE_OWNER_URL" in str(service)]
    assert owners == ["prepare"]


def test_no_secret_has_a_value_or_a_default() -> None:
    text = COMPOSE.read_text()
    used = set(re.findall(r"(?<!\$)\$\{(\w+)(:?[-?][^}]*)?\}", text))
    open_ones = {name for name, fallback in used if fallback != ":?"}
    assert open_ones == {"EMAIL_URL", "EMAIL_FROM", "IDENTITY_ADAPTER", "IDENTITY_REGISTER", "PRESENCE_CAMERA"}


def test_the_roles_are_granted_what_the_embedded_ones_are() -> None:
    script = _compose()["configs"]["roles"]["content"]
    for statement in postgres.ROLE_GRANTS.strip().splitlines():
        assert statement in script
    for extension in postgres.EXTENSIONS:
        assert f"CREATE EXTENSION IF NOT EXISTS {extension};" in script
    assert " ".join(postgres.INITDB[:-1]) in COMPOSE.read_text()
