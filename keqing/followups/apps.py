from django.apps import AppConfig


class FollowupsConfig(AppConfig):
    name = "keqing.followups"
    label = "followups"
    verbose_name = "跟进"
