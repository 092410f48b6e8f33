from django.urls import path

from lms.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.landing, name="landing"),
    path("home/", views.home, name="home"),
    path("home/classes/<int:enrolment_id>/", views.class_page, name="class"),
    path("home/subsidy/<int:enrolment_id>/", views.outlook, name="outlook"),
    path("statement/<int:enrolment_id>/", views.statement, name="statement"),
    path("statement/<int:enrolment_id>/entries.csv", views.statement_csv, name="statement-csv"),
    path("api/v1/subsidy/preview/", views.subsidy_preview, name="subsidy-preview"),
    path("demo/", views.demo_accounts, name="demo"),
]
