"""What production needs, what the browser is told, what the catalogue of apps holds."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client

from tests.engines import ROOT
from tests.lmsplugin import ENGINES

NEEDED = (
    "SECRET_KEY",
    "SITE_URL",
    "ALLOWED_HOSTS",
    "DATABASE_URL",
    "REDIS_URL",
    "CACHE_URL",
    "S3_ENDPOINT",
    "S3_BUCKET",
    "S3_ACCESS_KEY",
    "S3_SECRET_KEY",
    "FIELD_KEYS",
    "BLIND_INDEX_KEY",
    "SIGNING_KEYS",
    "PLAY_TOKEN_KEYS",
)


def _production(code: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **ENGINES.environment(), "BEHIND_HTTPS": "true"}
    environment["DJANGO_SETTINGS_MODULE"] = "lms.config.settings.production"
    for name, value in changes.items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("missing", NEEDED)
def test_production_does_not_start_without_each_secret_and_address(missing: str) -> None:
    done = _production("from django.conf import settings; settings.DEBUG", **{missing: None})
    assert done.returncode != 0
    assert f'Environment variable "{missing}" not set' in done.stderr


def test_production_refuses_a_key_of_the_wrong_length() -> None:
    done = _production("from django.conf import settings; settings.DEBUG", FIELD_KEYS="k1:abcd")
    assert "FIELD_KEYS must hold id:hex pairs of 32 bytes each" in done.stderr


def test_production_is_closed() -> None:
    code = (
        "from django.conf import settings as s; print(s.DEBUG, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, "
        "s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS, s.DEMO, s.SMS_CHANNEL)"
    )
    done = _production(code, SMS_CHANNEL=None)
    assert done.stdout.split() == ["False", "True", "True", "True", "31536000", "False", "http"], done.stderr


def test_migrations_connect_as_the_owner_and_all_else_as_the_application() -> None:
    code = "from django.conf import settings as s; print(s.DATABASES['default']['USER'])"
    assert _production(code).stdout.strip() == "lms_app"
    assert _production(code, DATABASE_ROLE="owner").stdout.strip() == "lms_owner"


def test_pages_carry_a_strict_policy_and_the_editor_a_looser_one(db: None, client: Client) -> None:
    policy = client.get("/healthz").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert f"media-src 'self' blob: {settings.S3.public_endpoint}" in policy
    assert "frame-ancestors 'none'" in policy
    editor = client.get("/cms/login/").headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-inline'" in editor
    assert "frame-ancestors 'self'" in editor


def test_the_api_document_is_there_and_shown(db: None, client: Client) -> None:
    document = client.get("/api/v1/schema/?format=json").json()
    assert document["openapi"].startswith("3.")
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    assert b"swagger-ui" in page.content


def test_what_is_missing_under_the_api_is_a_problem_document(db: None, client: Client) -> None:
    answer = client.get("/api/v1/nothing-here/", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not_found"
    chinese = client.get("/api/v1/nothing-here/", headers={"Accept-Language": "zh-CN"}).json()
    assert chinese["title"] == "未找到"
