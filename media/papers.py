"""Papers that people hand in (a photo, a PDF): kept in the store as they came, found by key and digest."""

from __future__ import annotations

import hashlib
import re
from uuid import uuid4

from media import store
from media.data import PaperFacts

_FOLDER = re.compile(r"[a-z]{3,20}")


def keep_paper(*, data: bytes, content_type: str, folder: str) -> PaperFacts:
    """The store holds the paper under a new key inside `folder`. Raises StoreUnreachable."""
    if not _FOLDER.fullmatch(folder):
        raise ValueError(folder)
    key = f"papers/{folder}/{uuid4()}"
    store.put_bytes(key, data, content_type=content_type)
    return PaperFacts(key=key, size=len(data), digest=hashlib.sha256(data).hexdigest())


def read_paper(*, key: str) -> bytes:
    """The paper's content. Raises StoreUnreachable."""
    return store.get_bytes(key)


def forget_paper(*, key: str) -> None:
    """The store holds no such paper."""
    store.delete_key(key)
