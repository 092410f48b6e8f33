"""The words of policy case files: which field a programme knows, and how its value is read (docs/policy-cases.md).

Every reader takes null and "unknown" as *not known*, unless its field says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

from lms.lib.localday import local_day
from lms.lib.money import parse_yuan, scaled_integer
from lms.subsidy.data import LineStatus
from lms.subsidy.engine.templates import NO_LEVEL

Reader: TypeAlias = Callable[[Any], Any]
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LEVEL_NAMES = {"一级": 1, "二级": 2, "三级": 3, "四级": 4, "五级": 5, "none": NO_LEVEL, "": NO_LEVEL}
_LARGEST = 10**12


class CaseError(ValueError):
    """The case can't be read; the message names the field and what it should be."""


class DecimalText(str):
    """A JSON number with a fraction, kept as the text it was written as."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One input: who knows it, how it is read."""

    programmes: frozenset[str]
    read: Reader


def _unless_unknown(read: Reader) -> Reader:
    return lambda value: None if value is None or value == "unknown" else read(value)


def read_whole(value: Any) -> int:
    if type(value) is not int or abs(value) > _LARGEST:
        raise CaseError("must be a whole number")
    return value


def read_count(value: Any) -> int:
    if read_whole(value) < 0:
        raise CaseError("must not be negative")
    return int(value)


def read_year(value: Any) -> int:
    if not 1950 <= read_whole(value) <= 2100:
        raise CaseError("must be a year between 1950 and 2100")
    return int(value)


def read_age(value: Any) -> int:
    if not 0 <= read_whole(value) <= 130:
        raise CaseError("must be an age in full years")
    return int(value)


def read_flag(value: Any) -> bool:
    if type(value) is not bool:
        raise CaseError("must be true or false")
    return value


def read_text(value: Any) -> str:
    if type(value) is not str or not value.strip() or len(value) > 200:
        raise CaseError("must be a text of 1 to 200 characters")
    return value


def read_day(value: Any) -> date:
    """A date (taken as a day in Asia/Shanghai) or an instant with offset (its day in Asia/Shanghai)."""
    if type(value) is not str:
        raise CaseError("must be an ISO date or an instant with offset")
    try:
        if _DAY.fullmatch(value):
            day = date.fromisoformat(value)
        else:
            instant = datetime.fromisoformat(value)
            if instant.tzinfo is None:
                raise CaseError("an instant needs its offset, for example +08:00")
            day = local_day(instant)
    except (ValueError, OverflowError) as error:
        if isinstance(error, CaseError):
            raise
        raise CaseError("must be an ISO date or an instant with offset") from error
    if not 1950 <= day.year <= 2100:
        raise CaseError("must lie between 1950 and 2100")
    return day


def read_yuan(value: Any) -> int:
    """Fen of a non-negative amount; the number is read as text, never as a float."""
    if type(value) not in (int, str, DecimalText):
        raise CaseError("must be an amount in yuan")
    try:
        fen = parse_yuan(str(value))
    except ValueError as error:
        raise CaseError("must be an amount in yuan with at most two decimals") from error
    if not 0 <= fen <= _LARGEST:
        raise CaseError("must not be negative")
    return fen


def read_share(value: Any) -> int:
    """Millionths of a share between 0 and 1, such as 0.5."""
    if type(value) not in (int, str, DecimalText):
        raise CaseError("must be a share between 0 and 1")
    try:
        share = scaled_integer(str(value), decimals=6)
    except ValueError as error:
        raise CaseError("must be a share between 0 and 1 with at most six decimals") from error
    if not 0 <= share <= 1_000_000:
        raise CaseError("must be a share between 0 and 1")
    return share


def read_months_of_years(value: Any) -> int:
    """Months of a number of years such as 2 or 1.5."""
    if type(value) not in (int, str, DecimalText):
        raise CaseError("must be a number of years")
    try:
        hundredths = scaled_integer(str(value), decimals=2)
    except ValueError as error:
        raise CaseError("must be a number of years") from error
    months, rest = divmod(hundredths * 12, 100)
    if rest or not 0 < months <= 120:
        raise CaseError("must be whole months, up to ten years")
    return months


def read_level(value: Any) -> int:
    """1 to 5; 0, null or "none" mean a certificate without level."""
    if value is None or (type(value) is int and value == 0):
        return NO_LEVEL
    if type(value) is str:
        value = int(value) if value in {"1", "2", "3", "4", "5"} else _LEVEL_NAMES.get(value, value)
    if type(value) is not int or value not in {1, 2, 3, 4, 5, NO_LEVEL}:
        raise CaseError("must be a level from 1 to 5, or null for none")
    return value


def read_identity(value: Any) -> int:
    """0 to 3, or "L0" to "L3"."""
    level = int(value[1]) if type(value) is str and re.fullmatch("L[0-3]", value) else value
    if type(level) is not int or not 0 <= level <= 3:
        raise CaseError("must be a level from L0 to L3")
    return level


def one_of(words: Mapping[Any, Any]) -> Reader:
    """A reader for a closed list of words, each with what it means."""

    def read(value: Any) -> Any:
        key = (type(value), value) if type(value) in (str, bool) else None
        for word, meaning in words.items():
            if key == (type(word), word):
                return meaning
        raise CaseError(f"must be one of {', '.join(str(word) for word in words)}")

    return read


def _same(*words: str) -> dict[Any, Any]:
    return {word: word for word in words}


def read_seconds_by_mode(value: Any) -> dict[str, int]:
    if not isinstance(value, dict):
        raise CaseError("must be an object of seconds by mode")
    strange = sorted(set(value) - {"video", "live", "practice", "mentoring", "qa", "test", "reading"})
    if strange:
        raise CaseError(f"does not know the mode {strange[0]!r}")
    return {mode: read_count(seconds) for mode, seconds in value.items()}


GROUPS = frozenset(
    {"EMP", "FLEX", "UNEMP", "XB", "RURAL", "DIS", "VET5", "HARD", "GRAD-C", "GRAD-V", "PRISON", "EXCLUDED"}
)


@dataclass(frozen=True, slots=True)
class GroupClaim:
    """A person group with its validity, both days included (None: open)."""

    code: str
    from_on: date | None
    to_on: date | None


def read_groups(value: Any) -> tuple[GroupClaim, ...]:
    if not isinstance(value, list):
        raise CaseError("must be a list of group codes")
    return tuple(_group(item) for item in value)


def _group(item: Any) -> GroupClaim:
    given = item if isinstance(item, dict) else {"code": item}
    strange = sorted(set(given) - {"code", "from", "to"})
    if strange or not isinstance(given.get("code"), str):
        raise CaseError("must list group codes, or objects of code, from, to")
    code = given["code"].upper()
    if code not in GROUPS:
        raise CaseError(f"does not know the group {given['code']!r}")
    ends = [None if given.get(end) is None else read_day(given[end]) for end in ("from", "to")]
    return GroupClaim(code, ends[0], ends[1])


LINE_STATUSES: Mapping[str, LineStatus | None] = {
    "paid": LineStatus.PAID,
    **dict.fromkeys(
        (
            "pending",
            "submitted",
            "accepted",
            "returned",
            "approved",
            "hold",
            "published",
            "objected",
            "paying",
            "pay_failed",
        ),
        LineStatus.PENDING,
    ),
    **dict.fromkeys(("draft", "refused", "rejected", "clawback", "withdrawn", "cancelled", "closed", "void"), None),
}

_LINE_READERS: Mapping[str, Reader] = {
    "programme": read_text,
    "employer": read_text,
    "occupation": read_text,
    "same_occupation": read_flag,
    "level": read_level,
    "status": one_of({status: status for status in LINE_STATUSES}),
    **dict.fromkeys(("uploaded", "uploaded_at", "submitted", "submitted_at", "submitted_on", "paid_on"), read_day),
    "year": read_year,
    "project": read_text,
    "same_project": read_flag,
    "class_start": read_day,
    "class_end": read_day,
    "shortage": read_flag,
    "shares_ledger_seconds": read_flag,
}


def read_lines(value: Any) -> tuple[dict[str, Any], ...]:
    """Earlier lines, each with the fields it names; anything else is refused."""
    if not isinstance(value, list):
        raise CaseError("must be a list of lines")
    return tuple(_line(item) for item in value)


def _line(item: Any) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise CaseError("must be a list of objects")
    read: dict[str, Any] = {}
    for name, value in item.items():
        if name not in _LINE_READERS:
            raise CaseError(f"does not know the line field {name!r}")
        try:
            read[name] = _LINE_READERS[name](value)
        except CaseError as error:
            raise CaseError(f"{name}: {error}") from error
    return read


CLASS = frozenset({"ENT-ONLINE", "ENT-SKILL", "SME-GROUP", "APPR", "REFRESH"})
PERSONAL = frozenset({"IND-SKILL", "UI-SKILL"})
CLAIMS = CLASS | PERSONAL | {"APPR-MENTOR"}
PROGRAMMES = CLAIMS | {"APPR-PAIR", "FILING"}
_PLANNED = frozenset({"ENT-SKILL", "SME-GROUP", "APPR"})
_OCCUPATIONAL = frozenset({"ENT-SKILL", "APPR"}) | PERSONAL
_ONLINE = frozenset({"ENT-ONLINE"})


def _field(programmes: frozenset[str] | set[str], read: Reader) -> Field:
    return Field(frozenset(programmes), _unless_unknown(read))


_EXCLUDED = {
    False: "not_excluded",
    "none": "not_excluded",
    True: "other_excluded",
    **_same("civil_servant", "public_institution", "student", "pension_drawer"),
}
_PLATFORMS = {
    **_same("own", "whitelisted", "unlisted"),
    "whitelist": "whitelisted",
    "other": "unlisted",
    "none": "no_platform",
}
_EMPLOYMENT = {
    **_same("contract", "dispatched_in", "dispatched_out"),
    "dispatched_to": "dispatched_in",
    "platform": "platform_work",
    "none": "no_relation",
}
_ROUTES = {
    **dict.fromkeys(("exam", "assessment", "qualification", "skill_level", "special_ability"), "exam"),
    **dict.fromkeys(("direct", "direct_recognition"), "direct"),
    **dict.fromkeys(("contest", "contest_promotion"), "contest"),
    **dict.fromkeys(("commendation", "award"), "commendation"),
}

FIELDS: Mapping[str, Field] = {
    # who claims, and for whom
    "applicant": _field(PROGRAMMES - PERSONAL, read_text),
    "person": _field(CLAIMS, read_text),
    "mentor": _field({"APPR-MENTOR", "APPR-PAIR"}, read_text),
    "payee_in_agreement": _field(CLASS, read_text),
    "payee_name": _field(CLAIMS, read_text),
    "account_name": _field(CLAIMS, read_text),
    "account_name_matches": _field(CLAIMS, read_flag),
    "taught_by": _field(CLASS, read_text),
    "policy": _field(PROGRAMMES, read_text),
    # the person
    "identity_level": _field(CLAIMS, read_identity),
    "birth_date": _field(CLAIMS, read_day),
    "age": _field(CLAIMS, read_age),
    "draws_pension": _field(CLAIMS, read_flag),
    "excluded": _field(CLAIMS, one_of(_EXCLUDED)),
    "groups": _field({"ENT-SKILL", "IND-SKILL"}, read_groups),
    "left_service": _field({"IND-SKILL"}, read_day),
    "hukou": _field({"IND-SKILL"}, one_of({**_same("local", "outside"), "shanghai": "local"})),
    "insurance": _field({"IND-SKILL"}, one_of(_same("paid", "not_paid"))),
    "months_insured": _field({"UI-SKILL"}, read_count),
    "draws_benefit": _field({"UI-SKILL"}, read_flag),
    "drawing_benefit": _field({"UI-SKILL"}, read_flag),
    # the class
    "filed_on": _field(PROGRAMMES - PERSONAL, read_day),
    "class_start": _field(CLASS | {"FILING"}, read_day),
    "class_end": _field(CLASS | {"FILING"}, read_day),
    "on_roster": _field(CLASS, read_flag),
    "record_result": _field(CLASS, one_of(_same("pass", "fail", "incomplete"))),
    "record_passed": _field(CLASS, one_of({True: "pass", False: "fail"})),
    "signature_valid": _field(CLASS, read_flag),
    "roster": _field(CLASS, read_flag),
    "chain": _field(CLASS, one_of({"intact": True, "valid": True, "ok": True, "broken": None})),
    "chain_broken": _field(CLASS, one_of({False: True, True: None})),
    "chain_valid": _field(CLASS, one_of({True: True, False: None})),
    "platform": _field(CLAIMS | {"FILING"}, one_of(_PLATFORMS)),
    "blacklisted": _field(CLAIMS | {"FILING"}, read_flag),
    "abnormal": _field(CLAIMS | {"FILING"}, read_flag),
    "project": _field(_ONLINE, read_text),
    "occupation": _field(_OCCUPATIONAL | {"SME-GROUP", "REFRESH", "FILING"}, read_text),
    "occupation_type": _field(_PLANNED | {"FILING"}, one_of(_same("skill", "knowledge"))),
    "level": Field(frozenset(_OCCUPATIONAL), read_level),
    "in_catalogue": _field({"ENT-SKILL", "IND-SKILL"}, read_flag),
    "shortage": _field(PERSONAL, read_flag),
    # hours
    "video_s": _field({"ENT-ONLINE", "REFRESH"}, read_count),
    "live_s": _field({"ENT-ONLINE", "REFRESH"}, read_count),
    "practice_s": _field({"ENT-ONLINE", "REFRESH"}, read_count),
    "qa_s": _field({"ENT-ONLINE", "REFRESH"}, read_count),
    "test_s": _field({"ENT-ONLINE", "REFRESH"}, read_count),
    "filed_video_s": _field({"ENT-ONLINE"}, read_count),
    "filed": _field(_PLANNED | {"FILING"}, read_seconds_by_mode),
    "credited": _field(_PLANNED | {"REFRESH"}, read_seconds_by_mode),
    "credited_s": _field({"SME-GROUP", "REFRESH"}, read_count),
    "practice_before_theory_s": _field(_PLANNED, read_count),
    "voided_s": _field(CLASS - {"APPR"}, read_count),
    "shares_ledger_seconds_with_paid_line": _field(CLAIMS - {"APPR-MENTOR"}, read_flag),
    "shares_ledger_seconds_with_pending_line": _field(CLAIMS - {"APPR-MENTOR"}, read_flag),
    # ENT-ONLINE
    "cost_yuan": _field(_ONLINE, read_yuan),
    "employment": _field(_ONLINE, one_of(_EMPLOYMENT)),
    "employment_from": _field(_ONLINE, read_day),
    "employment_to": _field(_ONLINE, read_day),
    "fits_business": _field(_ONLINE, read_flag),
    "prior_uploads": _field(_ONLINE, read_lines),
    # ENT-SKILL, SME-GROUP
    "standard_periods": _field({"ENT-SKILL"}, read_count),
    "employer": _field(CLASS, read_text),
    "employer_size": _field({"SME-GROUP"}, one_of(_same("micro", "small", "medium", "large"))),
    "institution_matched": _field({"SME-GROUP"}, read_flag),
    "agreement_on": _field({"SME-GROUP"}, read_day),
    "plan": _field({"SME-GROUP", "FILING"}, one_of(_same("theory", "mixed"))),
    "theory_exam": _field({"SME-GROUP"}, read_flag),
    "practice_exam": _field({"SME-GROUP"}, read_flag),
    "class_programme": _field({"FILING"}, one_of({code: code for code in sorted(CLASS)})),
    # the certificate
    "certificate_date": _field(_OCCUPATIONAL, read_day),
    "certificate_level": _field({"ENT-SKILL", "APPR"}, read_level),
    "certificate_kind": _field(_OCCUPATIONAL, one_of(_same("qualification", "skill_level", "special_ability"))),
    "certificate_route": _field({"IND-SKILL"}, one_of(_ROUTES)),
    "certificate_verified": _field({"IND-SKILL"}, read_flag),
    "holder_level": _field({"REFRESH"}, read_level),
    # apprenticeship
    "years": _field({"APPR"}, read_months_of_years),
    "enrolled": _field({"APPR"}, read_count),
    "certified": _field({"APPR"}, read_count),
    "left": _field({"APPR"}, read_count),
    "failed": _field({"APPR"}, read_count),
    "awaiting": _field({"APPR"}, read_count),
    "advance_rate": _field({"APPR"}, read_share),
    "contract_months": _field({"APPR"}, read_count),
    "contract_covers_class": _field({"APPR"}, read_flag),
    "new_post": _field({"APPR"}, read_flag),
    "mentor_apprentices": _field({"APPR", "APPR-PAIR", "APPR-MENTOR"}, read_count),
    "periods_per_year": _field({"APPR"}, read_count),
    "centralised_periods": _field({"APPR"}, read_count),
    "online_theory_periods": _field({"APPR"}, read_count),
    "apprentice_months": _field({"APPR-MENTOR"}, read_count),
    "months_below_8_periods": _field({"APPR-MENTOR"}, read_count),
    # the claim itself
    "submitted_at": _field(CLAIMS, read_day),
    "judged_on": _field(CLAIMS, read_day),
    "other_lines": _field(CLAIMS - {"APPR-MENTOR"}, read_lines),
    "already_paid_fen": _field(CLAIMS, read_count),
}


def read_inputs(programme: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The typed inputs of one case. Raises CaseError for a field that the programme does not know, or a bad value."""
    given: dict[str, Any] = {}
    for name, value in inputs.items():
        field = FIELDS.get(name)
        if field is None or programme not in field.programmes:
            raise CaseError(f"{programme} does not know the field {name!r}")
        try:
            given[name] = field.read(value)
        except CaseError as error:
            raise CaseError(f"{name} {error}") from error
    return given
