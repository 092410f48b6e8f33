from django.urls import path

from lms.points import views

app_name = "points"
urlpatterns = [
    path("points/", views.overview, name="overview"),
    path("points/new/", views.register, name="register"),
    path("points/here/", views.here, name="here"),
    path("points/here/ask/", views.ask, name="ask"),
    path("points/here/leave/", views.leave, name="leave"),
    path("points/<int:point_id>/", views.point, name="point"),
    path("points/<int:point_id>/devices/", views.add_device, name="add_device"),
    path("points/<int:point_id>/supervisors/", views.supervisors, name="supervisors"),
    path("points/devices/<int:device_id>/revoke/", views.revoke, name="revoke"),
    path("points/visits/<int:visit_id>/<slug:act>/", views.prove, name="prove"),
]
