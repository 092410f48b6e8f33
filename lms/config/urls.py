"""Every URL: each package's own list at the root, then the desk of Wagtail, then its pages."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls
from wagtail.utils.urlpatterns import decorate_urlpatterns

from lms.config import refusals
from lms.config.health import healthz
from lms.config.settings.packages import URLS

# Wagtail's pages are read, never posted to; people sign in at our one door, which counts attempts.
_wagtail = {pattern.name: pattern for pattern in wagtail_urls.urlpatterns}
page_urls = [
    path("_util/login/", RedirectView.as_view(url=settings.LOGIN_URL, query_string=True), name="wagtailcore_login"),
    _wagtail["wagtailcore_authenticate_with_password"],
    *decorate_urlpatterns([_wagtail["wagtail_serve"]], require_safe),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("i18n/", include("django.conf.urls.i18n")),
    *(path("", include(module)) for module in URLS),
    path("cms/documents/", include(wagtaildocs_urls)),
    path("cms/", include(wagtailadmin_urls)),
    path("", include(page_urls)),
]

handler400 = refusals.bad_request
handler403 = refusals.not_allowed
handler404 = refusals.not_found
handler500 = refusals.failed
