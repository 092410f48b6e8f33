"""The CMS as a trainer meets it: our colours, a short menu, own courses only, refusals in words."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem

from courses.access import author_organisation_ids
from courses.choosers import media_chooser
from courses.drafts import fault_messages
from courses.models import CourseIndexPage, CoursePage

_MENU = {"explorer", "snippets", "reports", "help", "settings", "video-desk", "back-home"}
_TRAINER_MENU = {"explorer", "video-desk", "back-home"}


def register_media_chooser() -> Any:
    return media_chooser


def our_colours() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("courses/cms.css"))


def video_desk() -> MenuItem:
    return MenuItem(gettext_lazy("Videos"), "/media-desk/", name="video-desk", icon_name="media", order=150)


def back_home() -> MenuItem:
    return MenuItem(gettext_lazy("Back to my desk"), "/home/", name="back-home", icon_name="home", order=50)


def short_menu(request: HttpRequest, items: list[Any]) -> None:
    """Authors see courses and videos; operators see the lists and reports too."""
    everything = author_organisation_ids(request.user) is None
    wanted = _MENU if everything else _TRAINER_MENU
    items[:] = [item for item in items if item.name in wanted]
    for item in items:
        if item.name == "explorer":
            item.label = gettext_lazy("Courses")


def quiet_home(_request: HttpRequest, panels: list[Any]) -> None:
    """What waits for me and what I wrote; nothing about the CMS itself."""
    panels[:] = [panel for panel in panels if panel.name not in {"upgrade_notification", "whats_new"}]


def own_courses(_parent: Any, pages: Any, request: HttpRequest) -> Any:
    """Authors find their own provider's courses in the explorer, not everybody's."""
    ids = author_organisation_ids(request.user)
    if ids is None:
        return pages
    own = CoursePage.objects.filter(organisation_id__in=ids).values("pk")
    return pages.filter(pk__in=own) | pages.filter(pk__in=CourseIndexPage.objects.values("pk"))


def keep_taught_courses(request: HttpRequest, page: Any) -> HttpResponse | None:
    course = page.specific
    if isinstance(course, CoursePage) and course.curricula.exists():
        messages.error(
            request, _("This course has been published: classes may have been taught from it. Unpublish it instead.")
        )
        return redirect(reverse("wagtailadmin_explore", args=(course.get_parent().pk,)))
    return None


def refuse_broken_in_bulk(
    request: HttpRequest, action_type: str, objects: list[Any], _action: Any
) -> HttpResponse | None:
    """Publishing several at once stops at the first course that isn't whole; deleting at the first that was taught."""
    for page in objects:
        course = getattr(page, "specific", page)
        if not isinstance(course, CoursePage):
            continue
        reasons: list[str] = []
        if action_type == "publish":
            reasons = fault_messages(course.get_latest_revision_as_object())
        elif action_type == "delete" and course.curricula.exists():
            reasons = [_("It has been published: classes may have been taught from it. Unpublish it instead.")]
        if reasons:
            messages.error(request, f"{course.title}: {' '.join(reasons)}")
            return redirect(reverse("wagtailadmin_explore", args=(course.get_parent().pk,)))
    return None


for _name, _hook in (
    ("register_admin_viewset", register_media_chooser),
    ("insert_global_admin_css", our_colours),
    ("register_admin_menu_item", video_desk),
    ("register_admin_menu_item", back_home),
    ("construct_main_menu", short_menu),
    ("construct_homepage_panels", quiet_home),
    ("construct_explorer_page_queryset", own_courses),
    ("before_delete_page", keep_taught_courses),
    ("before_bulk_action", refuse_broken_in_bulk),
):
    hooks.register(_name, _hook)
