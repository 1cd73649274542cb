from django.apps import AppConfig


class ReferenceConfig(AppConfig):
    name = "keqing.reference"
    label = "reference"
    verbose_name = "基础资料"
