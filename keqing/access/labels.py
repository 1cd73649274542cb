"""Chinese names of permission words and reaches, for the pages about rights."""

WORDS = {
    "desk.use": "登录和使用工作台",
    "messaging.manage": "管理通知渠道、模板和送达记录",
    "feedback.view": "查看客户反馈",
    "feedback.handle": "登记和答复客户反馈",
    "news.view": "查看市场动态",
    "news.manage": "登记和修改市场动态",
    "view.share": "与团队共享列表视图",
    "organisation.view": "查看客户",
    "organisation.create": "新建客户",
    "organisation.edit": "修改客户",
    "organisation.assign": "分配客户",
    "organisation.trash": "删除和恢复客户",
    "batch.run": "批量处理客户",
    "export.run": "导出列表",
    "export.approve": "批准他人的导出",
    "export.oversee": "查看全部导出记录",
    "person.view": "查看人员",
    "person.create": "新建人员",
    "person.edit": "修改人员",
    "person.trash": "删除和恢复人员",
    "phone.full": "看到完整电话",
    "phone.reveal": "写明理由后查看完整电话",
    "duplicate.check": "查重",
    "contact.view": "查看联系记录",
    "contact.record": "记录联系",
    "comment.write": "批注",
    "reminder.view": "查看待办",
    "reminder.manage": "安排和完成待办",
    "team.view": "查看团队动态",
    "report.contacts": "查看联系报表",
    "import.run": "导入文件",
    "lifecycle.view": "查看客户阶段、需求和目标",
    "lifecycle.edit": "推进客户阶段，登记需求和提升目标",
    "lifecycle.plan": "下达新增目标",
    "lifecycle.manage": "管理流失原因和竞争对手",
    "rule.view": "查看合规规则",
    "rule.manage": "修改合规规则",
    "refusal.view": "查看拒绝记录",
    "tag.manage": "管理标签",
    "lead.view": "查看线索",
    "lead.record": "登记线索",
    "lead.handle": "处理线索",
    "lead.assign": "分配线索",
    "lead.manage": "管理分配规则、活动和渠道",
    "lead.report": "查看来源报表",
    "division.manage": "管理行政区划",
    "calendar.manage": "管理工作日历",
    "gallery.view": "查看组件",
    "staff.view": "查看员工",
    "staff.manage": "管理员工和权限",
    "org.manage": "管理组织、岗位和辖区",
    "rights.view": "查看他人的权限",
    "audit.search": "查询审计",
    "playbook.view": "查看跟进方案",
    "playbook.enrol": "把客户加入方案、停止方案",
    "playbook.manage": "管理跟进方案",
    "proxy.manage": "安排工作代理",
    "transfer.make": "发起工作转移",
    "transfer.approve": "批准工作转移",
    "customer.share": "共享客户",
    "orphan.view": "查看无人负责的客户",
    "grant.unused": "查看长期未用的权限",
}
REACHES = {"own": "本岗位的", "team": "所负责组织之下的", "territory": "所在组织之下的", "all": "全部"}

# the kinds of customers and people that roles and territory rules name; the words are those of the customer pages
KINDS = {
    "hospital": "医院",
    "clinic": "诊所",
    "pharmacy": "药店",
    "chain": "连锁总部",
    "distributor": "商业公司",
    "maker": "生产企业",
    "agent": "代理商/合作伙伴",
}
PERSON_KINDS = {"consumer": "消费者", "individual_agent": "个人代理"}


def kind_label(kind: str) -> str:
    return {**KINDS, **PERSON_KINDS}.get(kind, kind)


def word_label(word: str) -> str:
    return WORDS.get(str(word), str(word))
