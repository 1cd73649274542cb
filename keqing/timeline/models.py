"""One chronological stream per customer, written by each action in its own transaction."""

from django.db import models


class Entry(models.Model):
    """A line of the stream. The subject is a (label, id) pair with a URL name: no import upward."""

    class Kind(models.TextChoices):
        CONTACT = "contact", "联系"
        COMMENT = "comment", "批注"
        REMINDER = "reminder", "跟进"
        PROFILE = "profile", "资料"
        OWNER = "owner", "负责人"
        IMPORT = "import", "导入"
        LEAD = "lead", "线索"
        STAGE = "stage", "阶段"
        PLAN = "plan", "方案"
        PROMISE = "promise", "承诺"
        NEED = "need", "需求"
        FEEDBACK = "feedback", "反馈"
        HANDOVER = "handover", "交接"

    customer_id = models.BigIntegerField("客户编号")
    at = models.DateTimeField("时间")
    kind = models.CharField("类别", max_length=12, choices=Kind.choices)
    icon = models.CharField(max_length=30, default="point")
    title = models.CharField("标题", max_length=200)
    text = models.TextField("内容", blank=True, default="")
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField("操作人", max_length=60, default="")
    subject_label = models.CharField(max_length=60, default="")
    subject_id = models.BigIntegerField(null=True)
    url_name = models.CharField(max_length=60, default="")
    details = models.JSONField(default=dict)
    is_restricted = models.BooleanField(default=False)

    class Meta:
        verbose_name = "往来"
        indexes = [
            models.Index(fields=["customer_id", "-at", "-id"], name="timeline_customer"),
            models.Index(fields=["customer_id", "kind", "-at", "-id"], name="timeline_customer_kind"),
            models.Index(fields=["subject_label", "subject_id"], name="timeline_subject"),
        ]


class Facts(models.Model):
    """四项事实: what was last said, recommended, handed over and quoted (R-176); one row a customer."""

    customer_id = models.BigIntegerField(primary_key=True)
    talked = models.CharField("上次谈了什么", max_length=300, default="")
    talked_on = models.DateField(null=True)
    recommended = models.CharField("上次推荐", max_length=200, default="")
    recommended_on = models.DateField(null=True)
    material = models.CharField("送过资料", max_length=200, default="")
    material_on = models.DateField(null=True)
    quoted = models.CharField("最近报价", max_length=200, default="")
    quoted_on = models.DateField(null=True)

    class Meta:
        verbose_name = "四项事实"
