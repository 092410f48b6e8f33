"""One embedded installation: its engines, programs and their environment, from STATE_DIR and PORT."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from lms.config.engines import postgres, programs, s3, valkey
from lms.config.engines.engine import Engine
from lms.config.engines.state import State

DATABASE, DRAFT = "zhipei", "zhipei_draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What runs in one STATE_DIR; made by `lay_out`."""

    port: int
    cluster: postgres.Cluster
    store: s3.Store
    valkeys: tuple[Engine, Engine]
    environment: Mapping[str, str]  # of the application
    owner_url: str  # for migrations only
    streams_port: int
    valkey_password: str

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def engines(self) -> tuple[Engine, ...]:
        """What must serve before anything else can start."""
        return (postgres.engine(self.cluster), *self.valkeys)

    @property
    def owner_environment(self) -> dict[str, str]:
        return {**self.environment, "DATABASE_OWNER_URL": self.owner_url}

    @property
    def programs(self) -> tuple[Engine, ...]:
        workers = [
            programs.worker(name, port=self.streams_port, password=self.valkey_password, environment=self.environment)
            for name in programs.WORKERS
        ]
        web = programs.web(port=self.port, environment=self.environment)
        return (web, *workers, programs.beat(environment=self.environment))


def lay_out(state: State, *, port: int) -> Installation:
    """The installation of this folder; secrets and ports are made on the first call and kept."""
    secret, ports = state.secrets(), state.ports()
    cluster = postgres.Cluster(
        data_dir=state.folder / "postgres",
        port=ports["postgres"],
        passwords={
            postgres.SUPERUSER: secret["postgres"],
            postgres.OWNER: secret["owner"],
            postgres.APP: secret["app"],
        },
    )
    store = s3.Store(
        folder=state.folder / "s3",
        ports={name: ports[f"weed.{name}"] for name in s3.PORTS},
        bucket="zhipei",
        access_key=secret["s3_access"],
        secret_key=secret["s3_secret"],
        origins=[f"http://127.0.0.1:{port}", f"http://localhost:{port}"],
    )
    streams, cache = (
        valkey.engine(
            name=name,
            folder=state.folder / name,
            port=ports[name],
            password=secret["valkey"],
            durable=name == "streams",
        )
        for name in ("streams", "cache")
    )
    environment = {
        "DJANGO_SETTINGS_MODULE": "lms.config.settings.dev",
        "STATE_DIR": str(state.folder),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "TRUSTED_ORIGINS": f"http://127.0.0.1:{port},http://localhost:{port}",
        "SECRET_KEY": secret["secret_key"],
        "DATABASE_URL": cluster.url(postgres.APP, DATABASE),
        "REDIS_URL": valkey.url(port=ports["streams"], password=secret["valkey"]),
        "CACHE_URL": valkey.url(port=ports["cache"], password=secret["valkey"]),
        "S3_ENDPOINT": store.endpoint,
        "S3_BUCKET": store.bucket,
        "S3_ACCESS_KEY": store.access_key,
        "S3_SECRET_KEY": store.secret_key,
        "FIELD_KEYS": secret["field_keys"],
        "BLIND_INDEX_KEY": secret["blind_index_key"],
        "SIGNING_KEYS": secret["signing_keys"],
        "PLAY_TOKEN_KEYS": secret["play_token_keys"],
        "SMS_CHANNEL": "local",
        "BEHIND_HTTPS": "false",
        "DEMO": "true",
    }
    return Installation(
        port=port,
        cluster=cluster,
        store=store,
        valkeys=(streams, cache),
        environment=environment,
        owner_url=cluster.url(postgres.OWNER, DATABASE),
        streams_port=ports["streams"],
        valkey_password=secret["valkey"],
    )


def correct_address(state: State, address: str) -> dict[str, object]:
    """What the demo loader wrote for people and scripts, with the address of this run."""
    path = state.folder / "demo.json"
    if not path.exists():
        return {}
    told: dict[str, object] = json.loads(path.read_text())
    if told.get("base_url") != address:
        told["base_url"] = address
        path.write_text(json.dumps(told, ensure_ascii=False, indent=1))
    return told
