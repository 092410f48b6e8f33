"""Large files that the platform itself writes into the store, from front to end, without holding them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from media import store
from media.data import UploadPart

PART_BYTES = 8 << 20


class PartedFile:
    """A file that can only be written. Memory holds one part; `size` and `sha256` are those of what was written."""

    def __init__(self, key: str, upload_id: str) -> None:
        self._key = key
        self._upload_id = upload_id
        self._waiting = bytearray()
        self._parts: list[UploadPart] = []
        self._seal = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._seal.hexdigest()

    def write(self, data: bytes) -> int:
        """The bytes come next in the file. Raises StoreUnreachable."""
        self._seal.update(data)
        self.size += len(data)
        self._waiting += data
        while len(self._waiting) >= PART_BYTES:
            self._send(bytes(self._waiting[:PART_BYTES]))
            del self._waiting[:PART_BYTES]
        return len(data)

    def flush(self) -> None:
        """Parts leave when they are full; the store has no file before the end."""

    def finish(self) -> None:
        """The file is whole in the store. Raises StoreUnreachable."""
        if self._waiting or not self._parts:
            self._send(bytes(self._waiting))
            self._waiting.clear()
        try:
            store.finish_multipart(self._key, self._upload_id, self._parts)
        except store.ObjectMissing as error:
            raise store.StoreUnreachable("the unfinished file is gone") from error

    def _send(self, data: bytes) -> None:
        try:
            self._parts.append(store.put_part(self._key, self._upload_id, len(self._parts) + 1, data))
        except store.ObjectMissing as error:
            raise store.StoreUnreachable("the unfinished file is gone") from error


@contextmanager
def parted_file(*, key: str, content_type: str) -> Iterator[PartedFile]:
    """What is written inside is one stored file at the end; where an error leaves the block, nothing is stored."""
    upload_id = store.begin_multipart(key, content_type=content_type)
    try:
        file = PartedFile(key, upload_id)
        yield file
        file.finish()
    except BaseException:
        store.abort_multipart(key, upload_id)
        raise


def discard_files(*, prefix: str) -> int:
    """No file and no unfinished one is left under `prefix`; how many there were."""
    unfinished = store.open_uploads(prefix)
    for key, upload_id in unfinished:
        store.abort_multipart(key, upload_id)
    keys = list(store.list_keys(prefix))
    for key in keys:
        store.delete_key(key)
    return len(unfinished) + len(keys)


def sign_file(*, key: str, file_name: str, seconds: int) -> str:
    """A URL under which a browser saves the file as `file_name`, for so many seconds."""
    return store.presign_get(key, seconds=seconds, file_name=file_name)
