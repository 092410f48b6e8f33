"""What appeals hold about a person, for the file that everybody may take along."""

from __future__ import annotations

from datetime import datetime

from lms.appeals.reading import appeals_of


def export_for(person_id: int, _now: datetime) -> list[dict[str, object]]:
    """Each appeal with what was said to it."""
    return [
        {
            "number": one.number,
            "enrolment": one.enrolment_id,
            "entries": list(one.seqs),
            "reason": one.reason.value,
            "words": one.words,
            "onward": one.onward,
            "file": one.file.name if one.file else "",
            "state": one.state.value,
            "lodged_at": one.lodged_at.isoformat(),
            "answers": [
                {
                    "step": answer.step.value,
                    "upheld": answer.upheld,
                    "reason": answer.reason,
                    "at": answer.at.isoformat(),
                    "hash": answer.answer_hash,
                }
                for answer in one.answers
            ],
        }
        for one in appeals_of(learner_id=person_id)
    ]
