from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from django.db import connection
from openpyxl import Workbook, load_workbook

from lms.accounts.api import ensure_person, find_person_by_id_number
from lms.enrolment.api import (
    confirm_roster,
    discard_roster,
    explain,
    get_import,
    import_roster,
    mend_row,
    preview_roster,
    roster_of,
)
from lms.enrolment.data import ImportState, NotYours, RosterImportResult, RowVerdict, UnableToImport
from lms.enrolment.models import Enrolment, RosterImport, RosterImportRow
from lms.enrolment.roster import faults_file, values_to_mend, wipe_old_values
from lms.enrolment.roster_sheet import template_workbook
from tests.factories.classes import (
    FILED_AT,
    FIRST_DAY,
    Cast,
    at,
    id_number,
    make_cast,
    make_class_run,
    make_filed_class,
)
from tests.packages.enrolment.test_enrolling import at_once

A, B, C, D = (id_number(700 + n, birth="19850615") for n in range(4))
HEAD = ("姓名", "证件号码", "手机号码")
DAY = datetime(1985, 6, 15)  # noqa: DTZ001  as spreadsheets hold days


def workbook(*rows: Sequence[object], title: str = "Sheet1") -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def preview(cast: Cast, class_run_id: int, file: bytes, *, now: datetime = FILED_AT) -> RosterImportResult:
    return preview_roster(
        class_run_id=class_run_id,
        employer_id=cast.employer_id,
        actor_id=cast.hr_id,
        file=file,
        file_name="春季电工班名单.xlsx",
        now=now,
    )


def verdicts(result: RosterImportResult) -> list[tuple[int, str, RowVerdict, list[str]]]:
    return [
        (row.row_number, row.name, row.verdict, [f"{fault.field}:{fault.code}" for fault in row.faults])
        for row in result.rows
    ]


MESSY = (
    ("2026年春季电工班花名册", None, None, None, None, None),
    (None, None, None, None, None, None),
    ("序号", "员工姓名*", "身份证号(必填)", "联系电话", "性别", "出生日期"),
    (1, "李秀兰", A, 13800006207, "女", DAY),
    (2, "赵 鹏", B[:17] + ("0" if B[17] != "0" else "1"), "15900000113", None, None),
    (3, "周敏", C, "139000005", None, None),
    (None, None, None, None, None, None),
    (4, "吴志强", "　" + "".join(chr(ord(one) + 0xFEE0) for one in D), 13600008890.0, None, None),
    (5, "李秀兰", A, "13800006207", None, None),
    (6, "孙丽", 310112197801019000, "13700004412", None, None),
    (7, "胡军7", A[:17], "", None, None),
    (8, "王建国", id_number(710), "13600008890", None, None),
    (9, "郑海燕", id_number(711), "13600008811", None, "1991-01-01"),
    (None, "合计", None, 9, None, None),
)


@pytest.mark.django_db
def test_each_line_of_a_messy_list_gets_its_verdict_and_nobody_is_enrolled() -> None:
    cast = make_cast()
    run = make_class_run(cast)

    result = preview(cast, run.class_run_id, workbook(*MESSY))

    assert verdicts(result) == [
        (4, "李秀兰", RowVerdict.FAULTY, ["gender:gender_differs"])
        if int(A[16]) % 2
        else (4, "李秀兰", RowVerdict.READY, []),
        (5, "赵鹏", RowVerdict.FAULTY, ["id_number:accounts.check_digit"]),
        (6, "周敏", RowVerdict.FAULTY, ["mobile:accounts.mobile"]),
        (8, "吴志强", RowVerdict.FIXED, []),
        (9, "李秀兰", RowVerdict.DUPLICATE, ["id_number:duplicate_of"]),
        (10, "孙丽", RowVerdict.FAULTY, ["id_number:number_rounded"]),
        (
            11,
            "胡军7",
            RowVerdict.FAULTY,
            ["name:accounts.name_digits", "id_number:accounts.length", "mobile:accounts.empty"],
        ),
        (12, "王建国", RowVerdict.FAULTY, ["mobile:mobile_twice"]),
        (13, "郑海燕", RowVerdict.FAULTY, ["birth_date:birth_date_differs"]),
    ]
    assert result.state is ImportState.PREVIEW
    assert (Enrolment.objects.count(), find_person_by_id_number(id_number=D)) == (0, None)
    for row in result.rows:
        for fault in row.faults:
            assert explain(fault).text


@pytest.mark.django_db
def test_confirming_enrols_the_good_lines_only_and_a_second_time_nothing() -> None:
    cast = make_cast()
    run, _learners = make_filed_class(cast, names=("何伟",))
    file = workbook(HEAD, ("李秀兰", A, "13800000001"), ("赵鹏", "123", "13800000002"), ("周 敏", C, "13800000003"))
    seen = preview(cast, run.class_run_id, file)

    done = confirm_roster(import_id=seen.import_id, actor_id=cast.hr_id, told_people=True, now=FILED_AT)
    again = confirm_roster(import_id=seen.import_id, actor_id=cast.hr_id, told_people=True, now=FILED_AT)

    assert [row.verdict for row in done.rows] == [RowVerdict.IMPORTED, RowVerdict.FAULTY, RowVerdict.IMPORTED]
    assert again == done
    assert [one.employer_id for one in roster_of(class_run_id=run.class_run_id)] == [cast.employer_id] * 3
    person = find_person_by_id_number(id_number=C)
    assert person is not None
    assert person.name == "周敏"
    assert {row.enrolment_id for row in done.rows if row.enrolment_id} == {
        one.enrolment_id for one in roster_of(class_run_id=run.class_run_id)[1:]
    }


@pytest.mark.django_db
def test_confirming_needs_the_word_that_the_people_were_told() -> None:
    cast = make_cast()
    run = make_class_run(cast)
    seen = preview(cast, run.class_run_id, workbook(HEAD, ("李秀兰", A, "13800000001")))

    with pytest.raises(UnableToImport) as refused:
        confirm_roster(import_id=seen.import_id, actor_id=cast.hr_id, told_people=False, now=FILED_AT)

    assert refused.value.codes == ("people_not_told",)
    assert Enrolment.objects.count() == 0


@pytest.mark.django_db
def test_a_person_already_on_the_roster_is_skipped_and_a_known_number_under_another_name_is_a_fault() -> None:
    cast = make_cast()
    run = make_class_run(cast)
    import_roster(
        class_run_id=run.class_run_id,
        employer_id=cast.employer_id,
        actor_id=cast.hr_id,
        file=workbook(HEAD, ("李秀兰", A, "13800000001")),
        now=FILED_AT,
    )
    ensure_person(name="周敏", id_number=C, actor_id=None, now=FILED_AT)

    seen = preview(cast, run.class_run_id, workbook(HEAD, ("李秀兰", A, "13800000001"), ("周大敏", C, "13800000003")))

    assert verdicts(seen) == [
        (2, "李秀兰", RowVerdict.ENROLLED, ["id_number:already_enrolled"]),
        (3, "周大敏", RowVerdict.FAULTY, ["name:accounts.name_mismatch"]),
    ]
    with pytest.raises(UnableToImport) as refused:
        confirm_roster(import_id=seen.import_id, actor_id=cast.hr_id, told_people=True, now=FILED_AT)
    assert refused.value.codes == ("nothing_to_import",)


@pytest.mark.django_db
def test_a_line_that_went_bad_since_the_preview_is_left_out_and_the_rest_goes_in() -> None:
    cast = make_cast()
    run = make_class_run(cast, capacity=1)
    seen = preview(cast, run.class_run_id, workbook(HEAD, ("李秀兰", A, "13800000001"), ("周敏", C, "13800000003")))

    done = confirm_roster(import_id=seen.import_id, actor_id=cast.hr_id, told_people=True, now=FILED_AT)

    assert verdicts(done) == [
        (2, "李秀兰", RowVerdict.IMPORTED, []),
        (3, "周敏", RowVerdict.FAULTY, ["class_run:class_full"]),
    ]
    assert find_person_by_id_number(id_number=C) is None


@pytest.mark.django_db
def test_a_faulty_line_is_mended_in_place_and_the_whole_list_is_judged_anew() -> None:
    cast = make_cast()
    run = make_class_run(cast)
    seen = preview(
        cast,
        run.class_run_id,
        workbook(HEAD, ("李秀兰", A, "13800000001"), ("赵鹏", 310112197801019000, "13800000002")),
    )
    before = values_to_mend(import_id=seen.import_id, row_number=3, actor_id=cast.hr_id, now=FILED_AT)

    mended = mend_row(
        import_id=seen.import_id,
        row_number=3,
        name="赵 鹏",
        id_number=C.lower(),
        mobile="138 0000 0002",
        actor_id=cast.hr_id,
        now=FILED_AT,
    )
    clash = mend_row(
        import_id=seen.import_id,
        row_number=3,
        name="赵鹏",
        id_number=A,
        mobile="13800000002",
        actor_id=cast.hr_id,
        now=FILED_AT,
    )

    assert (before.name, before.mobile) == ("赵鹏", "13800000002")
    assert [row.verdict for row in mended.rows] == [RowVerdict.READY, RowVerdict.READY]
    assert [row.verdict for row in clash.rows] == [RowVerdict.READY, RowVerdict.DUPLICATE]
    with pytest.raises(NotYours):
        mend_row(
            import_id=seen.import_id,
            row_number=99,
            name="x",
            id_number="",
            mobile="",
            actor_id=cast.hr_id,
            now=FILED_AT,
        )


@pytest.mark.django_db
def test_nobody_else_sees_or_confirms_an_import() -> None:
    cast = make_cast()
    run = make_class_run(cast, employer_ids=(cast.employer_id, cast.other_employer_id))
    seen = preview(cast, run.class_run_id, workbook(HEAD, ("李秀兰", "123", "13800000001")))

    for actor in (cast.other_hr_id, cast.officer_id, cast.trainer_id, cast.stranger_id):
        with pytest.raises(NotYours):
            get_import(import_id=seen.import_id, actor_id=actor, now=FILED_AT)
        with pytest.raises(NotYours):
            confirm_roster(import_id=seen.import_id, actor_id=actor, told_people=True, now=FILED_AT)
        with pytest.raises(NotYours):
            discard_roster(import_id=seen.import_id, actor_id=actor, now=FILED_AT)
        with pytest.raises(NotYours):
            faults_file(import_id=seen.import_id, actor_id=actor, now=FILED_AT)
        with pytest.raises(NotYours):
            values_to_mend(import_id=seen.import_id, row_number=2, actor_id=actor, now=FILED_AT)
    assert get_import(import_id=seen.import_id, actor_id=cast.provider_admin_id, now=FILED_AT) == seen


@pytest.mark.django_db
def test_values_lie_encrypted_and_go_when_they_have_served() -> None:
    cast = make_cast()
    run = make_class_run(cast)
    file = workbook(HEAD, ("李秀兰", A, "13800000001"), ("赵鹏", "123", "13800000002"))
    seen = preview(cast, run.class_run_id, file)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed_values FROM enrolment_rosterimportrow")
        stored = "".join(row[0] for row in cursor.fetchall())

    confirm_roster(import_id=seen.import_id, actor_id=cast.hr_id, told_people=True, now=FILED_AT)
    kept = dict(RosterImportRow.objects.order_by("row_number").values_list("row_number", "sealed_values"))
    wiped = wipe_old_values(now=FILED_AT + timedelta(days=31))

    assert A not in stored
    assert "13800000001" not in stored
    assert (kept[2], bool(kept[3])) == ("", True)
    assert wiped == 1
    assert not RosterImportRow.objects.exclude(sealed_values="").exists()


@pytest.mark.django_db
def test_a_discarded_list_can_not_be_confirmed() -> None:
    cast = make_cast()
    run = make_class_run(cast)
    seen = preview(cast, run.class_run_id, workbook(HEAD, ("李秀兰", A, "13800000001")))

    discarded = discard_roster(import_id=seen.import_id, actor_id=cast.hr_id, now=FILED_AT)
    with pytest.raises(UnableToImport) as refused:
        confirm_roster(import_id=seen.import_id, actor_id=cast.hr_id, told_people=True, now=FILED_AT)

    assert discarded.state is ImportState.DISCARDED
    assert refused.value.codes == ("import_is_over",)
    assert Enrolment.objects.count() == 0


def _bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (81 * 1024 * 1024))
    return buffer.getvalue()


def _zip_of_text() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme.txt", "no workbook")
    return buffer.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"", "file_missing"),
        ("姓名,证件号码\n李秀兰,1".encode, "file_not_xlsx"),
        (lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 600, "file_not_xlsx"),
        (_zip_of_text, "file_not_xlsx"),
        (lambda: workbook(HEAD, ("李秀兰", A, "13800000001"))[:-300], "file_not_xlsx"),
        (_bomb, "too_many_rows"),
        (lambda: b"P" * (5 * 1024 * 1024 + 1), "file_too_large"),
        (workbook, "no_header"),
        (lambda: workbook(("甲", "乙"), (1, 2)), "no_header"),
        (lambda: workbook(("姓名", "身份证号"), ("李秀兰", A)), "column_missing"),
        (lambda: workbook(HEAD), "no_rows"),
        (lambda: workbook(HEAD, *[("李秀兰", A, "13800000001")] * 2001), "too_many_rows"),
    ],
)
def test_files_that_can_not_be_read_are_refused_in_plain_words(make: object, code: str) -> None:
    cast = make_cast()
    run = make_class_run(cast)

    with pytest.raises(UnableToImport) as refused:
        preview(cast, run.class_run_id, make())  # type: ignore[operator]

    assert refused.value.codes == (code,)
    assert explain(refused.value.refusals[0]).fix
    assert RosterImport.objects.count() == 0


@pytest.mark.django_db
def test_the_list_may_stand_on_a_later_sheet() -> None:
    cast = make_cast()
    run = make_class_run(cast)
    book = Workbook()
    assert book.active is not None
    book.active["A1"] = "填写说明"
    sheet = book.create_sheet("名单")
    sheet.append(HEAD)
    sheet.append(("李秀兰", A, "13800000001"))
    buffer = io.BytesIO()
    book.save(buffer)

    result = preview(cast, run.class_run_id, buffer.getvalue())

    assert verdicts(result) == [(2, "李秀兰", RowVerdict.READY, [])]


@pytest.mark.django_db
def test_the_template_is_readable_and_its_example_enrols_nobody() -> None:
    cast = make_cast()
    run = make_class_run(cast)
    book = load_workbook(io.BytesIO(template_workbook()))
    sheet = book.active
    assert sheet is not None
    assert [cell.value for cell in sheet[1]] == ["姓名", "证件类型", "证件号码", "手机号码"]
    assert sheet["C3"].number_format == "@"
    sheet["A3"], sheet["B3"], sheet["C3"], sheet["D3"] = "李秀兰", "居民身份证", A, "13800000001"
    buffer = io.BytesIO()
    book.save(buffer)

    assert verdicts(preview(cast, run.class_run_id, buffer.getvalue())) == [(3, "李秀兰", RowVerdict.READY, [])]


@pytest.mark.django_db
def test_the_file_of_faulty_lines_can_be_mended_and_uploaded_again() -> None:
    cast = make_cast()
    run = make_class_run(cast)
    seen = preview(
        cast,
        run.class_run_id,
        workbook(HEAD, ("李秀兰", A, "13800000001"), ("@cmd()", "123", "13800000002"), ("周敏", C, "138")),
    )

    book = load_workbook(io.BytesIO(faults_file(import_id=seen.import_id, actor_id=cast.hr_id, now=FILED_AT)))
    sheet = book.active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    sheet["C3"] = "13800000009"
    buffer = io.BytesIO()
    book.save(buffer)
    second = preview(cast, run.class_run_id, buffer.getvalue())

    assert [(row[0], row[1], row[3]) for row in rows] == [("'@cmd()", "123", 3), ("周敏", C, 4)]
    assert [(row.name, row.verdict) for row in second.rows][1] == ("周敏", RowVerdict.READY)


@pytest.mark.django_db(transaction=True)
def test_confirming_twice_at_once_enrols_each_person_once() -> None:
    cast = make_cast()
    run, _learners = make_filed_class(cast, names=("何伟",))
    seen = preview(cast, run.class_run_id, workbook(HEAD, ("李秀兰", A, "13800000001"), ("周敏", C, "13800000003")))

    results = at_once(
        *[lambda: confirm_roster(import_id=seen.import_id, actor_id=cast.hr_id, told_people=True, now=at(FIRST_DAY))]
        * 3
    )

    assert len({str(result) for result in results}) == 1
    assert len(roster_of(class_run_id=run.class_run_id)) == 3
