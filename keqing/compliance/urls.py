from django.urls import path

from keqing.compliance.views import rules

app_name = "compliance"
urlpatterns = [
    path("rules/", rules.rules, name="rules"),
    path("rules/<str:rule_id>/", rules.rule, name="rule"),
    path("rules/<str:rule_id>/edit/", rules.rule_edit, name="rule_edit"),
    path("refusals/", rules.refusals, name="refusals"),
]
