from django.urls import path

from keqing.batches import views

app_name = "batches"
urlpatterns = [
    path("", views.batches, name="batches"),
    path("new/<slug:key>/", views.new, name="new"),
    path("<int:pk>/", views.batch, name="batch"),
    path("<int:pk>/stop/", views.stop, name="stop"),
    path("<int:pk>/undo/", views.undo, name="undo"),
]
