"""The statement of hours, and the public side of the anchors: a page, files, and the proof of one's own head."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, overload

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from lms.db.api import public_keys, public_keys_pem
from lms.enrolment.api import get_enrolment
from lms.enrolment.data import NotYours
from lms.ledger import api
from lms.ledger.api import check_reader, statement_for
from lms.ledger.data import AnchorNotFound, AnchorSeal, LearningStatement, ResultLine, UnitLine
from lms.lib.canonical import canonical_bytes
from lms.lib.localday import local_day
from lms.web.api import paginate, person_id_of, person_required, problem, rate_limited

_HASH = re.compile(r"[0-9a-f]{64}")


class _Anchors(Sequence[AnchorSeal]):
    """All anchors, newest first, read a page at a time."""

    def __len__(self) -> int:
        return api.count_anchors()

    @overload
    def __getitem__(self, index: int) -> AnchorSeal: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[AnchorSeal]: ...
    def __getitem__(self, index: int | slice) -> AnchorSeal | Sequence[AnchorSeal]:
        if isinstance(index, int):
            return api.list_anchors(start=index, limit=1)[0]
        start = index.start or 0
        return api.list_anchors(start=start, limit=max(0, (index.stop or start) - start))


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


@require_GET
@rate_limited("anchors", "120/m", key="ip", methods="GET")
def page(request: HttpRequest) -> HttpResponse:
    """`/anchors/`: every anchor, how to check them, and which one holds a given head (`?head=` its 64 hex digits)."""
    head = request.GET.get("head", "").strip().lower()
    asked = bool(_HASH.fullmatch(head))
    context = {
        "page": paginate(request, _Anchors(), per_page=30),
        "head": head[:64],
        "malformed": bool(head) and not asked,
        "found": api.anchor_of_head(entry_hash=head) if asked else None,
        "asked": asked,
        "keys": public_keys(),
    }
    return render(request, "ledger/anchors.html", context)


@require_GET
@rate_limited("anchors", "120/m", key="ip", methods="GET")
def listed(request: HttpRequest) -> HttpResponse:
    """`GET /api/v1/anchors/?page=`: the anchors, newest first."""
    found = paginate(request, _Anchors(), per_page=100)
    return JsonResponse(
        {
            "page": found.number,
            "pages": found.pages,
            "total": found.total,
            "anchors": [_line(one) for one in found.items],
        }
    )


@require_GET
@rate_limited("anchors", "120/m", key="ip", methods="GET")
def document(_request: HttpRequest, number: int) -> HttpResponse:
    """`GET /api/v1/anchors/{number}/`: the anchor's file."""
    try:
        content = api.anchor_file(number=number)
    except (AnchorNotFound, OverflowError) as error:
        raise Http404 from error
    return _file(content, "application/json", f"anchor-{number}.json")


@require_GET
@rate_limited("anchor-leaves", "20/m", key="ip", methods="GET")
def leaves(_request: HttpRequest, number: int) -> HttpResponse:
    """`GET /api/v1/anchors/{number}/leaves/`: the tree's leaves in order, one hash a line."""
    try:
        hashes = api.leaf_hashes(number=number)
    except (AnchorNotFound, OverflowError) as error:
        raise Http404 from error
    return _file("".join(f"{one}\n" for one in hashes).encode(), "text/plain", f"anchor-{number}-leaves.txt")


@require_GET
def keys_pem(_request: HttpRequest) -> HttpResponse:
    """`/anchors/keys.pem`: the platform's public keys; the line before each names its id."""
    text = "".join(f"# key_id {key_id}\n{pem}" for key_id, pem in public_keys_pem().items())
    return _file(text.encode(), "application/x-pem-file", "zhipei-keys.pem")


@require_GET
def keys_hex(_request: HttpRequest) -> HttpResponse:
    """`/anchors/keys.txt`: a key a line: its id, a blank, the raw Ed25519 key as 64 hex digits."""
    text = "".join(f"{key_id} {key}\n" for key_id, key in public_keys().items())
    return _file(text.encode(), "text/plain; charset=utf-8", "zhipei-keys.txt")


@person_required
@require_GET
def proof(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    """`GET /api/v1/enrolments/{id}/anchor-proof/`: for those who may read the statement; 404 else."""
    try:
        api.check_reader(enrolment_id=enrolment_id, person_id=person_id_of(request), day=local_day(timezone.now()))
    except NotYours as error:
        raise Http404 from error
    found = api.anchor_proof(learner_id=get_enrolment(enrolment_id=enrolment_id).learner_id)
    if found is None:
        return problem(
            request,
            status=404,
            code="not_anchored_yet",
            title=_("Not under an anchor yet"),
            detail=_("The next daily anchor takes in what was entered since. Come back tomorrow."),
        )
    return _file(canonical_bytes(found), "application/json", f"anchor-proof-{enrolment_id}.json", private=True)


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


def _line(one: AnchorSeal) -> dict[str, Any]:
    return {
        "number": one.number,
        "day": one.day.isoformat(),
        "anchored_at": one.anchored_at.isoformat(),
        "heads": one.heads,
        "root": one.root,
        "prev_root": one.prev_root,
        "key_id": one.key_id,
        "signature": one.signature,
    }


def _file(content: bytes, kind: str, name: str, *, private: bool = False) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store" if private else "public, max-age=300"
    return answer
