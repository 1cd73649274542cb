from django.urls import include, path

urlpatterns = [
    path("", include("keqing.desk.urls")),
    path("", include("keqing.people.urls")),
    path("followups/", include("keqing.followups.urls")),
    path("lifecycle/", include("keqing.lifecycle.urls")),
    path("leads/", include("keqing.leads.urls")),
    path("playbooks/", include("keqing.playbooks.urls")),
    path("reports/", include("keqing.insight.urls")),
    path("batches/", include("keqing.batches.urls")),
    path("exports/", include("keqing.exports.urls")),
    path("imports/", include("keqing.interchange.urls")),
    path("service/", include("keqing.service.urls")),
    path("news/", include("keqing.news.urls")),
    path("messages/", include("keqing.messaging.urls")),
    path("compliance/", include("keqing.compliance.urls")),
    path("access/", include("keqing.access.urls")),
]

handler400 = "keqing.kit.errors.bad_request"
handler403 = "keqing.kit.errors.permission_denied"
handler404 = "keqing.kit.errors.page_not_found"
handler500 = "keqing.kit.errors.server_error"
