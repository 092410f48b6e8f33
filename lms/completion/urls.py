from django.urls import path

from lms.completion import views

app_name = "completion"
urlpatterns = [
    path("records/", views.mine, name="mine"),
    path("records/<str:record_no>/certificate.pdf", views.certificate, name="certificate"),
    path("verify/", views.search, name="search"),
    path("verify/<str:code>/", views.verify, name="verify"),
    path("api/v1/records/<str:record_no>/", views.record_document, name="record-api"),
    path("api/v1/signing-keys/", views.signing_keys, name="signing-keys"),
]
