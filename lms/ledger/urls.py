from django.urls import path

from lms.ledger import views

app_name = "ledger"

urlpatterns = [
    path("api/v1/enrolments/<int:enrolment_id>/statement/", views.statement, name="statement"),
]
