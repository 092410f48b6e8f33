"""The ways of showing presence that a class allows, and who may use which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from lms.accounts.api import addresses_for, consents_of
from lms.accounts.data import ConsentSubject
from lms.hours.data import HourLimits
from lms.player.data import CheckMethod
from lms.player.methods import camera, click_code, sms_code, supervised
from lms.player.methods.base import Asked, Method

METHODS: Mapping[CheckMethod, Method] = {
    module.METHOD.code: module.METHOD for module in (click_code, camera, sms_code, supervised)
}
_supervisors: list[Callable[[int, datetime], int | None]] = []


def register_supervisors(find: Callable[[int, datetime], int | None]) -> None:
    """`find(learner_id, at)` names the person who supervises the learner at that instant, or None.

    A package that knows learning points with named supervisors calls this when it starts.
    """
    _supervisors.append(find)


def supervisor_of(learner_id: int, at: datetime) -> int | None:
    """Who has the learner before the eyes now, as far as anybody knows."""
    return next((found for find in _supervisors if (found := find(learner_id, at)) is not None), None)


def facts_of(learner_id: int, at: datetime) -> Asked:
    """What the methods must know of a person."""
    reach = addresses_for(person_id=learner_id)
    return Asked(
        learner_id=learner_id,
        mobile=reach.mobile or "",
        language=reach.language,
        face_consent=consents_of(person_id=learner_id).get(ConsentSubject.FACE.value, False),
        supervisor_id=supervisor_of(learner_id, at),
    )


def methods_for(asked: Asked, limits: HourLimits) -> tuple[CheckMethod, ...]:
    """The ways this person may show presence in a class of these limits, the one to ask first in front.

    The pack allows; the person's consent, mobile and supervisor make it possible. The click code stands in where
    nothing else is possible: a check must never ask for what a person does not have.
    """
    allowed = {
        CheckMethod.CLICK_CODE: limits.presence_by_click,
        CheckMethod.CAMERA: limits.presence_by_camera,
        CheckMethod.SMS_CODE: limits.presence_by_sms,
        CheckMethod.SUPERVISED: limits.presence_by_supervisor,
    }
    ready = tuple(code for code, method in METHODS.items() if allowed[code] and method.is_ready(asked))
    return ready or (CheckMethod.CLICK_CODE,)
