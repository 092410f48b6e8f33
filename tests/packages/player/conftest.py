from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from lms.player import stream
from tests.packages.player.world import World, make_world


@pytest.fixture
def world(db: None, streams: redis.Redis) -> World:
    return make_world()


@pytest.fixture(autouse=True)
def _own_client() -> Iterator[None]:
    """Each test meets Valkey with a fresh connection; some tests restart it."""
    yield
    stream.client.cache_clear()
