"""No pages of our own here: the catalogue is served by Wagtail. What is here stands at the door of the CMS."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.utils.urlpatterns import decorate_urlpatterns

from courses.entrance import seat_by_role

app_name = "courses"
urlpatterns: list[URLPattern | URLResolver] = []

# The same list of patterns is included under /cms/ by the root list: every view of the CMS passes our door first.
decorate_urlpatterns(wagtailadmin_urls.urlpatterns, seat_by_role)
