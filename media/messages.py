"""The sentences that a trainer reads about a video."""

from __future__ import annotations

from django.utils.translation import gettext as _

from media.data import CaptionsInvalid, MediaError, MediaState


def error_text(error: MediaError | None) -> str:
    """What went wrong and what to do, in the reader's language; empty without an error."""
    if error is None:
        return ""
    texts = {
        MediaError.SIZE_DIFFERS: _("The file that arrived has another size than the one you chose. Upload it again."),
        MediaError.UPLOAD_ABANDONED: _("The upload stood still for a week and was removed. Upload the file again."),
        MediaError.SOURCE_MISSING: _("The uploaded file is no longer in the store. Upload it again."),
        MediaError.NOT_A_VIDEO: _(
            "This file is not a video, although its name may say so. Export the video again as MP4 and upload that."
        ),
        MediaError.NO_PICTURE: _(
            "This file has sound but no picture. Upload a video; for a sound recording, add at least one slide."
        ),
        MediaError.TRUNCATED: _(
            "The video breaks off in the middle: the file is not complete. Copy or export it again."
        ),
        MediaError.TOO_SHORT: _("The video is shorter than one second."),
        MediaError.TOO_LONG: _("The video is longer than 6 hours. Cut it into lessons."),
        MediaError.DAMAGED: _(
            "The video is damaged and can't be converted. Export it again as MP4 (H.264) and upload that."
        ),
        MediaError.GAVE_UP: _(
            "Packaging was interrupted several times. Try again; if it fails once more, call the platform."
        ),
    }
    return texts[error]


def state_text(state: MediaState) -> str:
    """The state in the reader's language."""
    texts = {
        MediaState.UPLOADING: _("Uploading"),
        MediaState.QUEUED: _("Waiting to be packaged"),
        MediaState.PACKAGING: _("Being packaged"),
        MediaState.READY: _("Ready"),
        MediaState.FAILED: _("Failed"),
    }
    return texts[state]


def captions_text(refusal: CaptionsInvalid) -> str:
    """Why a captions file was refused, naming the line."""
    texts = {
        "too_large": _("The captions file is larger than 2 MB."),
        "not_text": _("The captions file is not a text. Choose a .vtt or .srt file."),
        "no_cue": _("The file has no caption. A caption starts with a line such as 00:00:01.000 --> 00:00:04.000."),
        "bad_time": _("Line %(line)d of the captions can't be read: “%(text)s”. Correct the time and upload again."),
    }
    return texts[refusal.code] % {"line": refusal.line, "text": refusal.text}
