from django.urls import path

from keqing.messaging.views import administration, own

app_name = "messaging"
urlpatterns = [
    path("", own.inbox_page, name="messages"),
    path("<int:pk>/", own.message, name="message"),
    path("<int:pk>/read/", own.read, name="read"),
    path("read-all/", own.read_all, name="read_all"),
    path("settings/", own.wishes, name="wishes"),
    path("channels/", administration.channels, name="channels"),
    path("channels/<str:channel>/try/", administration.trial, name="trial"),
    path("groups/<str:robot>/", administration.group, name="group"),
    path("templates/", administration.templates, name="templates"),
    path("templates/<str:channel>/", administration.template, name="template"),
    path("deliveries/", administration.deliveries, name="deliveries"),
    path("deliveries/<int:pk>/", administration.delivery, name="delivery"),
    path("deliveries/<int:pk>/again/", administration.again, name="again"),
]
