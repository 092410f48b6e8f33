"""Every environment variable the platform reads, typed, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    email_url: str
    email_from: str
    log_level: str
    log_format: str
    player_shards: int
    behind_https: bool
    demo: bool


def _ring(env: Env, name: str) -> dict[str, str]:
    """The key ring of variable `name`: `k2:hex,k1:hex`, 32 bytes each, the current key first."""
    ring: dict[str, str] = {}
    pairs: list[str] = env.list(name)
    for pair in pairs:
        key_id, _, value = pair.partition(":")
        if len(bytes.fromhex(value)) != 32 or not key_id:
            message = f"{name} must hold id:hex pairs of 32 bytes each"
            raise ValueError(message)
        ring[key_id] = value
    return ring


def read_environment() -> Environment:
    """The environment, read once; a missing variable is an error that names it."""
    env = Env()
    owner = env.str("DATABASE_ROLE", "app") == "owner"
    endpoint = env.str("S3_ENDPOINT").rstrip("/")
    site_url = env.str("SITE_URL").rstrip("/")
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
        database_pool=0 if owner else env.int("DATABASE_POOL", 0),
        redis_url=redis_url,
        cache_url=env.str("CACHE_URL"),
        s3=S3Place(
            endpoint=endpoint,
            public_endpoint=env.str("S3_PUBLIC_ENDPOINT", endpoint).rstrip("/"),
            bucket=env.str("S3_BUCKET"),
            region=env.str("S3_REGION", "us-east-1"),
            access_key=env.str("S3_ACCESS_KEY"),
            secret_key=env.str("S3_SECRET_KEY"),
        ),
        keys=Keys(
            field=_ring(env, "FIELD_KEYS"),
            blind_index=env.str("BLIND_INDEX_KEY"),
            signing=_ring(env, "SIGNING_KEYS"),
            play_token=_ring(env, "PLAY_TOKEN_KEYS"),
        ),
        sms_channel=env.str("SMS_CHANNEL", "http"),
        sms_url=env.str("SMS_URL", ""),
        sms_key=env.str("SMS_KEY", ""),
        email_url=env.str("EMAIL_URL", ""),
        email_from=env.str("EMAIL_FROM", "zhipei@localhost"),
        log_level=env.str("LOG_LEVEL", "INFO"),
        log_format=env.str("LOG_FORMAT", "json"),
        player_shards=env.int("PLAYER_SHARDS", 2),
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
