"""For the type checker's Django plugin: the settings as tests have them, without any engine."""

from __future__ import annotations

import os

for _name, _value in {
    "SECRET_KEY": "types",
    "SITE_URL": "http://127.0.0.1",
    "ALLOWED_HOSTS": "127.0.0.1",
    "DATABASE_URL": "postgresql://lms_app@127.0.0.1/types",
    "REDIS_URL": "redis://127.0.0.1/0",
    "CACHE_URL": "redis://127.0.0.1/1",
    "S3_ENDPOINT": "http://127.0.0.1",
    "S3_BUCKET": "types",
    "S3_ACCESS_KEY": "types",
    "S3_SECRET_KEY": "types",
    "FIELD_KEYS": "t1:" + "11" * 32,
    "BLIND_INDEX_KEY": "22" * 32,
    "SIGNING_KEYS": "t1:" + "33" * 32,
    "PLAY_TOKEN_KEYS": "t1:" + "44" * 32,
}.items():
    os.environ.setdefault(_name, _value)

from lms.config.settings.base import *  # noqa: F403
