"""Every environment variable the platform reads, typed, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
from environs import Env

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Place:
    """Where uploads and packaged video live.

    `endpoint` is what our processes call; `public_endpoint` is what a browser calls. A presigned
    URL is signed for its host, so the two are told apart.
    """

    endpoint: str
    public_endpoint: str
    bucket: str
    region: str
    access_key: str
    secret_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Key rings as `id:hex` pairs, the current key first; older ones stay to read old data."""

    field: dict[str, str]
    blind_index: str
    signing: dict[str, str]
    play_token: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in: `starttls` begins in clear and turns to TLS, `tls` speaks TLS from the first byte."""

    host: str
    port: int
    user: str
    password: str
    starttls: bool
    tls: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    secret_key: str
    site_url: str
    allowed_hosts: tuple[str, ...]
    trusted_origins: tuple[str, ...]
    state_dir: Path
    static_root: Path
    database_url: str
    app_role: str
    database_pool: int
    redis_url: str
    cache_url: str
    s3: S3Place
    keys: Keys
    sms_channel: str
    sms_url: str
    sms_key: str
    mail: MailServer | None
    email_from: str
    presence_camera: str
    identity_adapter: str
    identity_register: Path
    log_level: str
    log_format: str
    player_shards: int
    behind_https: bool
    demo: bool


def _hex_key(name: str, value: str) -> str:
    """The key, if it is 32 bytes as hex."""
    try:
        fits = len(bytes.fromhex(value)) == 32
    except ValueError:
        fits = False
    if not fits:
        message = f"{name} must hold 32 bytes as hex (openssl rand -hex 32)"
        raise ValueError(message)
    return value


def _ring(env: Env, name: str) -> dict[str, str]:
    """The key ring of variable `name`: `k2:hex,k1:hex`, 32 bytes each, the current key first."""
    ring: dict[str, str] = {}
    pairs: list[str] = env.list(name)
    for pair in pairs:
        key_id, _, value = pair.partition(":")
        try:
            ring[key_id] = _hex_key(name, value)
        except ValueError:
            key_id = ""
        if not key_id:
            message = f"{name} must hold id:hex pairs of 32 bytes each"
            raise ValueError(message)
    if not ring:
        message = f"{name} must hold at least one id:hex pair"
        raise ValueError(message)
    return ring


def mail_server(url: str) -> MailServer | None:
    """The mail server behind an `EMAIL_URL`; None for an empty one. Raises ValueError without repeating the password.

    `smtp://user:password@host:587` begins in clear and turns to TLS, `smtps://…:465` speaks TLS at once,
    `smtp+plain://host:25` stays in clear: for a relay on the same machine or network only.
    """
    if not url:
        return None
    parts = urlsplit(url)
    ports = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
    try:
        port = parts.port or ports.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if parts.scheme not in ports or not parts.hostname or not port or parts.path.strip("/") or parts.query:
        message = "EMAIL_URL must look like smtp://user:password@host:587 (or smtps://, smtp+plain://)"
        raise ValueError(message)
    return MailServer(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=parts.scheme == "smtp",
        tls=parts.scheme == "smtps",
    )


def _address(env: Env, name: str, *default: str) -> str:
    """A web address without its last slash; empty stays empty."""
    value = env.str(name, *default).rstrip("/")
    if value and not (value.startswith(("http://", "https://")) and urlsplit(value).hostname):
        message = f"{name} must be an address that starts with http:// or https://"
        raise ValueError(message)
    return value


def _named(env: Env, name: str, default: str, shipped: tuple[str, ...]) -> str:
    """The name of a shipped adapter, or the dotted path of another."""
    value = env.str(name, default) or default
    if value not in shipped and not ("." in value and all(part.isidentifier() for part in value.split("."))):
        message = f"{name} must be one of {', '.join(shipped)}, or the dotted path of a class"
        raise ValueError(message)
    return value


def _at_least(env: Env, name: str, default: int, least: int) -> int:
    value: int = env.int(name, default)
    if value < least:
        message = f"{name} must be {least} or more"
        raise ValueError(message)
    return value


def read_environment() -> Environment:
    """The environment, read once; a missing variable is an error that names it."""
    env = Env()
    owner = env.str("DATABASE_ROLE", "app") == "owner"
    endpoint = _address(env, "S3_ENDPOINT")
    site_url = _address(env, "SITE_URL")
    redis_url = env.str("REDIS_URL")
    state_dir = Path(env.str("STATE_DIR", str(ROOT / "var"))).resolve()
    return Environment(
        secret_key=env.str("SECRET_KEY"),
        site_url=site_url,
        allowed_hosts=tuple(env.list("ALLOWED_HOSTS")),
        trusted_origins=tuple(env.list("TRUSTED_ORIGINS", [site_url])),
        state_dir=state_dir,
        static_root=Path(env.str("STATIC_ROOT", str(state_dir / "static"))),
        database_url=env.str("DATABASE_OWNER_URL") if owner else env.str("DATABASE_URL"),
        app_role=env.str("DATABASE_APP_ROLE", "lms_app"),
        database_pool=0 if owner else _at_least(env, "DATABASE_POOL", 0, 0),
        redis_url=redis_url,
        cache_url=env.str("CACHE_URL"),
        s3=S3Place(
            endpoint=endpoint,
            public_endpoint=_address(env, "S3_PUBLIC_ENDPOINT", endpoint) or endpoint,
            bucket=env.str("S3_BUCKET"),
            region=env.str("S3_REGION", "us-east-1"),
            access_key=env.str("S3_ACCESS_KEY"),
            secret_key=env.str("S3_SECRET_KEY"),
        ),
        keys=Keys(
            field=_ring(env, "FIELD_KEYS"),
            blind_index=_hex_key("BLIND_INDEX_KEY", env.str("BLIND_INDEX_KEY")),
            signing=_ring(env, "SIGNING_KEYS"),
            play_token=_ring(env, "PLAY_TOKEN_KEYS"),
        ),
        sms_channel=_named(env, "SMS_CHANNEL", "http", ("http", "local", "failing")),
        sms_url=_address(env, "SMS_URL", ""),
        sms_key=env.str("SMS_KEY", ""),
        mail=mail_server(env.str("EMAIL_URL", "")),
        email_from=env.str("EMAIL_FROM", "") or "zhipei@localhost",
        presence_camera=_named(env, "PRESENCE_CAMERA", "off", ("off", "local", "failing")),
        identity_adapter=_named(env, "IDENTITY_ADAPTER", "local", ("local", "failing")),
        identity_register=Path(env.str("IDENTITY_REGISTER", "") or state_dir / "identity-register.csv"),
        log_level=env.str("LOG_LEVEL", "INFO"),
        log_format=env.str("LOG_FORMAT", "json"),
        player_shards=_at_least(env, "PLAYER_SHARDS", 2, 1),
        behind_https=env.bool("BEHIND_HTTPS", True),
        demo=env.bool("DEMO", False),
    )


def database(environment: Environment) -> dict[str, Any]:
    """Django's entry for the one database, with a pool where `DATABASE_POOL` asks for one.

    Sync code under ASGI opens one connection per thread when connections persist, and ends in
    "too many clients"; hence no persistence, and a bounded pool instead.
    """
    entry: dict[str, Any] = dict(dj_database_url.parse(environment.database_url, conn_max_age=0))
    options = dict(entry.get("OPTIONS") or {})
    if environment.database_pool:
        options["pool"] = {"min_size": 1, "max_size": environment.database_pool, "timeout": 10}
    entry["OPTIONS"] = options
    return entry
