"""The page in docs says what the suite asserts."""

from __future__ import annotations

from pathlib import Path

from tests.attacks.sheet import SHEET, render
from tests.attacks.story import all_stories, honest_stories


def test_the_page_is_up_to_date() -> None:
    assert SHEET.read_text(encoding="utf-8") == render(), "run: python -m tests.attacks"


def test_every_attack_stands_on_the_page() -> None:
    files = {path.stem for path in Path(__file__).parent.glob("test_*.py")} - {"test_sheet"}
    assert {name for name, _ in all_stories()} == files


def test_no_attack_earns_more_than_an_honest_twin() -> None:
    assert [story.attack for _, story in all_stories() if story.credited > story.honest] == []


def test_honest_people_lose_at_most_half_a_percent_and_one_in_a_thousand_is_flagged() -> None:
    stories = [story for _, story in honest_stories()]
    assert [story.situation for story in stories if story.lost_permille > 5] == []
    assert sum(story.flagged for story in stories) * 1_000 <= sum(story.sessions for story in stories)
