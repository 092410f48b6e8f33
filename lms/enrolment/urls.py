from django.urls import path

from lms.enrolment.views import classes, filing, roster, workers

app_name = "enrolment"
urlpatterns = [
    path("classes/", classes.index, name="index"),
    path("classes/new/", classes.new, name="new"),
    path("classes/filings/", filing.inbox, name="inbox"),
    path("classes/template.xlsx", roster.template, name="template"),
    path("classes/open/<int:course_id>/", workers.open_classes, name="open_classes"),
    path("classes/enrolments/<int:enrolment_id>/leave/", workers.leave, name="leave"),
    path("classes/imports/<int:import_id>/", roster.preview, name="import"),
    path("classes/imports/<int:import_id>/confirm/", roster.confirm, name="confirm_import"),
    path("classes/imports/<int:import_id>/faults.xlsx", roster.faults, name="faults"),
    path("classes/imports/<int:import_id>/lines/<int:row_number>/", roster.mend, name="mend"),
    path("classes/<int:class_run_id>/", classes.page, name="class"),
    path("classes/<int:class_run_id>/edit/", classes.edit, name="edit"),
    path("classes/<int:class_run_id>/cancel/", classes.cancel, name="cancel"),
    path("classes/<int:class_run_id>/file/", filing.file, name="file"),
    path("classes/<int:class_run_id>/decide/", filing.decide, name="decide"),
    path("classes/<int:class_run_id>/people/", roster.add_person, name="add_person"),
    path("classes/<int:class_run_id>/people/<int:enrolment_id>/drop/", roster.drop_person, name="drop_person"),
    path("classes/<int:class_run_id>/import/", roster.upload, name="upload"),
    path("classes/<int:class_run_id>/join/", workers.join, name="join"),
]
