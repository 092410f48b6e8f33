"""The door of enrolment: class runs, their filing, and who is on their rosters."""

from lms.enrolment.access import ClassView, Hat, is_officer_of, view_of
from lms.enrolment.class_runs import cancel_class_run, create_class_run, revise_class_run
from lms.enrolment.enrolling import drop, enrol, enrol_self
from lms.enrolment.exports import filing_lines, roster_lines
from lms.enrolment.filing import accept_filing, filings_of, judge_filing, return_filing, submit_filing
from lms.enrolment.programmes import PROGRAMMES
from lms.enrolment.reads import (
    all_class_runs,
    class_runs_for,
    enrolments_of,
    find_class_run,
    get_class_run,
    get_class_runs,
    get_enrolment,
    get_enrolments,
    looked_after_among,
    open_class_runs,
    places_left,
    roster_of,
    running_class_runs_of_officer,
)
from lms.enrolment.roster import confirm_roster, discard_roster, get_import, import_roster, mend_row, preview_roster
from lms.enrolment.texts import Explanation, explain

__all__ = [
    "PROGRAMMES",
    "ClassView",
    "Explanation",
    "Hat",
    "accept_filing",
    "all_class_runs",
    "cancel_class_run",
    "class_runs_for",
    "confirm_roster",
    "create_class_run",
    "discard_roster",
    "drop",
    "enrol",
    "enrol_self",
    "enrolments_of",
    "explain",
    "filing_lines",
    "filings_of",
    "find_class_run",
    "get_class_run",
    "get_class_runs",
    "get_enrolment",
    "get_enrolments",
    "get_import",
    "import_roster",
    "is_officer_of",
    "judge_filing",
    "looked_after_among",
    "mend_row",
    "open_class_runs",
    "places_left",
    "preview_roster",
    "return_filing",
    "revise_class_run",
    "roster_lines",
    "roster_of",
    "running_class_runs_of_officer",
    "submit_filing",
    "view_of",
]
