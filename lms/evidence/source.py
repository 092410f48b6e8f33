"""What every evidence source is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from courses.data import UnitMode, UnitSpec
from lms.evidence.data import AssessContext, CreditProposal, Evidence, Stretch, UnableToRecord

Assess = Callable[[Evidence, UnitSpec, AssessContext], CreditProposal]
Witness = Callable[[Any, tuple[Stretch, ...]], tuple[Stretch, ...]]
Instant = Annotated[int, msgspec.Meta(ge=1_500_000_000_000, le=4_102_444_800_000)]
"""Milliseconds since 1970 (UTC), between the years 2017 and 2100."""
MediaPoint = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
PersonId = Annotated[int, msgspec.Meta(ge=1, le=(1 << 63) - 1)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{0,120}$")]
"""A code or an id of the capturer's own; plain characters, so that no personal data hide in it."""


class Payload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every source's payload: ids and instants only, never personal data; unknown fields are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One kind of evidence. `assess` is pure and judges; `witness` gives the stretches that the evidence stands for,
    or raises UnableToRecord for content that can't be meant.

    `revision` grows whenever `assess` would answer differently, so that an old decision names its rules.
    """

    code: str
    mode: UnitMode
    revision: int
    payload: type[Payload]
    assess: Assess
    witness: Witness


def read_payload(kind: type[Payload], payload: Mapping[str, Any]) -> Any:
    """The payload as its source's own type. Raises UnableToRecord and names the field that does not fit."""
    try:
        return msgspec.convert(dict(payload), kind, strict=True)
    except msgspec.ValidationError as error:
        raise UnableToRecord("payload_invalid", str(error)) from error
