from django.urls import path

from keqing.people.views import departments, lookups, organisations, people, quality, tags, trash

app_name = "people"
urlpatterns = [
    path("customers/check/", lookups.duplicates, name="duplicates"),
    path("customers/regions/", lookups.regions, name="regions"),
    path("customers/options/<slug:kinds>/", lookups.organisation_options, name="organisation_options"),
    path("customers/<int:pk>/edit/", organisations.organisation_edit, name="organisation_edit"),
    path("customers/<int:pk>/panel/", organisations.organisation_panel, name="organisation_panel"),
    path("customers/<int:pk>/trash/", trash.organisation_trash, name="organisation_trash"),
    path("customers/<int:pk>/restore/", trash.organisation_restore, name="organisation_restore"),
    path("customers/<int:pk>/print/", organisations.organisation_print, name="organisation_print"),
    path("customers/<int:pk>/people/", departments.organisation_people, name="organisation_people"),
    path("customers/<int:pk>/departments/", departments.organisation_departments, name="organisation_departments"),
    path("customers/<int:pk>/departments/new/", departments.department_new, name="department_new"),
    path("customers/<int:pk>/changes/", departments.organisation_changes, name="organisation_changes"),
    path("customers/<slug:kind>/", organisations.organisations, name="organisations"),
    path("customers/<slug:kind>/new/", organisations.organisation_new, name="organisation_new"),
    path("trash/", trash.trash, name="trash"),
    path("departments/", departments.departments, name="departments"),
    path("departments/<int:pk>/edit/", departments.department_edit, name="department_edit"),
    path("people/", people.people, name="people"),
    path("people/new/", people.person_new, name="person_new"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/edit/", people.person_edit, name="person_edit"),
    path("people/<int:pk>/trash/", trash.person_trash, name="person_trash"),
    path("people/<int:pk>/restore/", trash.person_restore, name="person_restore"),
    path("people/<int:pk>/card/", people.person_card, name="person_card"),
    path("people/<int:pk>/phone/", people.person_phone, name="person_phone"),
    path("people/<int:pk>/posts/new/", people.affiliation_new, name="affiliation_new"),
    path("posts/<int:pk>/end/", people.affiliation_end, name="affiliation_end"),
    path("posts/<int:pk>/primary/", people.affiliation_primary, name="affiliation_primary"),
    path("tags/", tags.tags, name="tags"),
    path("tags/<slug:noun>/<int:pk>/", tags.label, name="label"),
    path("quality/", quality.quality, name="quality"),
]
