"""docs/attacks.md, made from the stories that the suite asserts."""

from __future__ import annotations

from pathlib import Path

from tests.attacks.story import Story, all_stories, honest_stories
from tests.honest.court import Honest

SHEET = Path(__file__).resolve().parents[2] / "docs" / "attacks.md"
HEAD = """# Attacks, and what they earn

Made by `python -m tests.attacks` from the suite in `tests/attacks/`; a test fails while this page and the suite differ.
Each attack goes the real way: the heartbeat door, Valkey, settling, evidence and the ledger on PostgreSQL. Beside it an
honest twin watches for the same wall time. All figures are seconds.

*asked*: what the cheat claimed · *credited*: what the ledger gave · *honest*: what the twin got · *refused*: the reason
codes on the statement · *flag*: the rules of [oversight](../lms/oversight/README.md) that ask a person to look.

## Attack suite

| Attack | What the cheat does | asked | credited | honest | refused | flag |
|---|---|---:|---:|---:|---|---|
"""


HONEST = """
## Honest suite

The same rules before honest phones (`tests/honest/`): pages, networks and clocks made from seeds, each situation walked
once on the real way as well. *lost*: of the seconds really watched, in the worst session; the lesson page shows what is
missing and plays it first. *flagged*: sessions in which any rule saw anything.

| Situation | What happens | sessions | lost at most | flagged |
|---|---|---:|---:|---:|
"""


def render() -> str:
    """The whole page."""
    attacks = "".join(f"{_row(name, story)}\n" for name, story in all_stories())
    return HEAD + attacks + HONEST + "".join(f"{_honest(name, story)}\n" for name, story in honest_stories()) + _sum()


def _honest(name: str, story: Honest) -> str:
    link = f"[{story.situation}](../tests/honest/{name}.py)"
    lost = f"{story.lost_permille / 10:.1f} %"
    return f"| {link} | {story.does} | {story.sessions:,} | {lost} | {story.flagged} |"


def _sum() -> str:
    stories = [story for _, story in honest_stories()]
    sessions, flagged = sum(story.sessions for story in stories), sum(story.flagged for story in stories)
    return f"\nOf {sessions:,} honest sessions {flagged} were flagged.\n"


def _row(name: str, story: Story) -> str:
    asked = "–" if story.asked is None else f"{story.asked:,}"
    reasons = ", ".join(f"`{reason}` {seconds:,}" for reason, seconds in sorted(story.reasons.items())) or "–"
    flags = ", ".join(f"`{flag}`" for flag in story.flags) or "–"
    link = f"[{story.attack}](../tests/attacks/{name}.py)"
    return f"| {link} | {story.does} | {asked} | {story.credited:,} | {story.honest:,} | {reasons} | {flags} |"
