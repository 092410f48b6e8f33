from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from courses import api as courses
from lms.demo import footage, history, quarrel, stage
from lms.demo.cast import CHECKED_LEARNERS, LEARNERS, PASSWORD, STAFF
from lms.demo.running import renew, write_story
from lms.enrolment import api as enrolment
from lms.flow import api as flow
from media import api as media
from media.data import MediaState


class Command(BaseCommand):
    help = "Loads the demo through the same doors that people use, and writes demo.json. Safe to run again."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo is refused here: settings.DEMO is off. Run `make demo` for a demo of its own.")
        target: Path = settings.STATE_DIR / "demo.json"
        if target.exists():
            self._write(target, json.loads(target.read_text(encoding="utf-8")))
            renew(story=target, now=timezone.now())
            return
        now = timezone.now()
        cast = self._step("people and organisations", lambda: stage.gather_cast(now=now))
        self._step("lesson videos (two of 45 minutes)", lambda: self._footage(cast))
        curriculum = self._step("course", lambda: stage.publish_course(cast=cast, now=now))
        run_id = self._step(
            "class run, filing, roster", lambda: stage.file_class(cast=cast, curriculum=curriculum, now=now)
        )
        open_run_id = self._step("open class", lambda: self._open_class(cast, now))
        checked_run_id = self._step("class with presence checks", lambda: self._checked_class(cast, open_run_id, now))
        ids = self._step("a week of learning", lambda: history.tell_history(cast=cast, class_run_id=run_id, now=now))
        self._step("credits, records, decisions, claims", self._carry_on)
        self._step("an appeal", lambda: quarrel.appeal_once(cast=cast, class_run_id=run_id, now=timezone.now()))
        story = self._story(cast, curriculum, run_id, ids, open_run_id)
        self._write(target, {**story, **self._checked_story(cast, checked_run_id)})

    def _step(self, label: str, work: Any) -> Any:
        started = time.monotonic()
        self.stdout.write(f"  demo: {label} ... ", ending="")
        self.stdout.flush()
        result = work()
        self.stdout.write(f"{time.monotonic() - started:.1f} s")
        return result

    def _footage(self, cast: stage.Cast) -> None:
        """Both lessons are made side by side, stored, and packaged like any upload."""
        wanted = (("safety", stage.SAFETY_MEDIA), ("moving", stage.MOVING_MEDIA))
        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(lambda one: _bring_in(cast, *one), wanted))

    def _open_class(self, cast: stage.Cast, now: Any) -> int:
        curriculum = stage.publish_open_course(cast=cast, now=now)
        run_id = stage.file_open_class(cast=cast, curriculum=curriculum, now=now)
        history.plan_open_practice(cast=cast, class_run_id=run_id, now=now)
        return run_id

    def _checked_class(self, cast: stage.Cast, open_run_id: int, now: Any) -> int:
        """The same small course, for a firm's people: there the hour rules ask for presence."""
        open_run = enrolment.get_class_run(class_run_id=open_run_id)
        curriculum = courses.get_curriculum(curriculum_id=open_run.curriculum_id)
        return stage.file_checked_class(cast=cast, curriculum=curriculum, now=now)

    def _checked_story(self, cast: stage.Cast, run_id: int) -> dict[str, Any]:
        [place] = enrolment.roster_of(class_run_id=run_id)
        return {
            "checked_class_run": run_id,
            "checked_enrolment": place.enrolment_id,
            "checked_lesson": stage.OPEN_UNITS["safety"],
        }

    def _carry_on(self) -> None:
        while flow.drain_outbox(limit=500, now=timezone.now()):
            pass

    def _story(
        self, cast: stage.Cast, curriculum: Any, run_id: int, ids: dict[str, int], open_run_id: int
    ) -> dict[str, Any]:
        places = {item.learner_id: item.enrolment_id for item in enrolment.roster_of(class_run_id=run_id)}
        return {
            "accounts": {
                player.key: {
                    "username": player.username,
                    "password": PASSWORD,
                    "name": player.name,
                    "title": player.title,
                    "hint": player.hint,
                }
                for player in (*LEARNERS, *CHECKED_LEARNERS, *STAFF)
            },
            "course": curriculum.course_id,
            "curriculum": curriculum.curriculum_id,
            "class_run": run_id,
            "lessons": {key: stage.UNITS[key] for key in ("safety", "moving")},
            "units": dict(stage.UNITS),
            "live_session": stage.UNITS["live"],
            "practice_session": ids["practice_running"],
            "practice_sessions": ids,
            "open_class_run": open_run_id,
            "open_course": enrolment.get_class_run(class_run_id=open_run_id).course_id,
            "sample_roster": reverse("demo:roster_file"),
            "enrolments": {key: places[cast.people[key]] for key in cast.people if cast.people[key] in places},
        }

    def _write(self, target: Path, story: dict[str, Any]) -> None:
        """The file appears whole or not at all; the address is that of this start."""
        story = {"base_url": settings.SITE_URL, **{key: value for key, value in story.items() if key != "base_url"}}
        write_story(target, story)


def _bring_in(cast: stage.Cast, code: str, media_id: Any) -> None:
    from django.db import connections

    try:
        lesson = footage.read_lesson(code)
        folder = settings.STATE_DIR / "footage" / code
        path = folder / "lesson.mp4"
        if not path.exists():
            path = footage.make_video(lesson, seconds=history.LESSON_SECONDS, folder=folder)
        captions = footage.make_captions(lesson, seconds=history.LESSON_SECONDS).encode()
        media.ingest_file(
            path=path, title=lesson.title, owner_id=cast.people["trainer"], organisation_id=cast.firms["provider"],
            now=timezone.now(), media_id=media_id, captions=captions, slides=True,
        )  # fmt: skip
        facts = media.package_now(media_id=media_id, clock=timezone.now)
        while facts.state in (MediaState.QUEUED, MediaState.PACKAGING):
            # A loader that was killed left its lease behind, or the worker was quicker: whoever is at it, wait.
            time.sleep(1)
            facts = media.package_now(media_id=media_id, clock=timezone.now)
        if facts.state is not MediaState.READY:
            raise CommandError(f"The lesson {code} could not be packaged: {facts.error_text}")
    finally:
        connections.close_all()
