"""Closed lists the sources fix (R-001, R-002, R-003, domain b7, b8)."""

from django.db.models import TextChoices


class Kind(TextChoices):
    """机构类型. Project owner and contractor arrive with projects."""

    HOSPITAL = "hospital", "医院"
    CLINIC = "clinic", "诊所"
    PHARMACY = "pharmacy", "药店"
    CHAIN = "chain", "连锁总部"
    DISTRIBUTOR = "distributor", "商业公司"
    MAKER = "maker", "生产企业"
    AGENT = "agent", "代理商/合作伙伴"


PARTNER_KINDS = (Kind.DISTRIBUTOR, Kind.AGENT, Kind.PHARMACY, Kind.CHAIN, Kind.MAKER)
CARE_KINDS = (Kind.HOSPITAL, Kind.CLINIC)


class PersonKind(TextChoices):
    DOCTOR = "doctor", "医生"
    CARE_STAFF = "care_staff", "医疗机构人员"
    COMPANY_STAFF = "company_staff", "企业人员"
    CONSUMER = "consumer", "消费者"
    INDIVIDUAL_AGENT = "individual_agent", "个人代理"


# who can be a customer of one's own: an organisation, or a person who belongs to none (decision 3)
CUSTOMER_KINDS = (
    *Kind.choices,
    *((str(kind), kind.label) for kind in (PersonKind.CONSUMER, PersonKind.INDIVIDUAL_AGENT)),
)


class Role(TextChoices):
    """任职角色: the nine inside a hospital (R-002), then those of companies and shops."""

    CLINICAL_HEAD = "clinical_head", "临床主任"
    DOCTOR = "doctor", "医生"
    PHARMACY_HEAD = "pharmacy_head", "药剂科主任"
    PURCHASER = "purchaser", "采购"
    STOREKEEPER = "storekeeper", "库管"
    IT_STAFF = "it_staff", "微机人员"
    PHARMACY_STAFF = "pharmacy_staff", "药房人员"
    PRESIDENT = "president", "院长"
    VICE_PRESIDENT = "vice_president", "业务院长"
    MANAGER = "manager", "经理"
    FINANCE_CONTACT = "finance_contact", "财务联系人"
    PURCHASING_HEAD = "purchasing_head", "采购负责人"
    STORE_MANAGER = "store_manager", "店长"
    SHOP_STAFF = "shop_staff", "店员"
    CONTACT = "contact", "联系人"


HOSPITAL_ROLES = (
    Role.CLINICAL_HEAD,
    Role.DOCTOR,
    Role.PHARMACY_HEAD,
    Role.PURCHASER,
    Role.STOREKEEPER,
    Role.IT_STAFF,
    Role.PHARMACY_STAFF,
    Role.PRESIDENT,
    Role.VICE_PRESIDENT,
)
GUARDED_ROLES = (Role.IT_STAFF, Role.PHARMACY_STAFF)  # R-002 GATE X-01: shown with the 统方 notice
ROLES_OF = {
    Kind.HOSPITAL: HOSPITAL_ROLES,
    Kind.CLINIC: (Role.DOCTOR, Role.PRESIDENT, Role.PURCHASER, Role.PHARMACY_STAFF, Role.CONTACT),
    Kind.PHARMACY: (Role.STORE_MANAGER, Role.SHOP_STAFF, Role.PURCHASER, Role.CONTACT),
    Kind.CHAIN: (Role.PURCHASING_HEAD, Role.MANAGER, Role.FINANCE_CONTACT, Role.CONTACT),
    Kind.DISTRIBUTOR: (Role.MANAGER, Role.FINANCE_CONTACT, Role.PURCHASING_HEAD, Role.STOREKEEPER, Role.CONTACT),
    Kind.MAKER: (Role.CONTACT, Role.MANAGER, Role.FINANCE_CONTACT),
    Kind.AGENT: (Role.CONTACT, Role.MANAGER, Role.FINANCE_CONTACT),
}


class Source(TextChoices):
    """资料来源: the six of R-003, import, self-registration."""

    INSIDER = "insider", "客户本人或内部人员"
    INTRODUCTION = "introduction", "医院或商业介绍"
    RELATED = "related", "相关人员"
    PEERS = "peers", "同行（非竞争对手）"
    SUPERIORS = "superiors", "上级或老同事"
    SEARCH = "search", "公开资料检索"
    IMPORT = "import", "导入"
    SELF = "self", "自助登记"


class Stage(TextChoices):
    """生命周期 (R-181): the company's view of a customer; 业务状态 is where the conversation stands."""

    UNIDENTIFIED = "unidentified", "待识别客户"
    PROSPECT = "prospect", "潜在客户"
    OPPORTUNITY = "opportunity", "销售机会"
    ORDER_CUSTOMER = "order_customer", "订单客户"
    USER = "user", "用户"
    DORMANT = "dormant", "休眠"
    LOST = "lost", "流失"


class BusinessState(TextChoices):
    """业务状态 (decisions, required fields)."""

    FIRST = "first", "初次接触"
    NEEDS = "needs", "需求了解"
    MATERIAL = "material", "资料已送"
    QUOTING = "quoting", "报价中"
    TRIAL = "trial", "进院或试销中"
    WORKING = "working", "已合作"
    CARE = "care", "维护"
    NO_INTEREST = "no_interest", "暂无意向"


class Level(TextChoices):
    """医院等级 (domain e)."""

    L3S = "3s", "三级特等"
    L3A = "3a", "三级甲等"
    L3B = "3b", "三级乙等"
    L3C = "3c", "三级丙等"
    L3 = "3", "三级"
    L2A = "2a", "二级甲等"
    L2B = "2b", "二级乙等"
    L2C = "2c", "二级丙等"
    L2 = "2", "二级"
    L1A = "1a", "一级甲等"
    L1B = "1b", "一级乙等"
    L1C = "1c", "一级丙等"
    L1 = "1", "一级"
    NONE = "none", "未定级"


class Category(TextChoices):
    GENERAL = "general", "综合"
    SPECIAL = "special", "专科"
    TCM = "tcm", "中医"
    PRIMARY = "primary", "基层"


class Ownership(TextChoices):
    PUBLIC = "public", "公立"
    PRIVATE = "private", "民营"


class Tier(TextChoices):
    FIRST = "first", "一级"
    SECOND = "second", "二级"


class StoreClass(TextChoices):
    A = "a", "A 类"
    B = "b", "B 类"
    C = "c", "C 类"


class Gender(TextChoices):
    MALE = "m", "男"
    FEMALE = "f", "女"


class Title(TextChoices):
    """职称 (domain b1)."""

    CHIEF = "chief", "主任医师"
    DEPUTY_CHIEF = "deputy_chief", "副主任医师"
    ATTENDING = "attending", "主治医师"
    RESIDENT = "resident", "住院医师"
    CHIEF_PHARMACIST = "chief_pharmacist", "主任药师"
    DEPUTY_CHIEF_PHARMACIST = "deputy_chief_pharmacist", "副主任药师"
    PHARMACIST_IN_CHARGE = "pharmacist_in_charge", "主管药师"
    PHARMACIST = "pharmacist", "药师"
    OTHER = "other", "其他"


WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
DAY_PARTS = (("am", "上午"), ("noon", "中午"), ("pm", "下午"), ("eve", "晚上"))
TIME_CHOICES = [(f"{n}{code}", f"{day}{part}") for n, day in enumerate(WEEKDAYS, 1) for code, part in DAY_PARTS]
