"""A learner appeals against one refused stretch, and may take a no further."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction

from lms.accounts.api import record_audit
from lms.appeals import rules
from lms.appeals.access import view_on
from lms.appeals.data import AppealFacts, AppealNotFound, AppealState, MoveKind, UnableToAppeal
from lms.appeals.facts import appeal_facts
from lms.appeals.locks import lock_appeal
from lms.appeals.models import Appeal, AppealedEntry, Move
from lms.db.api import announce
from lms.enrolment.api import get_class_run, get_enrolment
from lms.enrolment.data import ClassRunFacts, EnrolmentFacts, NotYours
from lms.evidence.api import get_evidence_many
from lms.hours.api import limits_for
from lms.ledger import api as ledger
from lms.ledger.data import EntryNotFound, LedgerStretch, Outcome
from lms.lib.localday import local_day
from lms.lib.workdays import shipped_calendar
from media.api import forget_paper, keep_paper

WAITS = "appeals.waits"


def appealable(*, learner_id: int, enrolment_id: int, seq: int, now: datetime) -> tuple[LedgerStretch, date]:
    """The learner's refused stretch and the last day to appeal against it. Raises AppealNotFound, UnableToAppeal."""
    _, run, stretch = _disputed(learner_id, enrolment_id, seq)
    until = appeal_until(run=run, stretch=stretch)
    if local_day(now) > until:
        raise UnableToAppeal("too_late", day=until.isoformat())
    return stretch, until


def appeal_until(*, run: ClassRunFacts, stretch: LedgerStretch) -> date:
    """The last day to appeal against the stretch."""
    return rules.lodge_until(
        entered_on=local_day(stretch.sealed_at),
        class_ends_on=run.ends_on,
        limits=limits_for(pack=run.hour_pack, category=run.category),
        calendar=shipped_calendar(),
    )


def lodge_appeal(
    *,
    learner_id: int,
    enrolment_id: int,
    seq: int,
    words: str,
    now: datetime,
    file: bytes | None = None,
    file_name: str = "",
) -> AppealFacts:
    """The appeal waits for the provider's answer. A second one against the same stretch is the first one.

    The file is kept before the appeal refers to it: a kill in between leaves a file that nobody refers to, never an
    appeal without its file. Raises AppealNotFound, UnableToAppeal.
    """
    facts, run, stretch = _disputed(learner_id, enrolment_id, seq)
    known = appeal_against(learner_id=learner_id, seqs=stretch.seqs)
    if known is not None:
        return known
    until = appeal_until(run=run, stretch=stretch)
    if local_day(now) > until:
        raise UnableToAppeal("too_late", day=until.isoformat())
    said = rules.check_words(words)
    content_type = rules.file_type(file) if file is not None else ""
    paper = keep_paper(data=file, content_type=content_type, folder="appeals") if file is not None else None
    try:
        with transaction.atomic():
            row = Appeal(
                learner_id=learner_id,
                enrolment_id=enrolment_id,
                class_run_id=facts.class_run_id,
                provider_id=run.provider_id,
                district=run.district,
                unit_key=stretch.unit_key,
                day=stretch.day,
                outcome=stretch.outcome.value,
                reason=stretch.reason.value,
                seconds=stretch.seconds,
                entry_hash=ledger.hash_at(learner_id=learner_id, seq=stretch.seq) or "",
                barred=sorted(_deciders(learner_id, stretch)),
                words=said,
                file_key=paper.key if paper else "",
                file_name=_plain_name(file_name) if paper else "",
                file_type=content_type,
                file_size=paper.size if paper else 0,
                file_digest=paper.digest if paper else "",
                state=AppealState.PROVIDER.value,
                due_on=_due(AppealState.PROVIDER, run, now),
                lodged_at=now,
            )
            row.save()
            AppealedEntry.objects.bulk_create(
                AppealedEntry(appeal=row, learner_id=learner_id, seq=one) for one in stretch.seqs
            )
            record_move(row, MoveKind.LODGED, actor_id=learner_id, now=now)
            announce(topic=WAITS, key=f"{row.pk}:{AppealState.PROVIDER}", occurred_at=now)
            _audit("lodge_appeal", row, learner_id, now)
    except IntegrityError:
        twin = appeal_against(learner_id=learner_id, seqs=stretch.seqs)
        if twin is None:
            raise
        if paper:
            forget_paper(key=paper.key)
        return twin
    return appeal_facts(row)


def go_on(*, appeal_id: int, learner_id: int, words: str, now: datetime) -> AppealFacts:
    """The appeal waits for the authority's answer. Going on twice is once. Raises AppealNotFound, UnableToAppeal."""
    said = rules.check_words(words)
    with transaction.atomic():
        row = lock_appeal(appeal_id)
        if row.learner_id != learner_id:
            raise AppealNotFound(appeal_id)
        if row.moves.filter(kind=MoveKind.WENT_ON).exists():
            return appeal_facts(row)
        if not view_on(row, person_id=learner_id, day=local_day(now)).may_go_on:
            raise UnableToAppeal("not_open_to_go_on")
        if row.due_on is not None and local_day(now) > row.due_on:
            raise UnableToAppeal("too_late", day=row.due_on.isoformat())
        row.onward = said
        move_to_authority(row, kind=MoveKind.WENT_ON, actor_id=learner_id, now=now)
        _audit("appeal_goes_on", row, learner_id, now)
    return appeal_facts(row)


def move_to_authority(row: Appeal, *, kind: MoveKind, actor_id: int | None, now: datetime) -> None:
    """The locked appeal waits for the authority from now on."""
    run = get_class_run(class_run_id=row.class_run_id)
    row.state, row.due_on = AppealState.AUTHORITY.value, _due(AppealState.AUTHORITY, run, now)
    row.save(update_fields=["state", "due_on", "onward"])
    record_move(row, kind, actor_id=actor_id, now=now)
    announce(topic=WAITS, key=f"{row.pk}:{AppealState.AUTHORITY}", occurred_at=now)


def record_move(row: Appeal, kind: MoveKind, *, actor_id: int | None, now: datetime) -> None:
    """What happened stands beside the appeal."""
    Move(appeal=row, kind=kind.value, actor_id=actor_id, at=now).save()


def appeal_against(*, learner_id: int, seqs: tuple[int, ...]) -> AppealFacts | None:
    """The learner's appeal that is about one of these entries, if there is one."""
    entry = AppealedEntry.objects.select_related("appeal").filter(learner_id=learner_id, seq__in=seqs).first()
    return appeal_facts(entry.appeal) if entry else None


def _disputed(learner_id: int, enrolment_id: int, seq: int) -> tuple[EnrolmentFacts, ClassRunFacts, LedgerStretch]:
    try:
        facts = get_enrolment(enrolment_id=enrolment_id)
        if facts.learner_id != learner_id:
            raise AppealNotFound(enrolment_id)
        stretch = ledger.stretch_with(enrolment_id=enrolment_id, seq=seq)
    except (NotYours, EntryNotFound) as error:
        raise AppealNotFound(f"{enrolment_id}/{seq}") from error
    if stretch.outcome is Outcome.CREDITED:
        raise UnableToAppeal("nothing_refused")
    return facts, get_class_run(class_run_id=facts.class_run_id), stretch


def _deciders(learner_id: int, stretch: LedgerStretch) -> set[int]:
    """The people behind the disputed entries: who reversed, who signed the session off. Rules are nobody."""
    span = stretch.seqs[-1] - stretch.seqs[0] + 1
    chain = ledger.entries_for(learner_id=learner_id, after_seq=stretch.seqs[0] - 1, limit=span)
    entries = [entry for entry in chain if entry.seq in stretch.seqs]
    sealed = get_evidence_many(evidence_ids={entry.evidence_id for entry in entries}).values()
    named = [entry.detail.get(who) for entry in entries for who in ("author", "approver")]
    named += [evidence.payload.get("signed_by") for evidence in sealed]
    return {person for person in named if isinstance(person, int)}


def _due(state: AppealState, run: ClassRunFacts, now: datetime) -> date | None:
    limits = limits_for(pack=run.hour_pack, category=run.category)
    return rules.due_on(state, since=local_day(now), limits=limits, calendar=shipped_calendar())


def _plain_name(name: str) -> str:
    """The file's name without a path and without what no file is called."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(letter for letter in last if letter.isprintable() and letter not in '<>:"|?*;')
    return kept.strip()[:120] or "file"


def _audit(action: str, row: Appeal, actor_id: int, now: datetime) -> None:
    record_audit(actor_id=actor_id, action=action, object_kind="appeal", object_id=row.pk, now=now)
