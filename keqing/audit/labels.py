"""Chinese names of what the audit speaks of: actions, kinds of records, and values that are no model field."""

import re
from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.dateparse import parse_datetime

from keqing.kit.formats import format_datetime
from keqing.kit.masks import mask_phone

ACTIONS = {
    "session.began": "登录",
    "session.ended": "退出登录",
    "session.refused": "登录失败",
    "session.locked": "登录锁定",
    "staff.created": "新建员工",
    "staff.edited": "修改员工",
    "staff.password_changed": "修改密码",
    "staff.password_reset": "重置密码",
    "staff.deactivated": "停用员工",
    "staff.reactivated": "重新启用员工",
    "position.created": "新建岗位",
    "position.edited": "修改岗位",
    "position.appointed": "任命",
    "position.vacated": "卸任",
    "position.closed": "撤销岗位",
    "unit.created": "新建组织",
    "unit.renamed": "组织改名",
    "unit.moved": "移动组织",
    "unit.closed": "停用组织",
    "territory.created": "新建辖区规则",
    "territory.ended": "停用辖区规则",
    "cards.blocked": "客户资料打开过多，已暂停",
    "cards.lifted": "解除客户资料暂停",
    "stage.moved": "变更客户阶段",
    "need.registered": "登记需求",
    "need.changed": "修改需求",
    "target.set": "制定提升目标",
    "target.changed": "修改提升目标",
    "target.reached": "达成提升目标",
    "goal.set": "下达新增目标",
    "picklist.added": "新增选项",
    "picklist.closed": "停用选项",
    "feedback.recorded": "登记客户反馈",
    "feedback.acknowledged": "确认客户反馈",
    "feedback.answered": "答复客户反馈",
    "feedback.reported": "不良反应上报",
    "feedback.escalated": "客户反馈超时升级",
    "news.added": "登记市场动态",
    "news.imported": "导入市场动态",
    "news.import_undone": "撤销导入市场动态",
    "news.edited": "修改市场动态",
    "news.taken_down": "撤下市场动态",
    "news.put_back": "恢复市场动态",
    "news.subscribed": "关注市场动态",
    "messaging.reach_changed": "修改通知设置",
    "messaging.template_saved": "修改消息模板",
    "messaging.template_reset": "恢复消息模板",
    "messaging.tried": "发送测试消息",
    "messaging.robot_saved": "选择群机器人的消息",
    "messaging.tried_again": "重发消息",
    "compliance.refused": "合规拒绝",
    "compliance.rule_versioned": "规则新版本",
    "organisation.created": "新建客户",
    "organisation.edited": "修改客户",
    "grants.exported": "导出未用权限",
    "proxy.arranged": "安排工作代理",
    "proxy.ended": "提前结束工作代理",
    "transfer.asked": "发起工作转移",
    "transfer.approved": "批准工作转移",
    "transfer.declined": "不批准工作转移",
    "transfer.cancelled": "取消工作转移",
    "transfer.done": "执行工作转移",
    "transfer.failed": "工作转移未完成",
    "transfer.undone": "撤销工作转移",
    "customer.shared": "共享客户",
    "customer.unshared": "收回客户共享",
    "organisation.transferred": "移交客户",
    "person.transferred": "移交个人客户",
    "organisation.assigned": "分配负责人",
    "organisation.trashed": "删除客户",
    "organisation.restored": "恢复客户",
    "organisation.purged": "清空回收站的客户",
    "organisation.withdrawn": "撤回新建的客户",
    "organisation.imported": "导入客户",
    "organisation.import_updated": "导入更新客户",
    "organisation.import_undone": "撤销导入更新客户",
    "person.created": "新建人员",
    "person.edited": "修改人员",
    "person.trashed": "删除人员",
    "person.restored": "恢复人员",
    "person.purged": "清空回收站的人员",
    "person.withdrawn": "撤回新建的人员",
    "person.imported": "导入人员",
    "person.import_updated": "导入更新人员",
    "person.import_undone": "撤销导入更新人员",
    "person.phone_revealed": "查看完整电话",
    "affiliation.added": "增加任职",
    "affiliation.ended": "结束任职",
    "affiliation.made_primary": "设为主要任职",
    "department.created": "新建科室",
    "department.edited": "修改科室",
    "department.import_updated": "导入更新科室",
    "department.import_undone": "撤销导入更新科室",
    "department.withdrawn": "撤回新建的科室",
    "duplicate.checked": "查重",
    "tag.created": "新建标签",
    "dimension.created": "新建标签维度",
    "contact.recorded": "记录联系",
    "contact.corrected": "更正联系记录",
    "tallies.repaired": "改正联系次数",
    "kept.repaired": "改正最近联系和下次跟进",
    "comment.written": "批注",
    "comment.replied": "回复批注",
    "comment.read": "已读批注",
    "reminder.created": "新建待办",
    "reminder.finished": "完成待办",
    "reminder.postponed": "推迟待办",
    "reminder.handed_over": "移交待办",
    "reminder.withdrawn": "撤回待办",
    "playbook.created": "新建跟进方案",
    "playbook.revised": "修改跟进方案",
    "playbook.closed": "停用跟进方案",
    "playbook.rolled_out": "方案变更已用于进行中的客户",
    "playbook.rollout_resumed": "继续方案变更",
    "playbook.enrolled": "加入方案",
    "playbook.stopped": "方案结束",
    "playbook.finished": "方案完成",
    "playbook.step_skipped": "跳过方案步骤",
    "playbook.night": "夜间生成跟进",
    "reminder.moved": "待办改到另一天",
    "reminder.moved_back": "撤销待办改期",
    "reminder.attached": "归入任务",
    "reminder.checked": "出发前检核",
    "appointment.changed": "修改约访",
    "commitment.made": "记下承诺",
    "commitment.kept": "兑现承诺",
    "commitment.postponed": "承诺改期",
    "commitment.dropped": "承诺作废",
    "feed.made": "生成日历订阅地址",
    "feed.revoked": "停用日历订阅",
    "lead.recorded": "登记线索",
    "lead.imported": "导入线索",
    "lead.edited": "修改线索",
    "lead.identified": "识别线索的客户",
    "lead.judged": "判别线索",
    "lead.rejected": "线索判为无效",
    "lead.reopened": "重新打开线索",
    "lead.assigned": "分配线索",
    "lead.queued": "线索进入队列",
    "lead.accepted": "接受线索",
    "lead.returned": "退回线索",
    "lead.escalated": "线索超时升级",
    "lead.pooled": "线索放入公海",
    "lead.picked": "从公海领取线索",
    "lead.recycled": "线索收回公海",
    "leadrule.created": "新建分配规则",
    "leadrule.changed": "修改分配规则",
    "leadrule.ended": "停用分配规则",
    "leadrule.moved": "调整分配规则次序",
    "likeness.computed": "计算客户相似度",
    "likeness.judged": "确认客户相似度",
    "workday.kept": "修改工作日历",
    "lead.withdrawn": "撤回导入的线索",
    "lead.phone_revealed": "查看线索的完整电话",
    "lead.handed_over": "移交线索",
    "campaign.created": "新建营销活动",
    "campaign.edited": "修改营销活动",
    "channel.created": "新建来源渠道",
    "channel.edited": "修改来源渠道",
    "channel.closed": "停用来源渠道",
    "channel.opened": "启用来源渠道",
    "view.shared": "共享视图",
    "view.changed": "修改团队视图",
    "view.unshared": "停止共享视图",
    "view.handed_over": "移交共享视图",
    "view.deleted": "删除团队视图",
    "batch.started": "批量处理",
    "batch.undone": "撤销批量处理",
    "export.begun": "直接下载",
    "export.printed": "打印列表",
    "export.asked": "申请导出",
    "export.approved": "批准导出",
    "export.declined": "不同意导出",
    "export.blocked": "导出被拦截",
    "export.finished": "导出完成",
    "export.broken_off": "下载中断",
    "export.downloaded": "取走导出文件",
    "export.cancelled": "取消导出",
    "export.resumed": "重新生成导出",
    "export.expired": "导出文件过期删除",
    "import.uploaded": "上传导入文件",
    "import.confirmed": "确认导入",
    "import.resumed": "继续导入",
    "import.applied": "完成导入",
    "import.cancelled": "取消导入",
    "import.undone": "撤销导入",
}
# values the actions record that are no column of the record
VALUES = {
    "tags": "标签",
    "holder": "任职人",
    "from_on": "开始",
    "to_on": "结束",
    "words": "禁用词",
    "exceptions": "例外词",
    "valid_from": "启用",
    "valid_to": "停用",
    "parent": "上级",
    "rows": "行数",
    "differences": "相差处数",
    "examples": "例",
    "count": "数量",
    "columns": "栏目",
}
# read by people who may not read phones
PHONES = ("mobile", "phone")
RECORDS = {"compliance.refusal": "合规拒绝"}


# how the audit keeps a moment
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})")


def said(value: Any) -> str:
    """A recorded value as text; a moment in local time, to the minute."""
    text = str(value)
    moment = parse_datetime(text) if MOMENT.fullmatch(text) else None
    return format_datetime(moment) if moment else text


def action_label(action: str) -> str:
    return ACTIONS.get(action, action)


def record_label(label: str) -> str:
    """``people.organisation`` → 客户机构, as the model names itself."""
    if label in RECORDS or not label:
        return RECORDS.get(label, "")
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return label


def field_label(label: str, name: str) -> str:
    """The name of a changed value as the record's form shows it."""
    try:
        return str(apps.get_model(label)._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    except (LookupError, ValueError, FieldDoesNotExist, AttributeError):
        return VALUES.get(name, name)


def value_text(label: str, name: str, value: Any) -> str:
    """A recorded value in words: a choice by its label, yes and no, lists joined, nothing as a dash, phones masked."""
    if value is None or value == "" or value == []:
        return "--"
    if isinstance(value, bool):
        return "是" if value else "否"
    if name in PHONES:
        return mask_phone(str(value))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "、".join(value_text(label, name, one) for one in value)
    return _choices(label, name).get(str(value), said(value))


def _choices(label: str, name: str) -> dict[str, str]:
    try:
        field = apps.get_model(label)._meta.get_field(name)
    except (LookupError, ValueError, FieldDoesNotExist):
        return {}
    base = getattr(field, "base_field", field)
    return {str(key): str(text) for key, text in getattr(base, "flatchoices", None) or ()}
