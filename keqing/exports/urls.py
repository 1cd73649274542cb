from django.urls import path

from keqing.exports import views

app_name = "exports"
urlpatterns = [
    path("", views.exports, name="exports"),
    path("new/", views.new, name="new"),
    path("print/", views.print_list, name="print"),
    path("log/", views.log, name="log"),
    path("<int:pk>/", views.export, name="export"),
    path("<int:pk>/file/", views.file, name="file"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
    path("<int:pk>/resume/", views.resume, name="resume"),
    path("<int:pk>/approve/", views.approve, name="approve"),
    path("<int:pk>/decline/", views.decline, name="decline"),
]
