from django.urls import path

from keqing.desk.views import (
    audit,
    cockpit,
    customer,
    gallery,
    health,
    neighbours,
    policy_report,
    search,
    team,
    today,
    views,
    work_days,
)

app_name = "desk"
urlpatterns = [
    path("", today.today, name="today"),
    path("notices/", today.notices, name="notices"),
    path("team/", team.team, name="team"),
    path("cockpit/", cockpit.cockpit, name="cockpit"),
    path("cockpit/adoption/", cockpit.adoption, name="adoption"),
    path("customers/<int:pk>/", customer.customer, name="customer"),
    path("people/<int:pk>/contacts/", customer.person_contacts, name="person_contacts"),
    path("people/<int:pk>/changes/", customer.person_changes, name="person_changes"),
    path("search/", search.search, name="search"),
    path("audit/", audit.audit, name="audit"),
    path("audit/<int:pk>/", audit.audit_entry, name="audit_entry"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("policy-report/", policy_report.policy_report, name="policy_report"),
    path("neighbours/", neighbours.neighbours, name="neighbours"),
    path("views/", views.views, name="views"),
    path("views/new/", views.view_new, name="view_new"),
    path("views/<int:pk>/", views.view_change, name="view_change"),
    path("views/<int:pk>/move/", views.view_move, name="view_move"),
    path("views/<int:pk>/delete/", views.view_delete, name="view_delete"),
    path("views/<int:pk>/default/", views.view_default, name="view_default"),
    path("work-calendar/", work_days.work_days, name="work_days"),
    path("work-calendar/days/", work_days.work_day_keep, name="work_day_keep"),
    path("work-calendar/import/", work_days.work_days_import, name="work_days_import"),
    path("healthz", health.health, name="healthz"),
]
