from django.apps import AppConfig


class DbConfig(AppConfig):
    name = "lms.db"
    label = "db"
