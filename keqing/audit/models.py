"""Append-only entries, and the hash chain that seals them (decision 15)."""

import pgtrigger
from django.db import models


class Entry(models.Model):
    """Who did what to which record, written in the action's own transaction."""

    at = models.DateTimeField("时间")
    action = models.CharField("动作", max_length=80)
    actor_id = models.BigIntegerField("操作人编号", null=True)
    actor_name = models.CharField("操作人", max_length=60)
    for_actor_name = models.CharField("代理", max_length=60, default="")
    subject_label = models.CharField("对象类别", max_length=60, default="")
    subject_id = models.BigIntegerField("对象编号", null=True)
    subject_name = models.CharField("对象", max_length=200, default="")
    customer_id = models.BigIntegerField("客户编号", null=True)
    rule = models.CharField("规则", max_length=20, default="")
    reason = models.CharField("理由", max_length=500, default="")
    changes = models.JSONField("变更", default=dict)
    address = models.CharField("来源地址", max_length=45, default="")

    class Meta:
        verbose_name = "审计记录"
        indexes = [
            models.Index(fields=["customer_id", "-at", "-id"], name="audit_customer"),
            models.Index(fields=["actor_id", "-at"], name="audit_actor"),
            models.Index(fields=["-at", "-id"], name="audit_at"),
            models.Index(fields=["subject_label", "subject_id", "-at"], name="audit_subject"),
            models.Index(fields=["action", "-at"], name="audit_action"),
            # few among many: what left the lists, for who oversees exports
            models.Index(
                fields=["-at", "-id"], condition=models.Q(action__startswith="export."), name="audit_export"
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.action} {self.subject_name}"


class Link(models.Model):
    """One entry's place in the hash chain: digest = SHA-256(previous digest ‖ the entry)."""

    entry = models.OneToOneField(Entry, models.PROTECT, related_name="link", db_constraint=False)
    digest = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    class Meta:
        verbose_name = "审计链"
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
