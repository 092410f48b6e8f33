"""A roster file is judged line by line; only after its uploader confirms are the good lines enrolled, all at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from lms.accounts.api import (
    ensure_person,
    find_person_by_id_number,
    mask_id,
    mask_mobile,
    record_audit,
)
from lms.accounts.data import Fault, UnableToEnsurePerson
from lms.enrolment.access import require_arranger_of
from lms.enrolment.data import (
    ImportState,
    NotYours,
    Refusal,
    RosterImportResult,
    RosterRow,
    RowVerdict,
    UnableToEnrol,
    UnableToImport,
)
from lms.enrolment.enrolling import judge_employer, put_on_roster
from lms.enrolment.facts import class_run_facts
from lms.enrolment.locks import lock_import
from lms.enrolment.models import ClassRun, Enrolment, RosterImport, RosterImportRow
from lms.enrolment.reads import get_class_run
from lms.enrolment.roster_rules import (
    Column,
    RosterLine,
    is_duplicate,
    judge_lines,
    missing_columns,
    name_text,
    number_text,
    read_lines,
)
from lms.enrolment.roster_sheet import faults_workbook, read_sheet
from lms.enrolment.texts import explain
from lms.lib.canonical import sha256_hex
from lms.lib.localday import local_day

_GOOD = (RowVerdict.READY, RowVerdict.FIXED)
KEEP_VALUES = timedelta(days=30)


def preview_roster(
    *, class_run_id: int, employer_id: int | None, actor_id: int, file: bytes, file_name: str, now: datetime
) -> RosterImportResult:
    """The file is judged line by line and kept for confirmation; nobody is enrolled. UnableToImport, NotYours."""
    run = get_class_run(class_run_id=class_run_id)
    require_arranger_of(run, employer_id, person_id=actor_id, day=local_day(now))
    refusals = judge_employer(run, employer_id)
    if refusals:
        raise UnableToImport(*refusals)
    cells, header = read_sheet(file)
    missing = missing_columns(header)
    if missing:
        raise UnableToImport(*(Refusal(code="column_missing", field=column.value) for column in missing))
    lines = read_lines(cells, header)
    if not lines:
        raise UnableToImport(Refusal(code="no_rows", field="file"))
    with transaction.atomic():
        kept = RosterImport.objects.create(
            class_run_id=class_run_id,
            employer_id=employer_id,
            file_name=file_name[-200:],
            file_digest=sha256_hex(file),
            uploaded_by_id=actor_id,
            uploaded_at=now,
        )
        RosterImportRow.objects.bulk_create(_judged_rows(kept, lines, now=now))
        _audit("preview_roster", kept, actor_id, now)
    return _result(kept)


def mend_row(
    *, import_id: int, row_number: int, name: str, id_number: str, mobile: str, actor_id: int, now: datetime
) -> RosterImportResult:
    """The line says something else now, and the whole list is judged anew. Raises UnableToImport, NotYours."""
    with transaction.atomic():
        kept = _open_import(import_id, actor_id, now)
        rows = list(kept.rows.order_by("row_number"))
        if row_number not in {row.row_number for row in rows}:
            raise NotYours(row_number)
        new = RosterLine(
            row_number=row_number,
            name=name_text(name)[0][:100],
            id_number=number_text(id_number)[0][:60],
            mobile=number_text(mobile)[0][:60],
        )
        lines = [new if row.row_number == row_number else _unseal(row) for row in rows]
        kept.rows.all().delete()
        RosterImportRow.objects.bulk_create(_judged_rows(kept, lines, now=now))
    return _result(kept)


def confirm_roster(*, import_id: int, actor_id: int, told_people: bool, now: datetime) -> RosterImportResult:
    """Every good line is enrolled, in one transaction; the others stay to be mended. Confirming again changes nothing.

    A line that went bad since the preview is marked and left out. Raises UnableToImport, NotYours.
    """
    with transaction.atomic():
        kept = _own_import(import_id, actor_id, now)
        if kept.state == ImportState.CONFIRMED:
            return _result(kept)
        if kept.state == ImportState.DISCARDED:
            raise UnableToImport(Refusal(code="import_is_over"))
        if not told_people:
            raise UnableToImport(Refusal(code="people_not_told", field="told_people"))
        rows = [row for row in kept.rows.order_by("row_number") if row.verdict in _GOOD]
        if not rows:
            raise UnableToImport(Refusal(code="nothing_to_import"))
        for row in rows:
            _enrol_row(kept.class_run, kept, row, actor_id=actor_id, now=now)
        kept.rows.exclude(verdict=RowVerdict.FAULTY).update(sealed_values="")
        kept.state, kept.ended_at, kept.told_people = ImportState.CONFIRMED, now, True
        kept.save(update_fields=["state", "ended_at", "told_people"])
        _audit("confirm_roster", kept, actor_id, now)
    return _result(kept)


def discard_roster(*, import_id: int, actor_id: int, now: datetime) -> RosterImportResult:
    """The list is thrown away and its values are wiped. Raises UnableToImport after it was confirmed."""
    with transaction.atomic():
        kept = _own_import(import_id, actor_id, now)
        if kept.state == ImportState.CONFIRMED:
            raise UnableToImport(Refusal(code="import_is_over"))
        kept.rows.all().update(sealed_values="")
        kept.state, kept.ended_at = ImportState.DISCARDED, now
        kept.save(update_fields=["state", "ended_at"])
    return _result(kept)


def import_roster(
    *,
    class_run_id: int,
    employer_id: int | None,
    actor_id: int,
    file: bytes,
    now: datetime,
    file_name: str = "roster.xlsx",
) -> RosterImportResult:
    """Preview and confirmation in one go, for callers that show the result afterwards. Raises as both do."""
    seen = preview_roster(
        class_run_id=class_run_id,
        employer_id=employer_id,
        actor_id=actor_id,
        file=file,
        file_name=file_name,
        now=now,
    )
    if not seen.count(*_GOOD):
        return seen
    return confirm_roster(import_id=seen.import_id, actor_id=actor_id, told_people=True, now=now)


def get_import(*, import_id: int, actor_id: int, now: datetime) -> RosterImportResult:
    """The import with a verdict per line, for its employer or the class's provider. Raises NotYours."""
    kept = RosterImport.objects.filter(pk=import_id).first()
    if kept is None:
        raise NotYours(import_id)
    run = get_class_run(class_run_id=kept.class_run_id)
    require_arranger_of(run, kept.employer_id, person_id=actor_id, day=local_day(now))
    return _result(kept)


def values_to_mend(*, import_id: int, row_number: int, actor_id: int, now: datetime) -> RosterLine:
    """The values of one faulty line in clear, for those who may import it; the look is on record. Raises NotYours."""
    kept = RosterImport.objects.filter(pk=import_id).first()
    row = kept.rows.filter(row_number=row_number, verdict=RowVerdict.FAULTY).first() if kept else None
    if kept is None or row is None or not row.sealed_values:
        raise NotYours(import_id)
    get_import(import_id=import_id, actor_id=actor_id, now=now)
    _audit("see_roster_line", kept, actor_id, now, detail={"row": row_number})
    return _unseal(row)


def faults_file(*, import_id: int, actor_id: int, now: datetime) -> bytes:
    """A workbook of the faulty lines with their values and what to mend; the download is on record. Raises NotYours."""
    get_import(import_id=import_id, actor_id=actor_id, now=now)
    kept = RosterImport.objects.get(pk=import_id)
    rows = kept.rows.filter(verdict=RowVerdict.FAULTY).exclude(sealed_values="").order_by("row_number")
    _audit("download_roster_faults", kept, actor_id, now)
    lines = []
    for row in rows:
        line = _unseal(row)
        words = "; ".join(explain(fault).text for fault in _faults(row.faults))
        lines.append((line.row_number, line.name, line.id_number, line.mobile, words))
    return faults_workbook(lines)


def wipe_old_values(*, now: datetime) -> int:
    """Values of lists older than 30 days [REF] are gone, and the names of people who never came on a roster; the count
    of wiped lines."""
    old = RosterImportRow.objects.filter(roster_import__uploaded_at__lt=now - KEEP_VALUES)
    old.filter(enrolment=None).exclude(name="", masked_id="", masked_mobile="").update(
        name="", masked_id="", masked_mobile=""
    )
    return old.exclude(sealed_values="").update(sealed_values="")


def _own_import(import_id: int, actor_id: int, now: datetime) -> RosterImport:
    kept = lock_import(import_id)
    run = class_run_facts(ClassRun.objects.get(pk=kept.class_run_id))
    require_arranger_of(run, kept.employer_id, person_id=actor_id, day=local_day(now))
    return kept


def _open_import(import_id: int, actor_id: int, now: datetime) -> RosterImport:
    kept = _own_import(import_id, actor_id, now)
    if kept.state != ImportState.PREVIEW:
        raise UnableToImport(Refusal(code="import_is_over"))
    return kept


def _judged_rows(kept: RosterImport, lines: Iterable[RosterLine], *, now: datetime) -> list[RosterImportRow]:
    on_roster = set(
        Enrolment.objects.filter(class_run_id=kept.class_run_id, dropped_at=None).values_list("person_id", flat=True)
    )
    return [_judged_row(kept, line, on_roster, now=now) for line in judge_lines(lines)]


def _judged_row(kept: RosterImport, line: RosterLine, on_roster: set[int], *, now: datetime) -> RosterImportRow:
    faults = list(line.faults)
    if is_duplicate(line):
        verdict = RowVerdict.DUPLICATE
        faults = [fault for fault in faults if fault.code == "duplicate_of"]
    else:
        spoilt = {fault.field for fault in faults}
        faults += [
            Refusal(code=f"accounts.{fault.code}", field=fault.field)
            for fault in _identity_faults(line, now=now)
            if fault.field not in spoilt
        ]
        verdict = RowVerdict.FAULTY if faults else RowVerdict.FIXED if line.fixed else RowVerdict.READY
    if verdict in _GOOD:
        known = find_person_by_id_number(id_number=line.id_number)
        if known is not None and known.person_id in on_roster:
            verdict, faults = RowVerdict.ENROLLED, [Refusal(code="already_enrolled", field="id_number")]
    return RosterImportRow(
        roster_import=kept,
        row_number=line.row_number,
        sealed_values=_seal(line),
        name=line.name,
        masked_id=_masked(line.id_number, mask_id(line.id_number)),
        masked_mobile=_masked(line.mobile, mask_mobile(line.mobile)),
        verdict=verdict,
        faults=[{"code": fault.code, "field": fault.field, "params": dict(fault.params)} for fault in faults],
    )


def _identity_faults(line: RosterLine, *, now: datetime) -> tuple[Fault, ...]:
    """What would keep the person from being entered; found out by entering the person and taking it back."""
    missing = () if line.mobile else (Fault(field="mobile", code="empty"),)
    try:
        with transaction.atomic():
            ensure_person(name=line.name, id_number=line.id_number, mobile=line.mobile, actor_id=None, now=now)
            transaction.set_rollback(True)
    except UnableToEnsurePerson as error:
        return (*error.faults, *missing)
    return missing


def _enrol_row(run: ClassRun, kept: RosterImport, row: RosterImportRow, *, actor_id: int, now: datetime) -> None:
    line = _unseal(row)
    try:
        with transaction.atomic():
            person = ensure_person(
                name=line.name, id_number=line.id_number, mobile=line.mobile, actor_id=actor_id, now=now
            )
            row.enrolment = put_on_roster(
                run, person.person_id, kept.employer_id, actor_id=actor_id, reason=kept.file_name, now=now
            )
            row.verdict, row.faults = RowVerdict.IMPORTED, []
    except UnableToEnsurePerson as error:
        row.verdict = RowVerdict.FAULTY
        row.faults = [{"code": f"accounts.{one.code}", "field": one.field, "params": {}} for one in error.faults]
    except UnableToEnrol as error:
        row.verdict = RowVerdict.FAULTY
        row.faults = [{"code": one.code, "field": one.field, "params": dict(one.params)} for one in error.refusals]
    row.save(update_fields=["enrolment", "verdict", "faults"])


def _result(kept: RosterImport) -> RosterImportResult:
    return RosterImportResult(
        import_id=kept.pk,
        class_run_id=kept.class_run_id,
        employer_id=kept.employer_id,
        file_name=kept.file_name,
        state=ImportState(kept.state),
        uploaded_at=kept.uploaded_at,
        rows=tuple(
            RosterRow(
                row_number=row.row_number,
                name=row.name,
                masked_id=row.masked_id,
                masked_mobile=row.masked_mobile,
                verdict=RowVerdict(row.verdict),
                faults=_faults(row.faults),
                enrolment_id=row.enrolment_id,
            )
            for row in kept.rows.order_by("row_number").defer("sealed_values")
        ),
    )


def _faults(stored: Sequence[dict[str, object]]) -> tuple[Refusal, ...]:
    return tuple(
        Refusal(
            code=str(one["code"]),
            field=str(one["field"]),
            params=one["params"] if isinstance(one["params"], dict) else {},
        )
        for one in stored
    )


def _masked(text: str, masked: str) -> str:
    """The masked number; of something that is no number, only its beginning."""
    return (masked or (f"{text[:3]}****" if text else ""))[:40]


def _seal(line: RosterLine) -> str:
    values = {
        "name": line.name,
        "id_number": line.id_number,
        "mobile": line.mobile,
        "id_type": line.id_type,
        "gender": line.gender,
        "birth_date": line.birth_date,
        "fixed": line.fixed,
        "spoilt": [
            [fault.code, fault.field]
            for fault in line.faults
            if fault.code in {"number_rounded", "looks_like_date", "cell_is_formula"}
        ],
    }
    return json.dumps(values, ensure_ascii=False)


def _unseal(row: RosterImportRow) -> RosterLine:
    values = json.loads(row.sealed_values or "{}")
    return RosterLine(
        row_number=row.row_number,
        name=values[Column.NAME],
        id_number=values[Column.ID_NUMBER],
        mobile=values[Column.MOBILE],
        id_type=values[Column.ID_TYPE],
        gender=values[Column.GENDER],
        birth_date=values[Column.BIRTH_DATE],
        fixed=values["fixed"],
        faults=tuple(Refusal(code=code, field=field) for code, field in values["spoilt"]),
    )


def _audit(
    action: str, kept: RosterImport, actor_id: int, now: datetime, detail: dict[str, object] | None = None
) -> None:
    record_audit(
        actor_id=actor_id, action=action, object_kind="roster_import", object_id=kept.pk, now=now, detail=detail
    )
