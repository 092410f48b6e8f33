from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "lms.oversight"
    label = "oversight"
