from django.urls import path

from keqing.leads.views import judging, leads, sources

app_name = "leads"
urlpatterns = [
    path("", leads.lead_list, name="leads"),
    path("new/", leads.lead_new, name="lead_new"),
    path("duplicates/", leads.lead_duplicates, name="lead_duplicates"),
    path("profile/", leads.profile, name="profile"),
    path("<int:pk>/", leads.lead, name="lead"),
    path("<int:pk>/edit/", leads.lead_edit, name="lead_edit"),
    path("<int:pk>/phone/", leads.lead_phone, name="lead_phone"),
    path("<int:pk>/identify/", judging.lead_identify, name="lead_identify"),
    path("<int:pk>/link/", judging.lead_link, name="lead_link"),
    path("<int:pk>/judge/", judging.lead_judge, name="lead_judge"),
    path("<int:pk>/reject/", judging.lead_reject, name="lead_reject"),
    path("<int:pk>/reopen/", judging.lead_reopen, name="lead_reopen"),
    path("customers/<int:pk>/", leads.customer_leads, name="customer_leads"),
    path("campaigns/", sources.campaign_list, name="campaigns"),
    path("campaigns/new/", sources.campaign_new, name="campaign_new"),
    path("campaigns/<int:pk>/", sources.campaign, name="campaign"),
    path("campaigns/<int:pk>/edit/", sources.campaign_edit, name="campaign_edit"),
    path("channels/", sources.channels, name="channels"),
    path("channels/new/", sources.channel_new, name="channel_new"),
    path("channels/<int:pk>/edit/", sources.channel_edit, name="channel_edit"),
    path("channels/<int:pk>/close/", sources.channel_close, name="channel_close"),
]
