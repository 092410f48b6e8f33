"""The straight way's door: carry on what was announced."""

from lms.flow.drain import drain_outbox

__all__ = ["drain_outbox"]
