from django.urls import path

from lms.appeals import views

app_name = "appeals"
urlpatterns = [
    path("appeals/", views.queue_page, name="queue"),
    path("appeals/mine/", views.mine_page, name="mine"),
    path("appeals/new/<int:enrolment_id>/<int:seq>/", views.lodge_page, name="lodge"),
    path("appeals/<int:appeal_id>/", views.appeal_page, name="appeal"),
    path("appeals/<int:appeal_id>/answer/", views.answer, name="answer"),
    path("appeals/<int:appeal_id>/on/", views.go_on, name="go-on"),
    path("appeals/<int:appeal_id>/file/", views.file, name="file"),
]
