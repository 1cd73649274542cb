from django.urls import include, path

urlpatterns = [
    path("", include("keqing.desk.urls")),
    path("", include("keqing.people.urls")),
    path("followups/", include("keqing.followups.urls")),
    path("imports/", include("keqing.interchange.urls")),
    path("compliance/", include("keqing.compliance.urls")),
    path("access/", include("keqing.access.urls")),
]
