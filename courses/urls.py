"""The catalogue's pages are Wagtail's; what is here stands at their door and at the door of the CMS."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path
from django.views.generic import RedirectView
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.utils.urlpatterns import decorate_urlpatterns

from courses.entrance import seat_by_role
from courses.visitors import catalogue

app_name = "courses"
urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^(?P<path>courses/(?:[^/]+/)?)$", catalogue, name="catalogue"),
    # Name, language and password are changed in one place only, and stand on the person's record there.
    path("cms/account/", seat_by_role(RedirectView.as_view(url="/accounts/me/")), name="cms_account"),
]

# The same list of patterns is included under /cms/ by the root list: every view of the CMS passes our door first.
decorate_urlpatterns(wagtailadmin_urls.urlpatterns, seat_by_role)
