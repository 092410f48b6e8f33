from django.apps import AppConfig


class ClaimsConfig(AppConfig):
    name = "lms.claims"
    label = "claims"
