from django.urls import path

from lms.claims import views

app_name = "claims"
urlpatterns = [
    path("claims/", views.mine, name="mine"),
    path("claims/review/", views.queue, name="queue"),
    path("claims/<str:number>/", views.detail, name="detail"),
    path("claims/<str:number>/submit/", views.submit, name="submit"),
    path("claims/<str:number>/review/", views.review, name="review"),
    path("claims/<str:number>/payment.csv", views.payment_file, name="payment"),
]
