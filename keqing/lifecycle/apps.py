from django.apps import AppConfig


class LifecycleConfig(AppConfig):
    name = "keqing.lifecycle"
    label = "lifecycle"
    verbose_name = "生命周期"
