"""The words of every refusal of this package: what stands in the way, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lms.accounts.api import words_for
from lms.accounts.data import Fault
from lms.enrolment.data import Refusal
from lms.hours.api import explain_finding
from lms.hours.data import PlanFinding, Severity

_PLAN_CODES = frozenset(
    {"HRS-04", "HRS-05", "PLAN-01", "PLAN-02", "PLAN-03", "PLAN-04", "PLAN-05", "SIZE-01", "SIZE-02"}
)
_ACCOUNTS = "accounts."
_MISSING = {
    "name": _("The name is missing."),
    "id_number": _("The ID number is missing."),
    "mobile": _("The mobile number is missing."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`rule` is the clause where one exists ("GEN-04"), empty otherwise."""

    rule: str
    text: str
    fix: str


# code -> (clause, what is wrong, what to do)
_WORDS: dict[str, tuple[str, object, object]] = {
    "ends_before_start": (
        "",
        _("The class would end on %(ends_on)s, before it starts on %(starts_on)s."),
        _("Choose a last day that is not before the first."),
    ),
    "class_too_long": ("", _("A class lasts a year at most."), _("Choose an earlier last day, or make two classes.")),
    "starts_by_filing_day": (
        "GEN-04",
        _("The class starts on %(starts_on)s, but a class must start after its filing day %(filed_on)s."),
        _("Start on %(earliest_start)s or later."),
    ),
    "ends_too_late": (
        "GEN-04",
        _("The class ends on %(ends_on)s, later than %(months)s months after the filing day %(filed_on)s."),
        _("End on %(latest_end)s or earlier."),
    ),
    "unknown_programme": ("", _("There is no such programme."), _("Choose one from the list.")),
    "unknown_curriculum": ("", _("There is no such published course."), _("Choose a published course from the list.")),
    "payee_kind": (
        "GEN-08",
        _("Programme %(programme)s does not pay this kind of payee."),
        _("Choose a payee that the programme knows."),
    ),
    "payee_no_party": (
        "GEN-08",
        _("The payee is no party of this class."),
        _("Choose the provider or one of the employers in the class."),
    ),
    "no_employer": ("", _("The class has no employer."), _("Add the firm whose staff will learn.")),
    "no_employer_wanted": (
        "",
        _("People join this class on their own account, not through an employer."),
        _("Leave the employer out."),
    ),
    "agreement_missing": (
        "SG-02",
        _("The agreement that names the payee is missing."),
        _("Enter the agreement's number and the day it was signed."),
    ),
    "agreement_after_filing": (
        "SG-02",
        _("The payee agreement is dated %(agreement_on)s, after the filing day %(filed_on)s."),
        _("The payee must be agreed before filing: file on the day after signing, or correct the date."),
    ),
    "teaches_and_assesses": (
        "",
        _("The same person teaches and assesses this class. Training and assessment must be separate (考培分离)."),
        _("Choose an assessor who does not teach the class."),
    ),
    "not_a_trainer": ("", _("A chosen trainer has no trainer's role."), _("Choose a person with the trainer's role.")),
    "not_an_assessor": (
        "",
        _("A chosen assessor has no assessor's role."),
        _("Choose a person with the assessor's role."),
    ),
    "no_trainer": (
        "",
        _("The plan has live classes or practice, but nobody teaches them."),
        _("Add at least one trainer."),
    ),
    "no_base": ("", _("The plan has practice, but no practice base."), _("Choose the base where people practise.")),
    "no_assessor": ("", _("The plan has an exam, but nobody assesses it."), _("Add an assessor.")),
    "no_exam": (
        "",
        _("The course has no exam, so nobody could complete it."),
        _("Add an assessment unit to the course and publish it again."),
    ),
    "nobody_enrolled": ("", _("There is nobody on the roster yet."), _("Enrol at least one person before filing.")),
    "over_capacity": (
        "",
        _("%(people)s people are on the roster, but the class has %(capacity)s places."),
        _("Raise the number of places or drop people."),
    ),
    "no_commitment": (
        "",
        _("The commitment letter is not signed."),
        _("Read the commitment letter and tick that you sign it."),
    ),
    "wrong_organisation": (
        "",
        _("A chosen organisation does not exist or is of another kind."),
        _("Choose it again from the list."),
    ),
    "organisation_barred": (
        "GEN-10",
        _("%(name)s is marked as abnormal or blacklisted."),
        _("Clear the mark with the authority first, or leave the organisation out."),
    ),
    "title_missing": ("", _("The class title has 2 to 120 characters."), _("Write a title people recognise.")),
    "text_too_long": ("", _("A text is too long."), _("Shorten it.")),
    "capacity_out_of_range": ("", _("A class has 1 to %(most)s places."), _("Enter another number of places.")),
    "cost_out_of_range": (
        "",
        _("The cost per person lies between 0 and %(most_yuan)s yuan."),
        _("Enter the cost again."),
    ),
    "district_unknown": ("", _("A district code has six digits."), _("Choose the district from the list.")),
    "class_is_filed": (
        "",
        _("Class %(number)s is filed or waits for the officer; its plan can't be changed."),
        _("Ask the officer to return the filing, or make a new class."),
    ),
    "employer_has_people": (
        "",
        _("An employer that you take out still has people on the roster."),
        _("Drop these people first."),
    ),
    "class_is_over": ("", _("Class %(number)s is over or cancelled."), _("Nothing can be changed any more.")),
    "reason_missing": ("", _("The reason is missing."), _("Write in a few words why.")),
    "already_submitted": ("", _("Class %(number)s is submitted already."), _("Wait for the officer's answer.")),
    "already_filed": ("", _("Class %(number)s is filed already."), _("Nothing more is needed.")),
    "already_cancelled": ("", _("Class %(number)s is cancelled."), _("Make a new class.")),
    "not_submitted": (
        "",
        _("Class %(number)s does not wait for an answer: somebody has decided it, or it was never submitted."),
        _("Open the class again to see its state."),
    ),
    "own_filing": ("", _("Nobody decides on a filing of his own."), _("Ask another officer.")),
    "not_open": ("", _("Class %(number)s is not open to everybody."), _("Ask your employer to enrol you.")),
    "not_filed_yet": ("", _("Class %(number)s is not filed yet."), _("Come back when it is open.")),
    "class_submitted": (
        "",
        _("Class %(number)s waits for the officer; its roster rests until then."),
        _("Wait for the answer, then add people."),
    ),
    "class_cancelled": ("", _("Class %(number)s is cancelled."), _("Choose another class.")),
    "class_teaching_done": ("", _("Class %(number)s is over."), _("Choose another class.")),
    "joins_too_late": (
        "",
        _("People may join during the first %(percent)s %% of the class's days; the last day was %(last)s."),
        _("Enrol the person in the next class."),
    ),
    "class_full": ("", _("All %(capacity)s places are taken."), _("Choose another class.")),
    "not_an_employer_here": (
        "",
        _("This firm is not one of the class's employers."),
        _("Ask the provider to add the firm before filing."),
    ),
    "enrolled_by_another": (
        "",
        _("The person is enrolled in this class on another account."),
        _("Ask the provider who enrolled the person; one person has one place."),
    ),
    "unknown_person": ("", _("There is no such person."), _("Check name and number.")),
    # roster files
    "file_missing": ("", _("No file was chosen."), _("Choose an .xlsx file.")),
    "file_too_large": ("", _("The file is larger than %(megabytes)s MB."), _("Split the list into several files.")),
    "file_not_xlsx": (
        "",
        _("This is no .xlsx workbook, or it is damaged or locked with a password."),
        _("Open it in Excel or WPS, save it as .xlsx without a password, and upload it again."),
    ),
    "too_many_rows": ("", _("The list has more than %(most)s lines."), _("Split the list into several files.")),
    "no_header": (
        "",
        _("No line with the headings 姓名, 证件号码 and 手机号码 was found."),
        _("Download the template, or name the columns like it."),
    ),
    "no_rows": ("", _("There is nobody below the headings."), _("Fill in at least one line.")),
    "import_is_over": ("", _("This list was imported or discarded already."), _("Upload a new file.")),
    "nothing_to_import": ("", _("No line of this list can be imported."), _("Mend the lines marked red.")),
    "people_not_told": (
        "",
        _("The people on the list must be told that their data go into the platform."),
        _("Tell them, then tick the box."),
    ),
    "column_missing": ("", _("The column is missing in the file."), _("Add the column and upload again.")),
    "number_rounded": (
        "",
        _("Excel stored the number as a figure and rounded its last digits away."),
        _("Format the column as text, type the number again and upload the file."),
    ),
    "looks_like_date": ("", _("The cell holds a date, not a number."), _("Format the cell as text and type it again.")),
    "cell_is_formula": ("", _("The cell holds an error or a formula without a value."), _("Type the value itself.")),
    "birth_date_differs": (
        "",
        _("The date of birth in the list differs from the one in the ID number."),
        _("Compare both with the card."),
    ),
    "gender_differs": (
        "",
        _("The gender in the list differs from the one in the ID number."),
        _("Compare both with the card."),
    ),
    "id_type_unsupported": (
        "",
        _("Lists are for resident ID cards."),
        _("Enrol people with other papers one by one."),
    ),
    "duplicate_of": ("", _("The same ID number stands in line %(row)s; this line is skipped."), _("Nothing to do.")),
    "mobile_twice": (
        "",
        _("Line %(row)s has the same mobile number under another person."),
        _("Each person has an own number: correct one of the two."),
    ),
    "already_enrolled": ("", _("The person is on the roster already; this line is skipped."), _("Nothing to do.")),
}


def explain(refusal: Refusal) -> Explanation:
    """What a person reads about the refusal, in the active language."""
    if refusal.code in _PLAN_CODES:
        return _explain_plan(refusal)
    if refusal.code == "accounts.empty" and refusal.field in _MISSING:
        return Explanation(rule="", text=str(_MISSING[refusal.field]), fix=str(_("Fill it in.")))
    if refusal.code.startswith(_ACCOUNTS):
        fault = Fault(field=refusal.field, code=refusal.code.removeprefix(_ACCOUNTS))
        return Explanation(rule="", text=words_for(fault), fix="")
    rule, text, fix = _WORDS[refusal.code]
    return Explanation(rule=rule, text=str(text) % refusal.params, fix=str(fix) % refusal.params)


def _explain_plan(refusal: Refusal) -> Explanation:
    finding = PlanFinding(
        code=refusal.code,
        severity=Severity(str(refusal.params["severity"])),
        required=str(refusal.params["required"]),
        observed=str(refusal.params["observed"]),
        subject=str(refusal.params["subject"]),
    )
    words = explain_finding(finding, pack=str(refusal.params["pack"]))
    if (get_language() or "").startswith("en"):
        return Explanation(rule=refusal.code, text=words.en, fix=words.fix_en)
    return Explanation(rule=refusal.code, text=words.zh, fix=words.fix_zh)
