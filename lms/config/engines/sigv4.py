"""Presigned S3 addresses, made with the standard library.

Only the probe and the set-up of the embedded server need this: it keeps the supervisor small, and
leaves `media/store.py` the one place that speaks S3 for the product.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

REGION = "us-east-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """One bucket of one server, with the keys that may use it."""

    endpoint: str
    name: str
    access_key: str
    secret_key: str
    region: str = REGION


def presign(bucket: Bucket, method: str, key: str, *, now: datetime, seconds: int = 60, query: str = "") -> str:
    """An address that allows `method` on `key` (empty: the bucket) for `seconds`; `query` as `name=value`."""
    host = urlsplit(bucket.endpoint).netloc
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{bucket.region}/s3/aws4_request"
    path = quote(f"/{bucket.name}/{key}" if key else f"/{bucket.name}", safe="/~")
    pairs = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{bucket.access_key}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": "host",
    }
    if query:
        name, _, value = query.partition("=")
        pairs[name] = value
    canonical_query = "&".join(f"{quote(name, safe='~')}={quote(pairs[name], safe='~')}" for name in sorted(pairs))
    request = "\n".join([method, path, canonical_query, f"host:{host}\n", "host", "UNSIGNED-PAYLOAD"])
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    signature = hmac.new(_signing_key(bucket, stamp[:8]), text.encode(), hashlib.sha256).hexdigest()
    return f"{bucket.endpoint}{path}?{canonical_query}&X-Amz-Signature={signature}"


def _signing_key(bucket: Bucket, day: str) -> bytes:
    key = b"AWS4" + bucket.secret_key.encode()
    for part in (day, bucket.region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
