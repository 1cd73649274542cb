from django.urls import path

from keqing.service.views import feedback

app_name = "service"
urlpatterns = [
    path("feedback/", feedback.feedback_list, name="feedback_list"),
    path("feedback/<int:pk>/", feedback.feedback, name="feedback"),
    path("feedback/<int:pk>/acknowledge/", feedback.acknowledge, name="acknowledge"),
    path("feedback/<int:pk>/answer/", feedback.answer, name="answer"),
    path("feedback/<int:pk>/report/", feedback.report, name="report"),
    path("customers/<int:pk>/feedback/", feedback.customer_feedback, name="customer_feedback"),
    path("customers/<int:pk>/feedback/new/", feedback.feedback_new, name="feedback_new"),
]
