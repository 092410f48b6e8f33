"""Who may open what: every address of the URLconf stands in one list, and an address without an entry fails.

The list says for GET and POST who gets in. Everybody else meets 404, as if there were nothing; somebody who is not
signed in is sent to the login page, or hears 401 from the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.architecture.conftest import untouched
from tests.architecture.walk import addresses
from tests.factories.everybody import LESSON, Everybody

CALLERS = frozenset(
    {
        "learner", "classmate", "stranger", "hr", "other_hr", "provider_admin", "other_provider_admin", "trainer",
        "other_trainer", "base_staff", "other_base_staff", "assessor", "other_assessor", "officer", "far_officer",
        "city_officer", "operator", "desk",
    }
)  # fmt: skip
SIGNED_IN = CALLERS
ANYBODY = CALLERS | {"anonymous"}
NOBODY: frozenset[str] = frozenset()
LEARNER = frozenset({"learner"})
STAFF = CALLERS - {"learner", "classmate", "stranger"}
OFFICERS = frozenset({"officer", "far_officer", "city_officer"})
OWN_OFFICERS = frozenset({"officer", "city_officer"})
ARRANGERS = frozenset({"hr", "provider_admin"})
ALL_ARRANGERS = ARRANGERS | {"other_hr", "other_provider_admin"}
AUTHORS = frozenset({"trainer", "other_trainer", "provider_admin", "other_provider_admin"})
SUPERVISORS = OFFICERS | {"desk", "trainer", "other_trainer", "base_staff", "other_base_staff"}
OF_THE_CLASS = ARRANGERS | OWN_OFFICERS | {"trainer", "assessor", "base_staff"}
CONCERNED = LEARNER | ARRANGERS | OWN_OFFICERS
POINT_ARRANGERS = frozenset(
    {"hr", "other_hr", "provider_admin", "other_provider_admin", "base_staff", "other_base_staff"}
)
ON_THE_SPOT = frozenset({"base_staff", "trainer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who gets in. `kwargs` name keys of `Everybody.ids`, or stand for themselves where there is no such key.

    `barred` is what everybody meets at a door that no account opens (a signature, a ticket).
    """

    kwargs: Mapping[str, Any] = field(default_factory=dict)
    get: frozenset[str] = NOBODY
    post: frozenset[str] = NOBODY
    query: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    barred: int = 0
    submitted: bool = False


def page(get: frozenset[str] = NOBODY, post: frozenset[str] = NOBODY, **changes: Any) -> Entry:
    """An entry whose keyword arguments that `Entry` does not know are those of the address."""
    own = {key: changes.pop(key) for key in ("query", "data", "barred", "submitted") if key in changes}
    return Entry(get=get, post=post, kwargs=changes, **own)


ACCESS: dict[str, Entry | tuple[Entry, ...]] = {
    # the platform
    "schema": page(ANYBODY),
    "docs": page(ANYBODY),
    "set_language": page(post=ANYBODY),
    # accounts
    "accounts:login": page(ANYBODY, ANYBODY),
    "accounts:logout": page(post=ANYBODY),
    "accounts:register": page(ANYBODY, ANYBODY),
    "accounts:welcome": page(SIGNED_IN),
    "accounts:notice": page(ANYBODY),
    "accounts:me": page(SIGNED_IN),
    "accounts:looks": page(SIGNED_IN),
    "accounts:export": page(post=SIGNED_IN),
    "accounts:erase": page(SIGNED_IN, SIGNED_IN),
    "accounts:take_back": page(post=SIGNED_IN),
    "accounts:share_phone": page(post=SIGNED_IN),
    "accounts:unshare_phone": page(post=SIGNED_IN),
    "accounts:switch": page(post=ANYBODY),
    "accounts:erasures": page(frozenset({"operator"}), frozenset({"operator"})),
    "accounts:password": page(SIGNED_IN, SIGNED_IN),
    "accounts:email": page(SIGNED_IN, SIGNED_IN),
    "accounts:mobile": page(SIGNED_IN, SIGNED_IN),
    "accounts:give_face": page(post=SIGNED_IN),
    "accounts:withdraw": page(SIGNED_IN, SIGNED_IN, subject="platform"),
    "accounts:end_all_devices": page(post=SIGNED_IN),
    "accounts:end_device": page(post=LEARNER, kind="browser", device_id="device"),
    "accounts:consent": page(SIGNED_IN, SIGNED_IN),
    "accounts:language": page(post=ANYBODY, data={"language": "en"}),
    "accounts:large_type": page(post=ANYBODY),
    "accounts:desk": page(OFFICERS | {"desk"}, OFFICERS | {"desk"}),
    "accounts:check": page(SUPERVISORS, SUPERVISORS),
    "accounts:token": page(post=ANYBODY),
    # notices and help
    "notices:inbox": page(SIGNED_IN),
    "notices:read_all": page(post=SIGNED_IN),
    "notices:unread": page(SIGNED_IN),
    "notices:preferences": page(SIGNED_IN, SIGNED_IN),
    "notices:local_log": page(barred=404),  # only in the demo
    "notices:notice": page(LEARNER, notice_id="notice"),
    "support:ask": page(ANYBODY, ANYBODY),
    "support:mine": page(SIGNED_IN),
    "support:own": page(LEARNER, LEARNER, ticket_id="ticket"),
    "support:token": page(ANYBODY, ANYBODY, token="ticket_token"),
    "support:desk": page(frozenset({"operator"})),
    "support:answer": page(frozenset({"operator"}), frozenset({"operator"}), ticket_id="ticket"),
    # videos
    "media:desk": page(AUTHORS),
    "media:video": page(frozenset({"trainer"}), media_id="media"),
    "media:captions": page(post=frozenset({"trainer"}), media_id="media"),
    "media:retry": page(post=frozenset({"trainer"}), media_id="media"),
    "media:remove": page(post=frozenset({"trainer"}), media_id="failed_media"),
    "media:uploads": page(post=AUTHORS),
    "media:upload": page(frozenset({"trainer"}), upload="upload"),
    "media:parts": page(post=frozenset({"trainer"}), upload="upload", data={"numbers": [1]}),
    "media:complete": page(post=frozenset({"trainer"}), upload="upload", data={"parts": []}),
    "media:facts": page(frozenset({"trainer"}), media_id="media"),
    "media:playback": page(barred=403, token="no-ticket", file="master.m3u8"),
    # catalogue
    "courses:catalogue": page(ANYBODY, path="courses/"),
    # classes
    "enrolment:index": page(STAFF),
    "enrolment:new": page(ALL_ARRANGERS, ALL_ARRANGERS),
    "enrolment:inbox": page(OFFICERS),
    "enrolment:template": page(SIGNED_IN),
    "enrolment:open_classes": page(ANYBODY, course_id="open_course"),
    "enrolment:leave": page(post=LEARNER, enrolment_id="open_enrolment"),
    "enrolment:import": page(ARRANGERS, import_id="import"),
    "enrolment:confirm_import": page(post=ARRANGERS, import_id="import"),
    "enrolment:faults": page(ARRANGERS, import_id="import"),
    "enrolment:mend": page(ARRANGERS, ARRANGERS, import_id="import", row_number=3),
    "enrolment:class": (
        page(OF_THE_CLASS, class_run_id="class_run"),
        page(OF_THE_CLASS - OFFICERS, class_run_id="draft_class_run"),
    ),
    "enrolment:edit": page(ARRANGERS, ARRANGERS, class_run_id="draft_class_run"),
    "enrolment:cancel": page(post=ARRANGERS, class_run_id="class_run"),
    "enrolment:file": page(ARRANGERS, ARRANGERS, class_run_id="draft_class_run"),
    "enrolment:decide": page(post=OWN_OFFICERS, class_run_id="submitted_class_run", data={"verdict": "accept"}),
    "enrolment:add_person": page(ARRANGERS, ARRANGERS, class_run_id="class_run"),
    "enrolment:drop_person": page(post=ARRANGERS, class_run_id="class_run", enrolment_id="enrolment"),
    "enrolment:upload": page(ARRANGERS, ARRANGERS, class_run_id="class_run"),
    "enrolment:join": (page(post=SIGNED_IN, class_run_id="open_class_run"), page(class_run_id="class_run")),
    # archive
    "archive:class": page(
        OWN_OFFICERS | {"provider_admin"}, OWN_OFFICERS | {"provider_admin"}, class_run_id="class_run"
    ),
    "archive:download": page(
        post=OWN_OFFICERS | {"provider_admin"}, class_run_id="class_run", export_id="archive", data={"purpose": "审计"}
    ),
    "archive:keys": page(ANYBODY),
    "archive:verifier": page(ANYBODY),
    # learning points
    "points:overview": page(STAFF),
    "points:register": page(POINT_ARRANGERS, POINT_ARRANGERS),
    "points:here": page(ANYBODY),
    "points:ask": page(post=SIGNED_IN),
    "points:leave": page(post=SIGNED_IN),
    "points:point": page(frozenset({"base_staff"}), point_id="point"),
    "points:add_device": page(post=frozenset({"base_staff"}), point_id="point", data={"name": "PC 2"}),
    "points:supervisors": page(post=frozenset({"base_staff"}), point_id="point"),
    "points:revoke": page(post=frozenset({"base_staff"}), device_id="point_device"),
    "points:prove": page(post=frozenset({"base_staff"}), visit_id="visit", act="seen"),
    # producers
    "evidence:deliver": page(barred=401, source="live"),
    "player:watch": page(LEARNER, enrolment_id="lesson_enrolment", unit_key=LESSON),
    "player:open": page(post=LEARNER, data={"enrolment": "lesson_enrolment", "unit": LESSON}),
    "player:progress": page(LEARNER, session="play_session"),
    "player:playback": page(LEARNER, session="play_session"),
    "player:request_check": page(post=LEARNER, session="play_session", data={"kind": "idle"}),
    "player:answer_check": page(post=LEARNER, session="play_session", check="check", data={"round": 0, "answer": "00"}),
    "player:show_check": page(post=LEARNER, session="play_session", check="check"),
    "player:change_method": page(post=LEARNER, session="play_session", check="check", data={"method": "click_code"}),
    "player:supervise": page(check="check"),
    "practice:overview": page(SIGNED_IN),
    "practice:scan": page(SIGNED_IN, SIGNED_IN),
    "practice:schedule": page(ARRANGERS | {"trainer"}, ARRANGERS | {"trainer"}, class_run_id="class_run"),
    "practice:session": page(
        ON_THE_SPOT | OWN_OFFICERS | LEARNER | {"provider_admin", "classmate"}, session_id="session"
    ),
    "practice:board": page(ON_THE_SPOT, session_id="session"),
    "practice:board_part": page(ON_THE_SPOT, session_id="session"),
    "practice:confirm": page(
        post=ON_THE_SPOT, session_id="session", data={"kind": "in", "enrolment": "second_enrolment"}
    ),
    "practice:sign_off": page(post=frozenset({"trainer"}), session_id="session"),
    "practice:propose": page(
        post=ON_THE_SPOT, session_id="session", data={"enrolment": "second_enrolment", "out": "11:00", "reason": "忘"}
    ),
    "practice:decide": page(post=ON_THE_SPOT | {"provider_admin"}, correction_id="correction"),
    "practice:cancel": page(post=frozenset({"provider_admin", "trainer"}), session_id="session"),
    "assessment:mine": page(STAFF),
    "assessment:schedule": page(ARRANGERS, ARRANGERS, class_run_id="class_run"),
    "assessment:exam": page(OWN_OFFICERS | {"provider_admin", "assessor"}, frozenset({"assessor"}), exam_id="exam"),
    # the straight way
    "ledger:statement": page(CONCERNED | {"trainer"}, enrolment_id="enrolment"),
    "ledger:anchor-proof": page(CONCERNED | {"trainer"}, enrolment_id="enrolment"),
    "ledger:anchor-list": page(ANYBODY),
    "ledger:anchor": page(ANYBODY, number=1),
    "ledger:anchor-leaves": page(ANYBODY, number=1),
    "ledger:anchors": page(ANYBODY),
    "ledger:keys-pem": page(ANYBODY),
    "ledger:keys-hex": page(ANYBODY),
    "completion:mine": page(SIGNED_IN),
    "completion:certificate": page(CONCERNED, record_no="record"),
    "completion:search": page(ANYBODY, ANYBODY, data={"number": "record", "last4": "last4"}),
    "completion:verify": page(ANYBODY, code="verify_code"),
    "completion:record-api": (
        page(ANYBODY, record_no="record", query={"code": "verify_code"}),
        page(barred=404, record_no="record"),
    ),
    "completion:signing-keys": page(ANYBODY),
    "subsidy:mine": page(SIGNED_IN),
    "subsidy:decision": page(CONCERNED, decision_id="decision"),
    "subsidy:decision-api": page(CONCERNED, decision_id="decision"),
    "claims:mine": page(ALL_ARRANGERS),
    "claims:queue": page(OFFICERS),
    "claims:detail": (
        page(frozenset({"provider_admin"}), number="claim"),
        page(OWN_OFFICERS | {"provider_admin"}, number="claim", submitted=True),
    ),
    "claims:submit": page(post=frozenset({"provider_admin"}), number="claim"),
    "claims:review": (
        page(number="claim"),
        page(post=OWN_OFFICERS, number="claim", submitted=True, data={"verdict": "approve"}),
    ),
    "claims:payment": page(post=OWN_OFFICERS, number="claim", submitted=True),
    "appeals:queue": page(OFFICERS | {"provider_admin", "other_provider_admin"}),
    "appeals:mine": page(SIGNED_IN),
    "appeals:lodge": page(LEARNER, LEARNER, enrolment_id="enrolment", seq="refused_seq"),
    "appeals:appeal": page(OWN_OFFICERS | {"classmate", "provider_admin"}, appeal_id="appeal"),
    "appeals:answer": page(post=OWN_OFFICERS | {"provider_admin"}, appeal_id="appeal"),
    "appeals:go-on": page(post=frozenset({"classmate"}), appeal_id="appeal"),
    "appeals:file": page(OWN_OFFICERS | {"classmate", "provider_admin"}, appeal_id="appeal"),
    # oversight
    "oversight:flags": page(OFFICERS),
    "oversight:flag": page(OWN_OFFICERS, flag_id="flag"),
    "oversight:decide": page(post=OWN_OFFICERS, flag_id="flag", data={"outcome": "cleared", "reason": "问过本人"}),
    # start pages
    "portal:landing": page(ANYBODY),
    "portal:home": page(SIGNED_IN),
    "portal:class": page(LEARNER, enrolment_id="enrolment"),
    "portal:outlook": page(LEARNER, enrolment_id="enrolment"),
    "portal:statement": page(CONCERNED | {"trainer", "assessor", "base_staff"}, enrolment_id="enrolment"),
    "portal:statement-csv": page(CONCERNED | {"trainer", "assessor", "base_staff"}, enrolment_id="enrolment"),
    "portal:subsidy-preview": page(
        post=CONCERNED | {"trainer", "assessor", "base_staff"}, data={"enrolment": "enrolment"}
    ),
    "portal:demo": page(barred=404),  # only in the demo
    # Wagtail's own pages
    "wagtailcore_login": page(ANYBODY, ANYBODY),  # leads to our own door
    "wagtailcore_authenticate_with_password": page(barred=404, page_view_restriction_id=1, page_id=1),
    "demo:roster_file": page(barred=404),  # only in the demo
    "wagtail_serve": page(ANYBODY, args="courses/"),
    "wagtaildocs_serve": page(barred=404, args="1/x.pdf"),
    "wagtaildocs_authenticate_with_password": page(barred=404, restriction_id=1),
}
_A_FEW = frozenset({"anonymous", "stranger", "learner", "officer"})  # enough where the list keeps nobody out
_GET_LEADS_BACK = {"set_language"}  # Django's own view
_ELSEWHERE = {"healthz"}  # its own tests ask it with engines up and down
CASES = [
    (name, number, entry)
    for name, entries in ACCESS.items()
    for number, entry in enumerate(entries if isinstance(entries, tuple) else (entries,))
]
_SIGN_IN = "/accounts/login/?"
_REFUSED = {401, 403, 404, 405}


def _is_cms(route: str) -> bool:
    return route.startswith("cms/") and not route.startswith("cms/documents/^") and "restriction_id" not in route


def test_every_address_has_an_entry_and_every_entry_an_address() -> None:
    known = {address.name for address in addresses() if not _is_cms(address.route)}
    assert known == set(ACCESS) | _ELSEWHERE


@pytest.mark.parametrize(("name", "number", "entry"), CASES, ids=[f"{name}-{number}" for name, number, _ in CASES])
def test_each_address_lets_in_whom_the_list_names_and_nobody_else(
    name: str, number: int, entry: Entry, everybody: Everybody, clients: dict[str, Client], undone: None
) -> None:
    if entry.submitted:
        _submit(everybody)
    path = path_of(name, entry, everybody)
    wrong = []
    for method, welcome in (("get", entry.get), ("post", entry.post)):
        if not welcome and not entry.barred and method == "get":
            continue  # a page for POST only answers 405, which is asked below
        callers = ANYBODY if welcome not in (ANYBODY, SIGNED_IN) else _A_FEW
        for caller in sorted(callers):
            answer = ask(clients[caller], method, path, entry, everybody)
            fault = judge(answer, caller, welcome, entry, path)
            if fault:
                wrong.append(f"{method.upper()} {path} as {caller}: {fault}")
    if not entry.get and not entry.barred and entry.post and name not in _GET_LEADS_BACK:
        answer = ask(clients[min(entry.post)], "get", path, entry, everybody)
        if answer.status_code != 405:
            wrong.append(f"GET {path}: {answer.status_code} instead of 405")
    assert wrong == []


def judge(answer: HttpResponse, caller: str, welcome: frozenset[str], entry: Entry, path: str) -> str:
    """What is wrong with the answer; nothing if it is as the list says."""
    status, place = answer.status_code, answer.headers.get("Location", "")
    if entry.barred:
        return "" if status in {entry.barred, 405} else f"{status} instead of {entry.barred}"
    to_login = status == 302 and place.startswith(_SIGN_IN)
    if caller in welcome:
        return f"kept out: {status} {place}" if status in _REFUSED or status == 500 or to_login else ""
    if not welcome and status == 405:
        return ""
    if caller == "anonymous":
        kept_out = status == 401 if path.startswith("/api/") else to_login
        return "" if kept_out else f"not asked to sign in: {status} {place}"
    return "" if status == 404 else f"not kept out: {status} {place}"


def ask(client: Client, method: str, path: str, entry: Entry, everybody: Everybody) -> HttpResponse:
    """One request whose writes are undone at once. API addresses are given JSON."""
    data = {key: everybody.ids.get(value, value) if isinstance(value, str) else value for key, value in
            entry.data.items()}  # fmt: skip
    with untouched(client):
        if method == "get":
            answer = client.get(path)
        elif path.startswith("/api/"):
            answer = client.post(path, data, content_type="application/json")
        else:
            answer = client.post(path, data)
    return answer  # type: ignore[return-value]  # the test client's answer is one


def path_of(name: str, entry: Entry, everybody: Everybody) -> str:
    """The address of the entry with the ids of the house filled in."""
    kwargs = {key: everybody.ids.get(value, value) if isinstance(value, str) else value for key, value in
              entry.kwargs.items()}  # fmt: skip
    rest = kwargs.pop("args", None)
    path = reverse(name, args=rest.split("/", 1) if name == "wagtaildocs_serve" else (rest,)) if rest else reverse(
        name, kwargs=kwargs
    )  # fmt: skip
    query = {key: everybody.ids.get(value, value) for key, value in entry.query.items()}
    return f"{path}?{urlencode(query)}" if query else path


def _submit(everybody: Everybody) -> None:
    from lms.claims.api import submit
    from tests.factories.learning import LATER

    submit(number=everybody.ids["claim"], actor_id=everybody.cast.provider_admin_id, now=LATER)
