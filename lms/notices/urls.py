from django.urls import path

from lms.notices import views

app_name = "notices"
urlpatterns = [
    path("notices/", views.inbox_page, name="inbox"),
    path("notices/read/", views.read_all, name="read_all"),
    path("notices/unread/", views.unread_badge, name="unread"),
    path("notices/preferences/", views.preferences_page, name="preferences"),
    path("notices/outbox-log/", views.local_log_page, name="local_log"),
    path("notices/<int:notice_id>/", views.notice_page, name="notice"),
]
