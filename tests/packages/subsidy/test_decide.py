from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction

from lms.accounts.api import flag_organisation
from lms.completion.api import issue_record, record_for, revoke_record
from lms.db.models import OutboxEntry, RowIsImmutable
from lms.enrolment.api import enrol_self
from lms.enrolment.data import EnrolmentFacts, NotYours
from lms.subsidy import api
from lms.subsidy.data import DecisionNotFound, EarlierLine, LineStatus, Outcome, PackError, PayeeKind
from lms.subsidy.models import Decision, PolicyPack, WorkTable
from lms.subsidy.shelf import shipped_texts
from tests.factories.classes import Cast, make_cast, make_filed_class, make_learner, make_open_class
from tests.factories.learning import LATER, complete
from tests.factories.subsidy import vouch_for
from tests.packages.subsidy.conftest import credit_all

DUE = 8 * 1_500 + 1_000 + 6_500


def decided_topics() -> list[str]:
    return list(OutboxEntry.objects.filter(topic="subsidy.decided").order_by("id").values_list("key", flat=True))


def test_a_graduate_of_a_group_class_is_approved_for_the_agreed_payee(graduate: EnrolmentFacts, cast: Cast) -> None:
    (decision,) = api.decide(enrolment_id=graduate.enrolment_id, now=LATER)
    assert decision.assessment.failed_clauses + decision.assessment.open_clauses == ()
    assert decision.outcome is Outcome.APPROVE
    assert decision.amount_fen == DUE
    assert (decision.payee_kind, decision.payee_id) == (PayeeKind.PROVIDER, cast.provider_id)
    assert decision.payee_ref == "52310101MJ90000149"
    assert (decision.programme_code, decision.pack_id, decision.pack_version) == (
        "SME-GROUP",
        "REF-SH",
        "REF-SH-2026.1",
    )
    assert decision.deadline_on == date(2026, 5, 12)
    assert [step.value for step in decision.amount_steps] == [8, 1_500, 12_000, 1_000, 6_500, DUE]
    assert decided_topics() == [str(decision.decision_id)]
    assert Decision.objects.count() == 1
    assert PolicyPack.objects.count() == 1
    assert WorkTable.objects.count() == 1


def test_deciding_again_on_the_same_facts_is_the_same_decision(graduate: EnrolmentFacts) -> None:
    first = api.decide(enrolment_id=graduate.enrolment_id, now=LATER)
    again = api.decide(enrolment_id=graduate.enrolment_id, now=LATER + timedelta(minutes=5))
    assert again == first
    assert Decision.objects.count() == 1
    assert decided_topics() == [str(first[0].decision_id)]


def test_a_changed_fact_makes_a_new_decision_and_the_old_one_stays(graduate: EnrolmentFacts, cast: Cast) -> None:
    (first,) = api.decide(enrolment_id=graduate.enrolment_id, now=LATER)
    flag_organisation(
        organisation_id=cast.provider_id, blacklisted=True, reason="核查", actor_id=cast.officer_id, now=LATER
    )
    (second,) = api.decide(enrolment_id=graduate.enrolment_id, now=LATER)
    assert (second.outcome, second.amount_fen) == (Outcome.REFUSE, 0)
    assert second.assessment.failed_clauses == ("GEN-10",)
    assert api.get_decision(decision_id=first.decision_id) == first
    assert api.decision_for(enrolment_id=graduate.enrolment_id, programme="SME-GROUP") == second
    assert api.decisions_for(enrolment_id=graduate.enrolment_id) == (second, first)
    assert decided_topics() == [str(first.decision_id), str(second.decision_id)]


def test_without_a_record_every_clause_is_shown_and_the_hours_are_named(learner: EnrolmentFacts) -> None:
    decision, personal = api.preview(enrolment_id=learner.enrolment_id, now=LATER)
    assert decision.outcome is Outcome.REFUSE
    assert decision.assessment.failed_clauses == ("GEN-06", "HRS-02", "HRS-03")
    assert len(decision.clauses) == 18
    (hours,) = [check for check in decision.clauses if check.code == "HRS-03"]
    assert hours.reason.zh == "条款 HRS-03 未满足：要求实训出勤 8,640 秒，认定 0 秒，差 8,640 秒。"
    assert personal.programme_code == "IND-SKILL"
    assert (personal.outcome, personal.payee_kind, personal.payee_id) == (Outcome.HOLD, PayeeKind.PERSON, None)
    assert "IS-01" in personal.assessment.open_clauses


def test_a_preview_keeps_and_announces_nothing(graduate: EnrolmentFacts) -> None:
    before = OutboxEntry.objects.count()
    previews = api.preview(enrolment_id=graduate.enrolment_id, now=LATER)
    assert [item.decision_id for item in previews] == [0, 0]
    assert previews[0].outcome is Outcome.APPROVE
    assert Decision.objects.count() == PolicyPack.objects.count() == WorkTable.objects.count() == 0
    assert OutboxEntry.objects.count() == before


def test_a_preview_says_what_the_decision_will_say(graduate: EnrolmentFacts) -> None:
    preview = api.preview(enrolment_id=graduate.enrolment_id, now=LATER)[0]
    (decision,) = api.decide(enrolment_id=graduate.enrolment_id, now=LATER)
    assert replace(preview, decision_id=decision.decision_id) == decision


def test_what_nobody_has_proved_holds(cast: Cast) -> None:
    unknown = make_filed_class(cast)[1][0]
    decision = api.preview(enrolment_id=unknown.enrolment_id, now=LATER)[0]
    assert "GEN-02" in decision.assessment.open_clauses
    (check,) = [check for check in decision.clauses if check.code == "GEN-02"]
    assert check.unknown == ("draws_pension",)
    assert check.reason.zh == "条款 GEN-02 待核实：尚未取得是否领取养老金。"


def test_a_revoked_record_takes_the_approval_back(graduate: EnrolmentFacts) -> None:
    api.decide(enrolment_id=graduate.enrolment_id, now=LATER)
    record = record_for(enrolment_id=graduate.enrolment_id)
    assert record is not None
    revoke_record(record_no=record.record_no, reason="hours taken back", now=LATER)
    (decision,) = api.decide(enrolment_id=graduate.enrolment_id, now=LATER)
    assert (decision.outcome, decision.assessment.failed_clauses) == (Outcome.REFUSE, ("GEN-06",))


def own_line(graduate: EnrolmentFacts, **changes: Any) -> EarlierLine:
    line = EarlierLine(
        line_ref="SL-2026-000001-1",
        programme="SME-GROUP",
        status=LineStatus.PENDING,
        submitted_on=date(2026, 3, 12),
        occupation="6-31-01-03",
        level=4,
        project="",
        class_start_on=date(2026, 3, 9),
        class_end_on=date(2026, 4, 24),
        evidence=frozenset({f"enrolment:{graduate.enrolment_id}"}),
    )
    return replace(line, **changes)


def test_the_line_of_this_very_claim_does_not_stand_in_its_own_way(graduate: EnrolmentFacts) -> None:
    (decision,) = api.decide(enrolment_id=graduate.enrolment_id, other_lines=(own_line(graduate),), now=LATER)
    assert decision.outcome is Outcome.APPROVE


def test_hours_claimed_under_another_programme_do(graduate: EnrolmentFacts) -> None:
    other = own_line(graduate, programme="REFRESH")
    (decision,) = api.decide(enrolment_id=graduate.enrolment_id, other_lines=(other,), now=LATER)
    assert decision.assessment.failed_clauses == ("GEN-09",)
    (check,) = [check for check in decision.clauses if check.code == "GEN-09"]
    assert check.conflicts == ("SL-2026-000001-1",)


def test_three_lines_of_the_year_are_enough(graduate: EnrolmentFacts) -> None:
    lines = tuple(
        own_line(graduate, line_ref=f"L{number}", evidence=frozenset({f"enrolment:-{number}"})) for number in range(3)
    )
    (decision,) = api.decide(enrolment_id=graduate.enrolment_id, other_lines=lines, now=LATER)
    assert decision.assessment.failed_clauses == ("GEN-11",)


def test_a_worker_s_own_class_is_decided_only_with_a_certificate(cast: Cast) -> None:
    run = make_open_class(cast)
    assert run.programme_code == "IND-SKILL"
    (facts,) = add_learners_to_open(cast, run.class_run_id)
    (card,) = api.preview(enrolment_id=facts.enrolment_id, now=LATER)
    assert (card.programme_code, card.outcome) == ("IND-SKILL", Outcome.HOLD)
    assert api.decide(enrolment_id=facts.enrolment_id, now=LATER) == ()
    assert Decision.objects.count() == 0


def add_learners_to_open(cast: Cast, class_run_id: int) -> tuple[EnrolmentFacts, ...]:
    person_id = make_learner("周小兰")
    vouch_for(person_id)
    return (enrol_self(class_run_id=class_run_id, person_id=person_id, now=LATER),)


def test_a_decision_replays_byte_for_byte_also_when_the_world_has_moved_on(
    graduate: EnrolmentFacts, cast: Cast
) -> None:
    (decision,) = api.decide(enrolment_id=graduate.enrolment_id, now=LATER)
    flag_organisation(
        organisation_id=cast.provider_id, blacklisted=True, reason="核查", actor_id=cast.officer_id, now=LATER
    )
    changed = shipped_texts()["ref-sh.toml"].replace("value = 1500, ref", "value = 1600, ref")
    with pytest.raises(PackError, match="gives"):
        api.import_pack(text=changed, now=LATER)
    replay = api.replay_decision(decision_id=decision.decision_id)
    assert replay.identical
    assert replay.repeated == decision.assessment


def test_publishing_a_pack_never_changes_a_decision_already_made(graduate: EnrolmentFacts) -> None:
    (before,) = api.decide(enrolment_id=graduate.enrolment_id, now=LATER)
    newer = shipped_texts()["ref-sh.toml"].replace("参考政策集，不代表主管部门。", "新的参考政策集，不代表主管部门。")
    api.import_pack(text=newer, now=LATER)
    assert api.get_decision(decision_id=before.decision_id) == before
    assert api.replay_decision(decision_id=before.decision_id).identical
    (after,) = api.decide(enrolment_id=graduate.enrolment_id, now=LATER)
    assert after.pack_digest != before.pack_digest
    assert after.assessment.note.zh.startswith("新的")
    assert after.amount_fen == before.amount_fen
    assert PolicyPack.objects.count() == 2


def test_importing_a_pack_twice_changes_nothing(db: None) -> None:
    text = shipped_texts()["ref-nat.toml"]
    assert api.import_pack(text=text, now=LATER).pack_id == "REF-NAT"
    api.import_pack(text=text, now=LATER)
    assert PolicyPack.objects.filter(pack_id="REF-NAT").count() == 1


def test_the_command_imports_what_ships_and_refuses_what_does_not_prove_itself(db: None, tmp_path: Path) -> None:
    out = StringIO()
    call_command("import_policy_packs", stdout=out)
    assert [row.split()[0] for row in out.getvalue().splitlines()] == ["REF-NAT", "REF-SH"]
    assert PolicyPack.objects.count() == 2
    broken = tmp_path / "broken.toml"
    broken.write_text(shipped_texts()["ref-nat.toml"].replace('failed = ["UI-01"]', "failed = []"), encoding="utf-8")
    with pytest.raises(CommandError, match="eleven months"):
        call_command("import_policy_packs", str(broken))
    with pytest.raises(CommandError):
        call_command("import_policy_packs", str(tmp_path / "missing.toml"))
    assert PolicyPack.objects.count() == 2


def test_unknown_ids_have_their_own_answer(db: None) -> None:
    with pytest.raises(DecisionNotFound):
        api.get_decision(decision_id=999_999)
    with pytest.raises(DecisionNotFound):
        api.replay_decision(decision_id=999_999)
    with pytest.raises(NotYours):
        api.decide(enrolment_id=999_999, now=LATER)
    assert api.decision_for(enrolment_id=999_999, programme="SME-GROUP") is None
    assert api.get_decisions(decision_ids=[999_999]) == {}


def test_a_programme_has_a_title_or_its_code(db: None) -> None:
    assert api.programme_title(programme_code="SME-GROUP", language="zh-hans") == "中小微企业集中培训补贴"
    assert api.programme_title(programme_code="SME-GROUP", language="en") == "Group training of small firms"
    assert api.programme_title(programme_code="NOBODY", language="en") == "NOBODY"


def test_the_document_tells_everything_but_other_people_s_claims(graduate: EnrolmentFacts) -> None:
    other = own_line(graduate, programme="REFRESH")
    (decision,) = api.decide(enrolment_id=graduate.enrolment_id, other_lines=(other,), now=LATER)
    document = api.decision_document(decision=decision, language="en")
    assert document["outcome"] == "refuse"
    assert document["failed_clauses"] == ["GEN-09"]
    assert len(document["clauses"]) == 18
    assert document["note"] == "A reference set, not an official document of any authority."
    assert "SL-2026-000001-1" not in str(document)


def test_nothing_stored_can_be_changed(graduate: EnrolmentFacts) -> None:
    api.decide(enrolment_id=graduate.enrolment_id, now=LATER)
    for model in (Decision, PolicyPack, WorkTable):
        row = model.objects.get()
        with pytest.raises(RowIsImmutable):
            row.save()
        with pytest.raises(RowIsImmutable):
            row.delete()
        with pytest.raises(DatabaseError, match=r"permission denied|append-only"), transaction.atomic():
            model.objects.update(id=row.pk)
        with pytest.raises(DatabaseError, match=r"permission denied|append-only"), transaction.atomic():
            model.objects.filter(pk=row.pk)._raw_delete("default")


@pytest.mark.django_db(transaction=True)
def test_an_entry_altered_behind_our_back_holds_every_line(owner_connection: psycopg.Connection) -> None:
    cast = make_cast()
    facts = make_filed_class(cast)[1][0]
    vouch_for(facts.learner_id)
    complete(facts, cast)
    credit_all()
    issue_record(enrolment_id=facts.enrolment_id, now=LATER)
    assert api.preview(enrolment_id=facts.enrolment_id, now=LATER)[0].outcome is Outcome.APPROVE
    owner_connection.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
    changed = owner_connection.execute(
        "UPDATE ledger_entry SET captured_by = 'forged' WHERE learner_id = %s AND seq = 1", [facts.learner_id]
    )
    assert changed.rowcount == 1
    (decision,) = api.decide(enrolment_id=facts.enrolment_id, now=LATER)
    assert (decision.outcome, decision.amount_fen) == (Outcome.HOLD, 0)
    assert decision.assessment.open_clauses == ("GEN-06",)
    (check,) = [check for check in decision.clauses if check.code == "GEN-06"]
    assert check.unknown == ("chain_intact",)


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_make_one_decision() -> None:
    cast = make_cast()
    facts = make_filed_class(cast)[1][0]
    vouch_for(facts.learner_id)
    results: list[int] = []
    start = threading.Barrier(8)

    def decide() -> None:
        start.wait()
        results.append(api.decide(enrolment_id=facts.enrolment_id, now=LATER)[0].decision_id)
        connections.close_all()

    threads = [threading.Thread(target=decide) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert len(set(results)) == 1
    assert Decision.objects.count() == 1
    assert OutboxEntry.objects.filter(topic="subsidy.decided").count() == 1


def test_one_decision_costs_few_queries(graduate: EnrolmentFacts, django_assert_max_num_queries: Any) -> None:
    api.decide(enrolment_id=graduate.enrolment_id, now=LATER)
    with django_assert_max_num_queries(40):
        api.preview(enrolment_id=graduate.enrolment_id, now=LATER)
