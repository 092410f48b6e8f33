from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from lms.enrolment.data import NotYours
from lms.ledger.api import check_reader, statement_for
from lms.ledger.data import LearningStatement, ResultLine, UnitLine
from lms.lib.localday import local_day
from lms.web.api import person_required


@person_required
@require_GET
def statement(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    """`GET /api/v1/enrolments/{id}/statement/`: the learner, employer, provider, trainer and officer; 404 else."""
    now = timezone.now()
    try:
        check_reader(enrolment_id=enrolment_id, person_id=request.user.pk or 0, day=local_day(now))
        found = statement_for(enrolment_id=enrolment_id, now=now)
    except NotYours as error:
        raise Http404 from error
    return JsonResponse(as_json(found), json_dumps_params={"ensure_ascii": False})


def as_json(found: LearningStatement) -> dict[str, Any]:
    """The statement in the form of the contract."""
    return {
        "enrolment": found.enrolment_id,
        "as_of": found.as_of.isoformat(),
        "credited_seconds": sum(line.credited_seconds for line in found.modes),
        "modes": {line.mode.value: line.credited_seconds for line in found.modes},
        "units": [_unit(line) for line in found.units],
        "results": [_result(line) for line in found.results],
        "refused_seconds": {reason.value: seconds for reason, seconds in found.refused_seconds.items()},
        "head": {"seq": found.head_seq, "hash": found.head_hash},
    }


def _unit(line: UnitLine) -> dict[str, Any]:
    return {
        "unit": line.unit_key,
        "mode": line.mode.value,
        "credited_seconds": line.credited_seconds,
        "coverage_ms": [list(span) for span in line.coverage],
        "refused": [
            {"from_ms": part.from_ms, "to_ms": part.to_ms, "seconds": part.seconds, "reason": part.reason.value}
            for part in line.refused
        ],
    }


def _result(line: ResultLine) -> dict[str, Any]:
    return {
        "unit": line.unit_key,
        "exam_kind": line.exam_kind.value,
        "score": line.score,
        "pass_mark": line.pass_mark,
        "passed": line.passed,
        "at": line.at.isoformat(),
    }
