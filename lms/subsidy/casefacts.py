"""From the inputs of a policy case to the engine's facts, over a baseline of a clean applicant.

A field that is not named takes the value with which its clause passes: dates follow the ones that are named,
credited hours follow the filed ones, the account is the payee's. docs/policy-cases.md lists every default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from lms.lib.months import add_months
from lms.lib.periods import PERIOD_SECONDS
from lms.subsidy.casewords import LINE_STATUSES, PERSONAL, CaseError, GroupClaim
from lms.subsidy.data import EarlierLine, FactValue, SubsidyFacts
from lms.subsidy.engine.pack import Scheme

FIRM, SCHOOL = "91310115MAE0A0015G", "52310101MJ90000149"
FIRST_FILING, FIRST_CERTIFICATE = date(2026, 3, 2), date(2026, 5, 20)
_RESIDENT_ID = re.compile(r"\d{17}[\dXx]", re.ASCII)
_OWN_HOURS = "this claim"
_DATES = ("uploaded", "uploaded_at", "submitted", "submitted_at", "submitted_on", "paid_on")


def facts_of(scheme: Scheme, given: Mapping[str, Any], filed_from: date | None = None) -> SubsidyFacts:
    """Facts for a case of `scheme` whose typed inputs are `given`. `filed_from` moves the baseline's filing date."""
    builder = _Builder(scheme.programme, given, filed_from or FIRST_FILING)
    named = builder.build()
    values: dict[str, FactValue] = {**scheme.baseline, **named}
    return SubsidyFacts(
        values={name: value for name, value in values.items() if name in scheme.facts}, lines=builder.lines()
    )


class _Builder:
    def __init__(self, programme: str, given: Mapping[str, Any], filing: date) -> None:
        self.programme = programme
        self.given = given
        self.filing = filing
        self.facts: dict[str, Any] = {"ledger_keys": frozenset({_OWN_HOURS})}

    def build(self) -> Mapping[str, Any]:
        self._dates()
        self._parties()
        self._person()
        self._copy()
        self._hours()
        if self.programme == "APPR":
            self._apprentices()
        if self.programme == "ENT-SKILL":
            self._standard()
        return self.facts

    def _named(self, name: str, default: Any) -> Any:
        """The value given (None if given as unknown), else the default."""
        return self.given.get(name, default)

    def _put(self, fact: str, name: str) -> None:
        if name in self.given:
            self.facts[fact] = self.given[name]

    def _dates(self) -> None:
        if self.programme in PERSONAL:
            self._certificate_dates()
        else:
            self._class_dates()
        submitted = self.facts["submitted_on"]
        self.facts["judged_on"] = self._named("judged_on", submitted)

    def _certificate_dates(self) -> None:
        """A certificate is claimed 21 days after its date, where the case names only one of the two."""
        gap = timedelta(days=21)
        submitted = self._named("submitted_at", None)
        usual = submitted - gap if submitted else FIRST_CERTIFICATE
        certificate = self._named("certificate_date", usual)
        self.facts["certificate_on"] = certificate
        self.facts["submitted_on"] = self._named("submitted_at", (certificate or FIRST_CERTIFICATE) + gap)

    def _class_dates(self) -> None:
        """Filed, a week later begun, eleven days long, claimed ten days later; named dates pull the others along."""
        start, end, submitted = (self.given.get(name) for name in ("class_start", "class_end", "submitted_at"))
        length = timedelta(days=11)
        usual = self.filing
        if start:
            usual = start - timedelta(days=7)
        elif end:
            usual = end - timedelta(days=18)
        elif submitted and self.programme != "APPR":
            usual = submitted - timedelta(days=28)
        filed = self._named("filed_on", usual)
        anchor = filed or usual
        began = self._named("class_start", min(anchor + timedelta(days=7), end) if end else anchor + timedelta(days=7))
        if self.programme == "APPR":
            over = add_months(began or anchor, self._named("years", None) or 12) - timedelta(days=1)
        elif submitted:
            latest = add_months(anchor, 3)
            over = max(began or anchor, min(submitted - timedelta(days=10), latest))
        else:
            over = (began or anchor) + length
        ended = self._named("class_end", over)
        self.facts |= {
            "filed_on": filed,
            "class_start_on": began,
            "class_end_on": ended,
            "submitted_on": self._named("submitted_at", (ended or over) + timedelta(days=10)),
            "agreement_on": self._named("agreement_on", anchor - timedelta(days=1)),
            "certificate_on": self._named("certificate_date", ended),
        }

    def _parties(self) -> None:
        usual = {"SME-GROUP": self.given.get("payee_in_agreement") or SCHOOL}.get(self.programme, FIRM)
        if self.programme in PERSONAL:
            usual = "person"
        if self.programme == "APPR-MENTOR":
            usual = "mentor"
        applicant = usual if self.programme == "APPR-MENTOR" else self._named("applicant", usual)
        payee = self._named("payee_in_agreement", applicant)
        self.facts |= {"applicant": applicant, "filed_payee": payee}
        self._put("employer", "employer")
        if "account_name_matches" in self.given:
            self.facts["account_matches"] = self.given["account_name_matches"]
        elif "account_name" in self.given:
            name = self.given["account_name"]
            holders = {payee, self.given.get("payee_name"), self.given.get("person")}
            self.facts["account_matches"] = None if name is None else name in holders

    def _person(self) -> None:
        if "birth_date" in self.given:
            self.facts["birth_on"] = self.given["birth_date"]
        elif (born := birth_in(self.given.get("person"))) is not None and "age" not in self.given:
            self.facts["birth_on"] = born
        elif "age" in self.given:
            age = self.given["age"]
            day = self.facts.get("certificate_on" if self.programme in PERSONAL else "filed_on")
            self.facts["birth_on"] = add_months(day, -12 * age) if day and age is not None else None
        groups: tuple[GroupClaim, ...] | None = self._named("groups", (GroupClaim("EMP", None, None),))
        if groups is None:
            self.facts["groups"] = None
        else:
            day = self.facts["certificate_on" if self.programme in PERSONAL else "filed_on"]
            codes = {group.code for group in groups if _holds(group, day)}
            if "EXCLUDED" in codes:
                self.facts["excluded_category"] = "other_excluded"
            self.facts["groups"] = frozenset(codes - {"EXCLUDED"})
        if "left_service" in self.given:
            self.facts["left_service_on"] = self.given["left_service"]
        elif self.facts.get("certificate_on"):
            self.facts["left_service_on"] = add_months(self.facts["certificate_on"], -12)
        level = self.given.get("level", 4)
        self.facts |= {"level": level, "certificate_level": self._named("certificate_level", level)}
        if "certificate_date" in self.given and self.given["certificate_date"] is None:
            self.facts |= {"certificate_level": None, "certificate_verified": None}

    def _copy(self) -> None:
        for name, fact in _COPIED.items():
            self._put(fact, name)
        if "class_programme" in self.given and self.given["class_programme"] in ("ENT-ONLINE", "REFRESH"):
            self.facts["plan_kind"] = "theory"  # online by nature: no practice share is asked of the plan

    def _hours(self) -> None:
        void = self.given.get("voided_s") or 0
        if self.programme == "ENT-ONLINE":
            video = self._named("video_s", self._named("filed_video_s", 64_800))
            self.facts |= {
                "filed_video_s": self._named("filed_video_s", video),
                "credited_video_s": _less(video, void),
                "credited_live_s": self._named("live_s", 0),
            }
            return
        filed = self._named("filed", None if self.programme == "FILING" else {})
        if filed:
            self.facts |= {f"filed_{mode}_s": filed.get(mode, 0) for mode in ("video", "live", "practice")}
        credited = {**(filed or {}), **(self._named("credited", {}) or {})}
        if credited:
            credited = {mode: credited.get(mode, 0) for mode in ("video", "live", "practice", "mentoring")}
            credited["video"] = _less(credited["video"], void)
            self.facts |= {f"credited_{mode}_s": credited[mode] for mode in ("video", "live", "practice")}
        total = sum(credited.values()) if credited else None
        if self.programme == "REFRESH" and {"video_s", "live_s", "practice_s"} & self.given.keys():
            named = [self.given.get(name, 0) for name in ("video_s", "live_s", "practice_s")]
            total = None if None in named else _less(sum(named), void)
        if "credited_s" in self.given:
            total = _less(self.given["credited_s"], void)
        if total is not None or "credited_s" in self.given:
            self.facts["credited_s"] = total
        elif void:
            self.facts["credited_s"] = _less(108_000, void)
        self._put("early_practice_s", "practice_before_theory_s")

    def _standard(self) -> None:
        """Where the case names the plan but not the standard, the standard is the plan's own periods, at most 120."""
        if "standard_periods" not in self.given:
            names = ("filed_video_s", "filed_live_s", "filed_practice_s")
            if self.facts.get(names[0]) is not None:
                self.facts["standard_periods"] = min(sum(self.facts[name] for name in names) // PERIOD_SECONDS, 120)

    def _apprentices(self) -> None:
        self.facts["months"] = self._named("years", 12)
        enrolled = self._named("enrolled", None)
        certified = self._named("certified", enrolled)
        if enrolled is None and "enrolled" not in self.given:
            enrolled = certified if certified is not None else 1
            certified = certified if "certified" in self.given else enrolled
        if enrolled is not None and certified is not None and certified > enrolled:
            raise CaseError("certified must not be more than enrolled")
        self.facts |= {"enrolled": enrolled, "certified": certified}
        if self.given.get("awaiting"):
            self.facts |= {"certificate_on": None, "certificate_level": None}

    def lines(self) -> tuple[EarlierLine, ...]:
        """The earlier lines that count; refused, withdrawn and paid-back ones do not."""
        prior = [{"programme": "ENT-ONLINE", **line} for line in self._named("prior_uploads", ()) or ()]
        given = [*prior, *(self._named("other_lines", ()) or ())]
        given += [
            {"programme": "ENT-ONLINE", "status": status, "shares_ledger_seconds": True}
            for status in ("paid", "pending")
            if self.given.get(f"shares_ledger_seconds_with_{status}_line")
        ]
        made = (self._line(number, line) for number, line in enumerate(given, start=1))
        return tuple(line for line in made if line is not None)

    def _line(self, number: int, line: Mapping[str, Any]) -> EarlierLine | None:
        status = LINE_STATUSES[line.get("status", "paid")]
        if status is None:
            return None
        own = self.given.get("occupation") or "4-10-01-05"
        occupation = line.get("occupation", "another occupation")
        if "same_occupation" in line:
            occupation = own if line["same_occupation"] else "another occupation"
        project = line.get("project", f"project {number}")
        if "same_project" in line:
            project = self.given.get("project", "this project") if line["same_project"] else f"project {number}"
        day = next((line[name] for name in _DATES if name in line), self.facts["submitted_on"])
        if "year" in line:
            day = date(line["year"], 1, 1)
        before = (self.facts.get("class_start_on") or FIRST_FILING) - timedelta(days=1)
        start, end = line.get("class_start"), line.get("class_end")
        return EarlierLine(
            line_ref=f"line {number}",
            programme=line.get("programme", self.programme),
            status=status,
            submitted_on=day,
            occupation=occupation,
            level=line.get("level"),
            project=project,
            class_start_on=start or end or before,
            class_end_on=end or start or before,
            shortage=line.get("shortage", False),
            evidence=frozenset({_OWN_HOURS if line.get("shares_ledger_seconds") else f"line {number}"}),
        )


_COPIED = {  # input -> fact
    "identity_level": "identity_level",
    "draws_pension": "draws_pension",
    "excluded": "excluded_category",
    "on_roster": "on_roster",
    "roster": "on_roster",
    "signature_valid": "record_signed",
    "chain_valid": "chain_intact",
    "chain": "chain_intact",
    "chain_broken": "chain_intact",
    "platform": "platform_kind",
    "blacklisted": "org_blacklisted",
    "abnormal": "org_abnormal",
    "project": "project",
    "occupation": "occupation",
    "occupation_type": "occupation_type",
    "in_catalogue": "in_catalogue",
    "shortage": "shortage",
    "cost_yuan": "cost_fen",
    "employment": "employment_kind",
    "employment_from": "employed_from_on",
    "employment_to": "employed_to_on",
    "fits_business": "fits_business",
    "standard_periods": "standard_periods",
    "employer_size": "employer_size",
    "institution_matched": "institution_matched",
    "plan": "plan_kind",
    "theory_exam": "theory_exam",
    "practice_exam": "practice_exam",
    "certificate_route": "certificate_route",
    "certificate_verified": "certificate_verified",
    "hukou": "hukou",
    "insurance": "insurance",
    "months_insured": "months_insured",
    "holder_level": "holder_level",
    "advance_rate": "advance_millionths",
    "contract_months": "contract_months",
    "contract_covers_class": "contract_covers_class",
    "new_post": "new_post",
    "mentor_apprentices": "mentor_apprentices",
    "periods_per_year": "year_periods",
    "centralised_periods": "central_periods",
    "online_theory_periods": "central_online_periods",
    "apprentice_months": "apprentice_months",
    "months_below_8_periods": "short_months",
    "already_paid_fen": "already_paid_fen",
    "record_result": "record_result",
    "record_passed": "record_result",
    "draws_benefit": "draws_benefit",
    "drawing_benefit": "draws_benefit",
}


def birth_in(person: str | None) -> date | None:
    """The date of birth inside an 18-character resident ID number; None if the text is something else."""
    if person is None or not _RESIDENT_ID.fullmatch(person):
        return None
    try:
        return date.fromisoformat(f"{person[6:10]}-{person[10:12]}-{person[12:14]}")
    except ValueError:
        return None


def _less(seconds: int | None, void: int) -> int | None:
    return None if seconds is None else max(seconds - void, 0)


def _holds(group: GroupClaim, day: date | None) -> bool:
    if day is None:
        return True
    return (group.from_on is None or group.from_on <= day) and (group.to_on is None or day <= group.to_on)
