from django.urls import path

from lms.ledger import views

app_name = "ledger"

urlpatterns = [
    path("api/v1/enrolments/<int:enrolment_id>/statement/", views.statement, name="statement"),
    path("api/v1/enrolments/<int:enrolment_id>/anchor-proof/", views.proof, name="anchor-proof"),
    path("api/v1/anchors/", views.listed, name="anchor-list"),
    path("api/v1/anchors/<int:number>/", views.document, name="anchor"),
    path("api/v1/anchors/<int:number>/leaves/", views.leaves, name="anchor-leaves"),
    path("anchors/", views.page, name="anchors"),
    path("anchors/keys.pem", views.keys_pem, name="keys-pem"),
    path("anchors/keys.txt", views.keys_hex, name="keys-hex"),
]
