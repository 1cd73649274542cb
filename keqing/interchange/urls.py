from django.urls import path

from keqing.interchange import views

app_name = "interchange"
urlpatterns = [
    path("", views.imports, name="imports"),
    path("new/", views.upload, name="upload"),
    path("templates/<slug:key>/", views.template, name="template"),
    path("<int:pk>/", views.job, name="job"),
    path("<int:pk>/sheet/", views.sheet, name="sheet"),
    path("<int:pk>/forget/", views.forget, name="forget"),
    path("<int:pk>/check/", views.check, name="check"),
    path("<int:pk>/match/", views.match, name="match"),
    path("<int:pk>/apply/", views.apply, name="apply"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
    path("<int:pk>/resume/", views.resume, name="resume"),
    path("<int:pk>/undo/", views.undo, name="undo"),
    path("<int:pk>/problems/", views.problems, name="problems"),
]
