"""The statement of hours (学时明细单): what was asked for, what became of it, and under which rule."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.core.paginator import Page, Paginator

from courses.data import UnitMode
from lms.appeals import api as appeals
from lms.appeals.data import OPEN_STATES
from lms.evidence import api as evidence
from lms.hours import api as hours
from lms.ledger import api as ledger
from lms.ledger.data import Entry, EntryKind, LedgerStretch, Outcome, ReasonCode
from lms.lib.localday import SHANGHAI, from_ms, local_day
from lms.player import api as player
from lms.portal import timeline
from lms.portal.learning import Learning, colour_of, mode_label
from lms.portal.words import length_text
from lms.web.data import PageOfItems

ROWS_ON_DAY_PAGE = 40
ROWS_IN_TABLE = 100
_CSV_HEAD = (
    "no", "day", "from", "to", "unit", "hours", "entry", "reason", "reason_words", "milliseconds", "media_from_ms",
    "media_to_ms", "takes_back", "hour_pack", "sealed_at", "hash",
)  # fmt: skip


def statement_context(
    learning: Learning, *, own: bool, month: date | None, day: date | None, page: int, language: str, now: datetime
) -> dict[str, Any]:
    """Everything that the page shows: figures of the whole class, days of one page, or one day in full."""
    facts = learning.facts
    sums = ledger.sums_of(enrolment_id=facts.enrolment_id)
    pending = player.pending_for(
        enrolment_id=facts.enrolment_id, curriculum=learning.curriculum, statement=learning.statement
    )
    waits = sum(end - start for spans in pending.values() for start, end in spans)
    added = timeline.add_up(sums, pending_ms=waits)
    days = [day] if day else timeline.days_in(sums, month)
    pages = Paginator(days, timeline.DAYS_A_PAGE).get_page(page if not day else 1)
    shown = list(pages.object_list)
    stretches = (
        ledger.stretches_of(enrolment_id=facts.enrolment_id, first_on=shown[-1], last_on=shown[0]) if shown else ()
    )
    book = RuleBook(learning, own=own, language=language, now=now)
    rows = Paginator(stretches, ROWS_ON_DAY_PAGE).get_page(page)
    part = slice(rows.start_index() - 1, rows.end_index()) if day and stretches else None
    chart = timeline.lanes(shown, stretches, sums, learning.curriculum, part=part)
    for lane in chart["days"]:
        lane["rows"] = [book.with_words(row, stretches) for row in lane["rows"]]
    return {
        "asked": length_text(added.asked),
        "counted": length_text(added.credited),
        "lost": length_text(added.refused),
        "waits": length_text(added.pending) if added.pending else "",
        "exact": added,
        "share": timeline.share_bar(added),
        "reasons": [book.reason(outcome, reason, seconds) for outcome, reason, seconds in added.lost],
        "chart": chart,
        "units": timeline.unit_bars(learning.curriculum, learning.statement, sums, pending),
        "appealed": book.appealed,
        "months": timeline.months_of(sums),
        "month": month,
        "day": day,
        "days_page": _page_of(rows if day else pages),
        "table": _table(stretches, learning),
        "table_cut": len(stretches) > ROWS_IN_TABLE,
        "marks": _marks(learning),
        "join_seconds": f"{book.limits.join_gap_ms / 1000:g}",
        "pack_title": hours.pack_title(pack=facts.hour_pack)[0 if language.startswith("zh") else 1],
    }


def _page_of(page: Page[Any]) -> PageOfItems[Any]:
    return PageOfItems(
        items=list(page.object_list),
        number=page.number,
        pages=page.paginator.num_pages,
        total=page.paginator.count,
        per_page=page.paginator.per_page,
    )


class RuleBook:
    """Reasons in words and rules, each looked up once per page."""

    def __init__(self, learning: Learning, *, own: bool, language: str, now: datetime) -> None:
        self._learning = learning
        self._own = own
        self._chinese = language.startswith("zh")
        self._now = now
        self._known: dict[ReasonCode, dict[str, Any]] = {}
        facts = learning.facts
        self._appeals = appeals.states_of(learner_id=facts.learner_id, enrolment_id=facts.enrolment_id)
        self.limits = hours.limits_for(pack=learning.facts.hour_pack, category=learning.facts.category)

    @property
    def appealed(self) -> bool:
        """Whether the learner has appealed against anything here."""
        return bool(self._appeals)

    def words(self, reason: ReasonCode) -> dict[str, Any]:
        """Title, what to do, rule and the values behind it."""
        if reason not in self._known:
            facts = self._learning.facts
            words = evidence.explain_reason(reason=reason)
            rule = evidence.explain_rule(reason=reason, pack=facts.hour_pack, category=facts.category)
            self._known[reason] = {
                "code": reason.value,
                "title": words.title,
                "fix": words.fix,
                "rule": rule.text,
                "pack": rule.pack,
                "values": [
                    {"text": value.zh if self._chinese else value.en, "ref": value.ref} for value in rule.values
                ],
                "again": rule.watch_again,
            }
        return self._known[reason]

    def reason(self, outcome: Outcome, reason: ReasonCode, seconds: int) -> dict[str, Any]:
        """One reason with everything it took."""
        return {**self.words(reason), "length": length_text(seconds), "taken_back": outcome is Outcome.TAKEN_BACK}

    def with_words(self, row: dict[str, Any], stretches: tuple[LedgerStretch, ...]) -> dict[str, Any]:
        """The row; a refused one with its words and where it can be watched again."""
        if not row["lost"]:
            return row
        stretch = next(one for one in stretches if one.seq == row["seq"])
        words = self.words(stretch.reason)
        counted = timeline.mended(stretch, self._learning.statement)
        again = (
            self._own
            and words["again"]
            and not counted
            and stretch.mode is UnitMode.VIDEO
            and self._learning.facts.window_from <= self._now < self._learning.facts.window_to
        )
        return {
            **row,
            "words": words,
            "taken_back": stretch.outcome is Outcome.TAKEN_BACK,
            "mended": counted,
            "again": f"/learn/{self._learning.facts.enrolment_id}/{stretch.unit_key}/" if again else "",
            **self._appeal(stretch),
        }

    def _appeal(self, stretch: LedgerStretch) -> dict[str, Any]:
        """The appeal against the stretch, or until when its learner may make one."""
        known = next((self._appeals[seq] for seq in stretch.seqs if seq in self._appeals), None)
        if known is not None:
            return {"appeal_url": f"/appeals/{known[0]}/", "appeal_open": known[1] in OPEN_STATES}
        until = appeals.appeal_until(run=self._learning.run, stretch=stretch)
        if not self._own or local_day(self._now) > until:
            return {}
        return {"lodge_url": f"/appeals/new/{self._learning.facts.enrolment_id}/{stretch.seq}/", "until": until}


def csv_of(learning: Learning) -> Iterator[str]:
    """Every entry of the enrolment as it stands in the chain, line by line; milliseconds are exact."""
    titles = {unit.unit_key: unit.title for unit in learning.curriculum.units}
    yield "\ufeff" + _line(_CSV_HEAD)
    after = 0
    facts = learning.facts
    while entries := ledger.entries_for(
        learner_id=facts.learner_id, enrolment_id=facts.enrolment_id, after_seq=after, limit=2_000
    ):
        after = entries[-1].seq
        yield "".join(_line(_cells(entry, titles)) for entry in entries)


def _cells(entry: Entry, titles: dict[str, str]) -> list[str]:
    media = [piece for piece in entry.pieces if piece.media_from_ms is not None]
    return [
        str(entry.seq),
        entry.day.isoformat(),
        _clock(min(piece.wall_from_ms for piece in entry.pieces)) if entry.pieces else "",
        _clock(max(piece.wall_to_ms for piece in entry.pieces)) if entry.pieces else "",
        _harmless(titles.get(entry.unit_key, entry.unit_key)),
        entry.mode.value,
        entry.kind.value,
        entry.reason.value,
        evidence.explain_reason(reason=entry.reason).title,
        str(entry.milliseconds),
        str(min(piece.media_from_ms or 0 for piece in media)) if media else "",
        str(max(piece.media_to_ms or 0 for piece in media)) if media else "",
        str(entry.detail["reverses"]) if entry.kind is EntryKind.REVERSAL else "",
        entry.hour_pack,
        entry.sealed_at.astimezone(SHANGHAI).isoformat(),
        entry.entry_hash,
    ]


def _clock(instant_ms: int) -> str:
    return from_ms(instant_ms).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _line(cells: list[str] | tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _table(stretches: tuple[LedgerStretch, ...], learning: Learning) -> list[dict[str, Any]]:
    titles = {unit.unit_key: unit.title for unit in learning.curriculum.units}
    newest = sorted(stretches, key=lambda one: (one.day, one.pieces[0].wall_from_ms if one.pieces else 0), reverse=True)
    return [
        {
            **timeline.stretch_row(stretch, titles),
            "label": mode_label(stretch.mode),
            "title": evidence.explain_reason(reason=stretch.reason).title,
            "fix": evidence.explain_reason(reason=stretch.reason).fix,
        }
        for stretch in newest[:ROWS_IN_TABLE]
    ]


def _marks(learning: Learning) -> list[dict[str, Any]]:
    titles = {unit.unit_key: unit.title for unit in learning.curriculum.units}
    return [
        {
            "title": titles.get(line.unit_key, line.unit_key),
            "score": line.score,
            "pass_mark": line.pass_mark,
            "passed": line.passed,
            "at": line.at,
            "mode": colour_of(UnitMode.ASSESSMENT),
        }
        for line in learning.statement.results
    ]
