from django.urls import path

from keqing.playbooks.views import enrolments, playbooks, reports

app_name = "playbooks"
urlpatterns = [
    path("", playbooks.playbooks, name="playbooks"),
    path("new/", playbooks.playbook_new, name="playbook_new"),
    path("<int:pk>/", playbooks.playbook, name="playbook"),
    path("<int:pk>/edit/", playbooks.playbook_edit, name="playbook_edit"),
    path("<int:pk>/close/", playbooks.playbook_close, name="playbook_close"),
    path("<int:pk>/resume/", playbooks.rollout_resume, name="rollout_resume"),
    path("<int:pk>/preview/", playbooks.playbook_preview, name="playbook_preview"),
    path("<int:pk>/customers/", enrolments.enrolments, name="enrolments"),
    path("customers/", enrolments.enrolments, name="all_enrolments"),
    path("enrolments/<int:pk>/", enrolments.enrolment, name="enrolment"),
    path("enrolments/<int:pk>/stop/", enrolments.enrolment_stop, name="enrolment_stop"),
    path("enrolments/<int:pk>/steps/<int:run>/skip/", enrolments.step_skip, name="step_skip"),
    path("of/<int:pk>/", enrolments.customer_plans, name="customer_plans"),
    path("attention/<str:which>/", reports.attention, name="attention"),
    path("retention/", reports.retention, name="retention"),
    path("alarms/", reports.alarms, name="alarms"),
]
