"""The columns an organisation's import understands, and the names they go by in real files."""

from keqing.interchange.registry import Field
from keqing.people.fields import organisation_fields

NAMES = {
    "hospital": ("医院名称", ("机构名称", "NAME", "名称", "医院", "单位名称", "医疗机构名称", "医疗机构", "客户名称", "Hos_Name")),
    "clinic": ("诊所名称", ("机构名称", "名称", "NAME", "单位名称", "医疗机构名称", "客户名称")),
    "pharmacy": ("药店名称", ("门店名称", "名称", "NAME", "店名", "单位名称", "客户名称", "藥局名稱", "药房名称")),
    "chain": ("连锁名称", ("连锁总部", "总部名称", "企业名称", "公司名称", "名称", "单位名称", "客户名称", "全称")),
    "distributor": (
        "公司名称", ("商业公司", "供应商名称", "配送商", "经销商", "企业名称", "单位名称", "名称", "全称", "厂家全称", "客户名称", "商业名称"),
    ),
    "maker": (
        "企业名称", ("生产企业", "生产企业名称", "生产厂家", "厂家名称", "厂家全称", "药企", "公司名称", "单位名称", "名称", "全称", "客户名称"),
    ),
    "agent": ("代理商名称", ("合作伙伴", "伙伴名称", "代理商", "公司名称", "企业名称", "单位名称", "名称", "客户名称")),
}
EXAMPLES = {
    "hospital": "示例市第一人民医院", "clinic": "示例社区诊所", "pharmacy": "示例大药房中山路店", "chain": "示例大药房连锁有限公司",
    "distributor": "示例医药有限公司", "maker": "示例制药有限公司", "agent": "示例健康科技有限公司",
}

REGION = (
    Field(
        key="region", label="所在地区", synonyms=("地区", "所在地", "省市", "省市区", "地區", "行政区划", "Hos_City"),
        hint="写全称，如 广东省广州市越秀区", examples=("广东省广州市越秀区",),
    ),
    Field(key="province", label="省份", synonyms=("省", "省/直辖市", "省市自治区")),
    Field(key="city", label="城市", synonyms=("市", "地市", "地级市", "縣市")),
    Field(key="district", label="区县", synonyms=("区县名称", "县区", "县", "区", "CHENGQU", "鄉鎮市區", "市区县")),
    Field(key="region_code", label="行政区划代码", synonyms=("区县代码", "区划代码", "地区代码")),
)

STAGE = Field(
    key="lifecycle", label="生命周期", synonyms=("客户阶段", "阶段", "客户生命周期"),
    hint="如 潜在客户、订单客户；只用于新客户，已有客户的阶段不随导入改", examples=("潜在客户",),
)

COLUMNS = {
    "address": Field(
        key="address", label="地址", synonyms=("详细地址", "ADDRESS", "单位地址", "医院地址", "联系地址", "注册地址"),
        examples=("越秀区示例路 1 号",),
    ),
    "phone": Field(
        key="phone", label="电话", synonyms=("联系电话", "TEL", "电话号码", "座机", "固定电话", "電話"),
        hint="带区号；几个电话用顿号隔开", examples=("020-81234567",),
    ),
    "short_name": Field(key="short_name", label="简称", synonyms=("单位简称", "厂家简称", "医院简称", "机构简称")),
    "aliases": Field(key="aliases", label="别名", synonyms=("其他名称", "曾用名", "第二名称"), hint="几个别名用顿号隔开"),
    "code": Field(key="code", label="编码", synonyms=("机构编码", "医院编码", "单位编码", "客户编码", "门店编号", "供应商代码", "厂商编码", "编号", "代码")),
    "uscc": Field(key="uscc", label="统一社会信用代码", synonyms=("信用代码", "社会信用代码", "税号")),
    "hco_code": Field(key="hco_code", label="医疗机构代码", synonyms=("登记号", "执业许可证号", "医疗机构登记号")),
    "level": Field(key="level", label="医院等级", synonyms=("等级", "级别", "医院级别", "Hos_Grade"), hint="如 三级甲等、三甲、二级", examples=("三级甲等",)),
    "grade": Field(key="grade", label="医院等次", synonyms=("等次",)),
    "category": Field(key="category", label="机构类型", synonyms=("机构类别", "类别", "中类", "医院类型"), examples=("综合",)),
    "category_minor": Field(key="category_minor", label="小类", synonyms=("专科类别",)),
    "ownership": Field(key="ownership", label="经济性质", synonyms=("经济类型", "经济类型名称", "所有制", "医院性质")),
    "specialties": Field(key="specialties", label="特色专科", synonyms=("重点科室", "特色科室", "重点专科", "Hos_Speciality")),
    "beds": Field(key="beds", label="床位", synonyms=("床位数", "编制床位", "开放床位")),
    "outpatients_day": Field(key="outpatients_day", label="日门诊量", synonyms=("门诊量/日", "日均门诊量")),
    "chain": Field(key="chain", label="连锁总部", synonyms=("所属连锁", "连锁品牌", "连锁公司", "总部")),
    "store_class": Field(key="store_class", label="门店等级", synonyms=("门店分级", "店铺等级"), hint="A、B 或 C"),
    "is_medicare": Field(key="is_medicare", label="医保定点", synonyms=("是否医保", "医保"), hint="是 或 否"),
    "is_dtp": Field(key="is_dtp", label="DTP 药房", synonyms=("是否DTP", "DTP"), hint="是 或 否"),
    "hours": Field(key="hours", label="营业时间", synonyms=()),
    "store_count": Field(key="store_count", label="门店数", synonyms=("门店数量", "门店家数")),
    "tier": Field(key="tier", label="经销级别", synonyms=("商业级别",), hint="一级 或 二级"),
    "license_no": Field(key="license_no", label="许可证号", synonyms=("经营许可证号", "药品经营许可证号", "许可证")),
    "license_expires_on": Field(key="license_expires_on", label="许可证有效期至", synonyms=("许可证有效期", "证照有效期"), hint="如 2028-06-30"),
    "gsp_scope": Field(key="gsp_scope", label="经营范围", synonyms=("GSP范围",)),
    "coverage": Field(key="coverage", label="覆盖区域", synonyms=("覆盖范围", "配送区域")),
    "warehouses": Field(key="warehouses", label="仓库", synonyms=("仓库地址",)),
    "delivery_terms": Field(key="delivery_terms", label="配送时效", synonyms=()),
    "agent_products": Field(key="agent_products", label="代理产品", synonyms=("代理品种",)),
    "authorised_until": Field(key="authorised_until", label="授权期限", synonyms=("授权到期", "授权有效期"), hint="如 2027-12-31"),
    "agent_area": Field(key="agent_area", label="代理区域", synonyms=("代理地区",)),
    "remark": Field(key="remark", label="备注", synonyms=("说明",)),
}


# columns of lists that hold several kinds of companies: a row that says it is another kind is refused
ROLE = Field(key="role", label="类别", synonyms=("企业类别", "单位类别", "供应商类别"), hint="批发商 或 生产商；另一种的行不会导入")
MEMBER = {
    "distributor": Field(key="member", label="是否配送商", synonyms=("是否供应商", "是否商业公司", "是否经销商"), hint="是 或 否"),
    "maker": Field(key="member", label="是否生产企业", synonyms=("是否厂商", "是否生产商", "是否厂家"), hint="是 或 否"),
}
CLOSED = Field(key="is_closed", label="是否禁用", synonyms=("是否停用", "禁用"), hint="是 的行不会导入")


def organisation_columns(kind: str) -> tuple[Field, ...]:
    """The columns of a kind: its name, its place, and what the field policy collects of it."""
    label, synonyms = NAMES[kind]
    name = Field(key="name", label=label, synonyms=synonyms, required=True, examples=(EXAMPLES[kind],))
    policy = organisation_fields(kind)
    helpers = {"grade": "level", "category_minor": "category"}
    own = [column for key, column in COLUMNS.items() if helpers.get(key, key) in policy]
    several = (ROLE, MEMBER[kind], CLOSED) if kind in MEMBER else ()
    return (name, *REGION, *own, STAGE, *several)
