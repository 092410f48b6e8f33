"""The embedded S3 as clients use it: presigned, in parts, by range, and after a crash."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lms.config.engines import s3
from lms.config.settings.environment import S3Place
from tests.lmsplugin import ENGINES

KEY = "视频/第 1 课 & 50%+【安全】?#.mp4"
PART = 5 * 1024 * 1024


def _client(place: S3Place, *, secret: str | None = None) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=place.public_endpoint,
        region_name=place.region,
        aws_access_key_id=place.access_key,
        aws_secret_access_key=secret or place.secret_key,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


def _http(method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] = {}) -> tuple[int, bytes, Any]:
    request = urllib.request.Request(url, data=body, method=method, headers=dict(headers))
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def _presign(place: S3Place, action: str, key: str = KEY, seconds: int = 60, **extra: object) -> str:
    url: str = _client(place).generate_presigned_url(
        action, Params={"Bucket": place.bucket, "Key": key, **extra}, ExpiresIn=seconds
    )
    return url


def test_presigned_put_get_and_range(storage: S3Place) -> None:
    body = os.urandom(300_000)
    status, _body, headers = _http("PUT", _presign(storage, "put_object"), body)
    assert (status, headers["ETag"].strip('"')) == (200, hashlib.md5(body).hexdigest())
    url = _presign(storage, "get_object")
    assert _http("GET", url)[:2] == (200, body)
    status, part, headers = _http("GET", url, headers={"Range": "bytes=1000-1999"})
    assert (status, part, headers["Content-Range"]) == (206, body[1000:2000], "bytes 1000-1999/300000")


def test_presigned_multipart(storage: S3Place) -> None:
    client, parts = _client(storage), [os.urandom(PART), os.urandom(PART), os.urandom(1234)]
    upload = client.create_multipart_upload(Bucket=storage.bucket, Key="parts.bin")["UploadId"]
    tags = []
    for number in (2, 3, 1):  # in any order
        url = _presign(storage, "upload_part", "parts.bin", UploadId=upload, PartNumber=number)
        status, _body, headers = _http("PUT", url, parts[number - 1])
        assert status == 200
        tags.append({"PartNumber": number, "ETag": headers["ETag"]})
    listed = client.list_parts(Bucket=storage.bucket, Key="parts.bin", UploadId=upload)["Parts"]
    assert [(part["PartNumber"], part["Size"]) for part in listed] == [(1, PART), (2, PART), (3, 1234)]
    client.complete_multipart_upload(
        Bucket=storage.bucket,
        Key="parts.bin",
        UploadId=upload,
        MultipartUpload={"Parts": sorted(tags, key=lambda tag: tag["PartNumber"])},
    )
    assert _http("GET", _presign(storage, "get_object", "parts.bin"))[1] == b"".join(parts)


@pytest.mark.parametrize("spoil", ["anonymous", "tampered", "expired", "wrong secret", "other host"])
def test_unsigned_spoilt_and_old_addresses_are_refused(storage: S3Place, spoil: str) -> None:
    _client(storage).put_object(Bucket=storage.bucket, Key="secret.txt", Body=b"x")
    url = _presign(storage, "get_object", "secret.txt", seconds=1 if spoil == "expired" else 60)
    if spoil == "anonymous":
        url = url.partition("?")[0]
    elif spoil == "tampered":
        url = url.replace("secret.txt", "secret2.txt")
    elif spoil == "wrong secret":
        url = _client(storage, secret="guess").generate_presigned_url(
            "get_object", Params={"Bucket": storage.bucket, "Key": "secret.txt"}
        )
    elif spoil == "other host":
        url = url.replace("127.0.0.1", "localhost")
    elif spoil == "expired":
        assert _http("GET", url)[0] == 200
        time.sleep(2)
    assert _http("GET", url)[0] == 403


def test_only_our_origin_may_read_across_and_sees_the_range(storage: S3Place) -> None:
    _client(storage).put_object(Bucket=storage.bucket, Key="cors.bin", Body=b"0123456789")
    url = _presign(storage, "get_object", "cors.bin")
    status, body, headers = _http("GET", url, headers={"Origin": "http://127.0.0.1:8000", "Range": "bytes=2-4"})
    assert (status, body) == (206, b"234")
    assert headers["Access-Control-Allow-Origin"] == "http://127.0.0.1:8000"
    assert {"etag", "content-range"} <= {
        name.strip().lower() for name in headers["Access-Control-Expose-Headers"].split(",")
    }
    assert _http("GET", url, headers={"Origin": "http://evil.example"})[2]["Access-Control-Allow-Origin"] is None


def test_objects_and_open_uploads_survive_a_crash(storage: S3Place) -> None:
    client, body = _client(storage), os.urandom(200_000)
    client.put_object(Bucket=storage.bucket, Key="kept.bin", Body=body)
    upload = client.create_multipart_upload(Bucket=storage.bucket, Key="open.bin")["UploadId"]
    first = client.upload_part(Bucket=storage.bucket, Key="open.bin", UploadId=upload, PartNumber=1, Body=b"a" * PART)
    ENGINES.crash("storage")
    assert _http("GET", _presign(storage, "get_object", "kept.bin"))[:2] == (200, body)
    status, _body, headers = _http(
        "PUT", _presign(storage, "upload_part", "open.bin", UploadId=upload, PartNumber=2), b"tail"
    )
    assert status == 200
    parts = [{"PartNumber": 1, "ETag": first["ETag"]}, {"PartNumber": 2, "ETag": headers["ETag"]}]
    client.complete_multipart_upload(
        Bucket=storage.bucket, Key="open.bin", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    status, tail, _headers = _http("GET", _presign(storage, "get_object", "open.bin"), headers={"Range": "bytes=-4"})
    assert (status, tail) == (206, b"tail")


def test_the_probe_signs_as_the_clients_do(storage: S3Place) -> None:
    assert s3.serves(ENGINES.store.place)
    assert not s3.serves(dataclasses.replace(ENGINES.store.place, secret_key="guess"))
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        _client(storage, secret="guess").list_objects_v2(Bucket=storage.bucket)
