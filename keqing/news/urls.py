from django.urls import path

from keqing.news import views

app_name = "news"
urlpatterns = [
    path("", views.intel_list, name="news"),
    path("new/", views.intel_new, name="intel_new"),
    path("following/", views.following, name="following"),
    path("<int:pk>/", views.intel, name="intel"),
    path("<int:pk>/edit/", views.intel_edit, name="intel_edit"),
    path("<int:pk>/down/", views.intel_down, name="intel_down"),
]
