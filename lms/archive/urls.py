from __future__ import annotations

from django.urls import path

from lms.archive import views

app_name = "archive"
urlpatterns = [
    path("archive/classes/<int:class_run_id>/", views.page, name="class"),
    path("archive/classes/<int:class_run_id>/exports/<int:export_id>/", views.download, name="download"),
    path("archive/platform.pem", views.keys, name="keys"),
    path("archive/verify_archive.py", views.verifier, name="verifier"),
]
