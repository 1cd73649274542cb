from django.urls import path

from keqing.insight import views

app_name = "insight"
urlpatterns = [
    path("duties/", views.duties, name="duties"),
    path("contacts/", views.contacts, name="contacts"),
    path("contacts/records/", views.contact_records, name="contact_records"),
    path("sources/", views.sources, name="sources"),
    path("sources/campaigns/", views.source_campaigns, name="source_campaigns"),
    path("people/", views.people, name="people"),
    path("people/<int:pk>/", views.salesperson, name="salesperson"),
]
