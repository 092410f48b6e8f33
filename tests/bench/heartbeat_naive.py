"""The naive design, for comparison: a synchronous view that locks and updates one row per beat, in a Django session.

It adds up time that the browser declares, as the platforms that this style is taken from do. Run by gunicorn.
"""

# ruff: noqa: T201  prints its cookies for the benchmark

from __future__ import annotations

import json
import os
from datetime import timedelta

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="naive-" + "0" * 50,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "naive",
            "HOST": "127.0.0.1",
            "PORT": os.environ["NAIVE_PG_PORT"],
            "USER": os.environ["NAIVE_PG_USER"],
            "PASSWORD": os.environ["NAIVE_PG_PASSWORD"],
            "CONN_MAX_AGE": 600,
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402


class WatchProgress(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    unit = models.CharField(max_length=64)
    watched_seconds = models.FloatField(default=0)
    position = models.FloatField(default=0)
    last_seq = models.IntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)
    objects: models.Manager[WatchProgress] = models.Manager()  # not one of the platform's models: say what it is

    class Meta:
        app_label = "auth"
        unique_together = (("user", "unit"),)


def beat(request: HttpRequest) -> JsonResponse:
    if not request.user.is_authenticated:
        return JsonResponse({"detail": "sign in"}, status=401)
    body = json.loads(request.body)
    with transaction.atomic():
        row = WatchProgress.objects.select_for_update().get(user_id=request.user.pk, unit=body["unit"])
        row.watched_seconds += body["to_s"] - body["from_s"]
        row.position, row.last_seq = body["to_s"], body["seq"]
        row.save()
    return JsonResponse({"watched_seconds": row.watched_seconds})


urlpatterns = [path("beat/", beat)]
application = get_wsgi_application()


def prepare(people: int) -> list[str]:
    """Tables, people with a row each, and a session cookie for each."""
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(WatchProgress)
    users = User.objects.bulk_create([User(username=f"u{number}", password="x") for number in range(people)])
    WatchProgress.objects.bulk_create([WatchProgress(user=user, unit="lesson-1") for user in users])
    cookies = []
    for user in users:
        store = SessionStore()
        store["_auth_user_id"] = str(user.pk)
        store["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
        store["_auth_user_hash"] = user.get_session_auth_hash()
        store.set_expiry(timedelta(days=1))
        store.create()
        cookies.append(f"sessionid={store.session_key}")
    return cookies


if __name__ == "__main__":
    print("\n".join(prepare(int(os.environ["NAIVE_PEOPLE"]))), timezone.now(), sep="\n#")
