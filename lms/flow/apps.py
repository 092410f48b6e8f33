from django.apps import AppConfig


class FlowConfig(AppConfig):
    name = "lms.flow"
    label = "flow"
