from django.apps import AppConfig


class InterchangeConfig(AppConfig):
    name = "keqing.interchange"
    label = "interchange"
    verbose_name = "导入导出"
