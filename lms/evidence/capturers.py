"""Outside systems whose evidence we take, known by their public key."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from lms.evidence.data import CapturerFacts, UnableToRegister
from lms.evidence.models import Capturer
from lms.evidence.registry import find_source

_KEY_BYTES = 32
_LONGEST_CODE = 64


def register_capturer(
    *, code: str, public_key: str, sources: Collection[str], organisation_id: int | None, now: datetime
) -> CapturerFacts:
    """The capturer may deliver evidence of these sources, signed with the key (Ed25519, 64 hex digits).

    `organisation_id` limits it to classes that this organisation teaches or hosts; None: the platform's own systems.
    Registering the same again changes nothing. Raises UnableToRegister where the code stands for something else.
    """
    if not code or len(code) > _LONGEST_CODE or not _is_key(public_key):
        raise UnableToRegister("A capturer needs a code of at most 64 characters and a public key of 64 hex digits.")
    for source in sources:
        find_source(source)
    wanted = {
        "public_key": public_key.lower(),
        "sources": sorted(set(sources)),
        "organisation_id": organisation_id,
    }
    row, _ = Capturer.objects.get_or_create(code=code, defaults={**wanted, "registered_at": now})
    if {name: getattr(row, name) for name in wanted} != wanted or row.revoked_at is not None:
        raise UnableToRegister(f"{code} is already registered with another key, sources or organisation, or revoked.")
    return _facts(row)


def revoke_capturer(*, code: str, now: datetime) -> None:
    """Nothing signed by this capturer is taken from now on; what it delivered before stands."""
    Capturer.objects.filter(code=code, revoked_at=None).update(revoked_at=now)


def find_capturer(*, code: str) -> CapturerFacts | None:
    """The capturer with this code, revoked or not; None where there is none."""
    row = Capturer.objects.filter(code=code).first()
    return _facts(row) if row else None


def _is_key(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == _KEY_BYTES
    except ValueError:
        return False


def _facts(row: Capturer) -> CapturerFacts:
    return CapturerFacts(
        code=row.code,
        public_key=row.public_key,
        sources=tuple(row.sources),
        organisation_id=row.organisation_id,
        revoked_at=row.revoked_at,
    )
