from django.urls import path

from lms.subsidy import views

app_name = "subsidy"
urlpatterns = [
    path("subsidy/", views.mine, name="mine"),
    path("subsidy/decisions/<int:decision_id>/", views.decision, name="decision"),
    path("api/v1/subsidy/decisions/<int:decision_id>/", views.decision_api, name="decision-api"),
]
