"""The words of every refusal of this package: what stands in the way and what to do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from lms.points.data import EndReason

_WORDS = {
    "no_title": _("Give the point a name of at most 80 characters."),
    "no_place": _("Say where it is: house, floor, room; at most 200 characters."),
    "no_name": _("Give the device a name of at most 40 characters, for example “PC 3”."),
    "supervisor": _("A supervisor must hold a role in the organisation today. Choose one from the list."),
    "last_supervisor": _("A point needs a named supervisor. Name another one first."),
    "device_taken": _(
        "Somebody is at this device. One person at a time: wait for the check-out, or take another device."
    ),
    "elsewhere": _("You are checked in at another device. Check out there first."),
    "card": _("These are not the last four characters of the card. Look at the card again: is it the right person?"),
    "no_card": _("The person has no ID number on record. Send them to a service desk first."),
    "asked_long_ago": _("The person asked more than 15 minutes ago. Let them ask again on the device."),
    "over": _("This visit is over. Let the person ask to be checked in again."),
    "no_device": _("This browser is no device of a learning point. Use one of the point's PCs."),
}
END_WORDS = {
    EndReason.CHECKED_OUT: _("checked out"),
    EndReason.LEFT: _("left without check-out"),
    EndReason.FORGOTTEN: _("check-out forgotten, ended by rule"),
    EndReason.NOT_CHECKED_IN: _("not checked in"),
}


def words_for(code: str) -> str:
    """What a person reads about the refusal, in the active language."""
    return str(_WORDS[code])
