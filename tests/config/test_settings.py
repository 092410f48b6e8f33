"""What production needs, what the browser is told, what the catalogue of apps holds."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client

from lms.config.settings.environment import mail_server
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


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SITE_URL", "zhipei.example", "SITE_URL must be an address that starts with http:// or https://"),
        ("SMS_URL", "gateway:8080", "SMS_URL must be an address"),
        ("BLIND_INDEX_KEY", "kein hex", "BLIND_INDEX_KEY must hold 32 bytes as hex"),
        ("SIGNING_KEYS", "k1:xyz", "SIGNING_KEYS must hold id:hex pairs of 32 bytes each"),
        ("EMAIL_URL", "mail.example:25", "EMAIL_URL must look like smtp://user:password@host:587"),
        ("IDENTITY_ADAPTER", "police", "IDENTITY_ADAPTER must be one of local, failing, or the dotted path of a class"),
        ("PLAYER_SHARDS", "0", "PLAYER_SHARDS must be 1 or more"),
    ],
)
def test_a_malformed_variable_stops_the_start_and_is_named(name: str, value: str, said: str) -> None:
    done = _production("from django.conf import settings; settings.DEBUG", **{name: value})
    assert done.returncode != 0
    assert said in done.stderr


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("", None),
        ("smtp://u:p%40ss@mail.example", ("mail.example", 587, "u", "p@ss", True, False)),
        ("smtp://u:p@mail.example:2525", ("mail.example", 2525, "u", "p", True, False)),
        ("smtps://u:p@mail.example", ("mail.example", 465, "u", "p", False, True)),
        ("smtp+plain://relay", ("relay", 25, "", "", False, False)),
    ],
)
def test_a_mail_address_says_host_port_user_and_tls(url: str, server: tuple[object, ...] | None) -> None:
    found = mail_server(url)
    got = found and (found.host, found.port, found.user, found.password, found.starttls, found.tls)
    assert got == server


@pytest.mark.parametrize("url", ["http://x", "smtp://", "smtp://u:secret@host:port", "smtp://host/inbox"])
def test_a_bad_mail_address_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="EMAIL_URL must look like") as refused:
        mail_server(url)
    assert "secret" not in str(refused.value)


def test_production_hands_mail_to_the_server_that_is_named() -> None:
    code = (
        "from django.conf import settings as s; print(s.MAIL_ON, s.EMAIL_HOST, s.EMAIL_PORT, s.EMAIL_HOST_USER, "
        "s.EMAIL_USE_TLS, s.EMAIL_USE_SSL, s.IDENTITY_ADAPTER, s.IDENTITY_REGISTER)"
    )
    done = _production(
        code,
        EMAIL_URL="smtps://post:x@mail.example",
        IDENTITY_ADAPTER="city.match.Register",
        IDENTITY_REGISTER="/r.csv",
    )
    assert done.stdout.split() == [
        "True", "mail.example", "465", "post", "False", "True", "city.match.Register", "/r.csv"
    ], done.stderr  # fmt: skip
    silent = _production("from django.conf import settings as s; print(s.MAIL_ON)", EMAIL_URL=None)
    assert silent.stdout.strip() == "False"


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


def test_the_editor_has_no_login_password_or_address_of_its_own(db: None, client: Client) -> None:
    assert settings.WAGTAILADMIN_LOGIN_URL == settings.LOGIN_URL
    for path in ("/cms/", "/cms/account/", "/cms/login/", "/cms/password_reset/"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers.get("Location", "").split("?")[0]) == (302, settings.LOGIN_URL), path
    for name in ("PASSWORD_MANAGEMENT", "PASSWORD_RESET", "EMAIL_MANAGEMENT"):
        assert getattr(settings, f"WAGTAIL_{name}_ENABLED") is False
