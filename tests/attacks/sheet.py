"""docs/attacks.md, made from the stories that the suite asserts."""

from __future__ import annotations

from pathlib import Path

from tests.attacks.story import Story, all_stories

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


def render() -> str:
    """The whole page."""
    return HEAD + "".join(f"{_row(name, story)}\n" for name, story in all_stories())


def _row(name: str, story: Story) -> str:
    asked = "–" if story.asked is None else f"{story.asked:,}"
    reasons = ", ".join(f"`{reason}` {seconds:,}" for reason, seconds in sorted(story.reasons.items())) or "–"
    flags = ", ".join(f"`{flag}`" for flag in story.flags) or "–"
    link = f"[{story.attack}](../tests/attacks/{name}.py)"
    return f"| {link} | {story.does} | {asked} | {story.credited:,} | {story.honest:,} | {reasons} | {flags} |"
