"""Words of the class archive for people."""

from __future__ import annotations

from django.utils.translation import gettext as _

from lms.archive.data import ExportState


def not_filed() -> str:
    return _("The class has not been filed yet, so there is nothing to archive. File it first.")


def purpose_missing() -> str:
    return _("Say what the archive is needed for, in at most 200 characters. The audit log keeps it.")


def state_text(state: ExportState) -> str:
    return {
        ExportState.QUEUED: _("Waiting to be made"),
        ExportState.BUILDING: _("Being made"),
        ExportState.READY: _("Made"),
        ExportState.FAILED: _("Failed; ask again, and tell the operator if it fails again"),
    }[state]
