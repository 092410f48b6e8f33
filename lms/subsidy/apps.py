from django.apps import AppConfig


class SubsidyConfig(AppConfig):
    name = "lms.subsidy"
    label = "subsidy"
