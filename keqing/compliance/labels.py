"""Chinese names of rule parameters."""

PARAMETERS = {
    "words": "禁用词",
    "exceptions": "例外（含禁用词字样而意思无关）",
    "quantity_words": "指药品数量、金额、计数的词",
    "neutral_words": "中性词（前面是下列事物时不算）",
    "other_things": "非药品的事物",
    "doctor_headers": "表示一行是一位医生的表头",
    "department_headers": "表示一行是一个科室的表头",
    "hospital_headers": "表示一行是一家医院的表头",
    "hospital_totals": "医院自己公布的总额",
    "allowed_sources": "可用的来源",
}


def parameter_label(name: str) -> str:
    return PARAMETERS.get(name, name)
