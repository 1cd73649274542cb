from django.urls import path

from keqing.desk.views import audit, customer, gallery, health, search, team, today

app_name = "desk"
urlpatterns = [
    path("", today.today, name="today"),
    path("notices/", today.notices, name="notices"),
    path("team/", team.team, name="team"),
    path("customers/<int:pk>/", customer.customer, name="customer"),
    path("people/<int:pk>/contacts/", customer.person_contacts, name="person_contacts"),
    path("people/<int:pk>/changes/", customer.person_changes, name="person_changes"),
    path("search/", search.search, name="search"),
    path("audit/", audit.audit, name="audit"),
    path("audit/<int:pk>/", audit.audit_entry, name="audit_entry"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("healthz", health.health, name="healthz"),
]
