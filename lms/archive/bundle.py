"""A ZIP written from front to end into a sink that only takes bytes: each file hashed, the manifest signed."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable
from typing import IO, Protocol, cast

from lms.db.api import public_keys, sign
from lms.lib.canonical import JSONValue, canonical_bytes

FORMAT = "class-archive/1"


class Sink(Protocol):
    """What takes bytes, one piece after the other."""

    def write(self, data: bytes, /) -> int: ...

    def flush(self) -> None: ...


class Bundle:
    """Files are added one after the other; `close` writes the manifest. Memory holds one line and the list of files."""

    def __init__(self, sink: Sink, *, made_at: tuple[int, int, int, int, int, int]) -> None:
        self._zip = zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_DEFLATED)
        self._made_at = made_at
        self._files: list[JSONValue] = []

    def add_lines(self, path: str, lines: Iterable[JSONValue]) -> None:
        """The file holds one canonical JSON value a line."""
        self._add(path, (canonical_bytes(line) + b"\n" for line in lines))

    def add_document(self, path: str, value: JSONValue) -> None:
        """The file holds one canonical JSON value."""
        self._add(path, (canonical_bytes(value),))

    def close(self, head: dict[str, JSONValue]) -> None:
        """The archive is whole: a manifest names every file, the platform's signature stands beside it."""
        manifest = canonical_bytes({"format": FORMAT, **head, "keys": public_keys(), "files": self._files})
        signature = sign(manifest)
        self._store("manifest.json", (manifest,))
        seal = canonical_bytes({"key_id": signature.key_id, "signature": signature.value})
        self._store("manifest.sig.json", (seal,))
        self._zip.close()

    def _add(self, path: str, pieces: Iterable[bytes]) -> None:
        digest, size = self._store(path, pieces)
        self._files.append({"path": path, "sha256": digest, "size": size})

    def _store(self, path: str, pieces: Iterable[bytes]) -> tuple[str, int]:
        seal, size = hashlib.sha256(), 0
        member = zipfile.ZipInfo(path, self._made_at)
        member.compress_type = zipfile.ZIP_DEFLATED
        with self._zip.open(member, "w", force_zip64=True) as out:
            for piece in pieces:
                seal.update(piece)
                size += len(piece)
                out.write(piece)
        return seal.hexdigest(), size
