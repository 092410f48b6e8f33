from django.urls import path

from lms.support import views

app_name = "support"
urlpatterns = [
    path("help/", views.ask_page, name="ask"),
    path("help/mine/", views.mine_page, name="mine"),
    path("help/mine/<int:ticket_id>/", views.own_page, name="own"),
    path("help/t/<slug:token>/", views.token_page, name="token"),
    path("help/desk/", views.desk_page, name="desk"),
    path("help/desk/<int:ticket_id>/", views.answer_page, name="answer"),
]
