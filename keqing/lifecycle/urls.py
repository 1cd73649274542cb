from django.urls import path

from keqing.lifecycle.views import needs, reports, stages, targets

app_name = "lifecycle"
urlpatterns = [
    path("board/", stages.board, name="board"),
    path("board/<str:stage>/", stages.column, name="column"),
    path("customers/<int:pk>/", stages.panel, name="panel"),
    path("customers/<int:pk>/before-call/", stages.before_call, name="before_call"),
    path("customers/<int:pk>/move/", stages.move, name="move"),
    path("customers/<int:pk>/need/", needs.need_new, name="need_new"),
    path("customers/<int:pk>/target/", targets.target_new, name="target_new"),
    path("changes/", stages.changes, name="stage_changes"),
    path("effects/", stages.effects, name="effects"),
    path("effects/report/", reports.effect_report, name="effect_report"),
    path("needs/", needs.needs, name="needs"),
    path("needs/<int:pk>/", needs.need, name="need"),
    path("needs/<int:pk>/edit/", needs.need_edit, name="need_edit"),
    path("targets/", targets.targets, name="targets"),
    path("targets/result/", reports.result, name="result"),
    path("targets/<int:pk>/", targets.target, name="target"),
    path("targets/<int:pk>/edit/", targets.target_edit, name="target_edit"),
    path("targets/<int:pk>/reached/", targets.target_reach, name="target_reach"),
    path("coverage/", reports.coverage, name="coverage"),
    path("losses/", reports.losses, name="losses"),
    path("picklists/", reports.picklists, name="picklists"),
    path("picklists/<str:noun>/<int:pk>/", reports.value, name="value"),
]
