from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "lms.archive"
    label = "archive"
