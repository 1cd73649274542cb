"""Cells of real files turned into values. No Django: text in, value out, ``ValueError`` with a sentence.

A cleaner may append a remark to ``notes``: what was repaired or left out, said in the import's report.
"""

import re
import unicodedata
from datetime import date

from keqing.kit.validators import clean_mobile, clean_phone, clean_uscc

Notes = list[str]

_LEVEL = re.compile(r"([一二三123])\s*级?\s*([特甲乙丙]?)")
_GRADE = re.compile(r"[特甲乙丙]")
_LEVEL_DIGITS = {"一": "1", "二": "2", "三": "3"}
_GRADE_LETTERS = {"特": "s", "甲": "a", "乙": "b", "丙": "c"}
_LEVELS = {"3s", "3a", "3b", "3c", "3", "2a", "2b", "2c", "2", "1a", "1b", "1c", "1"}
_TRAILING_BRACKET = re.compile(r"^(.{4,}?)[（(]([^（）()]+)[）)]$")
_SHORT_CODE = re.compile(r"([A-Za-z]{2,8})[-－—]\s*(?=[\u4e00-\u9fff])")
_FORMER = re.compile(r"\s*[（(]\s*原(?:名称?)?[:：]?\s*([^原）)][^)）]{3,}?)[）)]*$")
_EXTRA = re.compile(r"\s*[（(][^（()）]*(?:分包装|分装|委托|受托|进口|合并).*[)）]$")
_MADE_BY = re.compile(r"(?<=公司)(?:制造|生产|出品)$")
_HALFWIDTH = {code: code - 0xFEE0 for span in ((0xFF10, 0xFF1A), (0xFF21, 0xFF3B), (0xFF41, 0xFF5B)) for code in range(*span)} | {
    ord("巿"): "市"
}
_INSTITUTION = re.compile(r"(?:院|中心|所|站|门诊部|诊所|室|公司|药房|药店|大药房|厂|局|馆|校|区)$")
_SPLIT = re.compile(r"[、，,；;/|]+")
_AREA_CODES_3 = re.compile(r"(?:10|2\d)\d{8}")
_AREA_CODES_4 = re.compile(r"[3-9]\d{2}\d{7,8}")
_TWO_NUMBERS = re.compile(r"(010|02\d|0[3-9]\d{2})-?(\d{8})-?(?:\1-?)?(\d{8})")
YES = {"是", "1", "有", "y", "yes", "√", "true", "医保", "定点", "医保定点"}
NO = {"否", "0", "无", "n", "no", "×", "false", "非医保", "非定点"}
_NOTHING = {"", "无", "未评", "未评级", "未定级", "未定等", "不详", "未知", "暂无", "-", "--", "/", "基层医疗机构", "null", "none"}

TITLES = {
    "主任医师": "chief", "主任医生": "chief", "主任中医师": "chief",
    "副主任医师": "deputy_chief", "副主任医生": "deputy_chief", "副主任中医师": "deputy_chief",
    "主治医师": "attending", "主治医生": "attending", "主治中医师": "attending",
    "住院医师": "resident", "住院医生": "resident", "医师": "resident", "执业医师": "resident",
    "主任药师": "chief_pharmacist", "副主任药师": "deputy_chief_pharmacist", "主管药师": "pharmacist_in_charge",
    "药师": "pharmacist", "执业药师": "pharmacist",
}
TEACHING = ("博士生导师", "硕士生导师", "副教授", "教授", "讲师", "助教", "副研究员", "研究员", "助理研究员")


def clean_level(text: str, grade: str = "") -> str:
    """三级甲等, 三甲, 三级 + 甲等, 3: the level; 未评 and 无: nothing."""
    text = unicodedata.normalize("NFKC", text).strip()
    if text.lower() in _NOTHING:
        return ""
    found = _LEVEL.match(text)
    if found is None:
        raise ValueError(f"医院等级“{text}”看不懂，请写成 三级甲等、三甲、二级 这样的形式。")
    letter = found.group(2) or next(iter(_GRADE.findall(grade)), "")
    digit = _LEVEL_DIGITS.get(found.group(1), found.group(1))
    return digit + _GRADE_LETTERS.get(letter, "") if digit + _GRADE_LETTERS.get(letter, "") in _LEVELS else digit


def clean_category(*texts: str) -> str:
    """综合, 专科, 中医 or 基层 from what directories call it; unknown words say nothing."""
    joined = "".join(texts)
    for pattern, value in (
        ("社区|卫生院|卫生室|卫生站|卫生服务|诊所|医务室|门诊部|保健站|基层", "primary"),
        ("中医|民族医院|中西医", "tcm"),
        ("专科|口腔|眼科|妇幼|精神|康复|护理院|肿瘤|儿童|美容|妇产|骨科|传染", "special"),
        ("综合", "general"),
    ):
        if re.search(pattern, joined):
            return value
    return ""


def clean_ownership(text: str) -> str:
    """公立 or 民营 from the kind of economy; where the word leaves it open, nothing."""
    if re.search("国有|集体|公立|全民|事业", text):
        return "public"
    if re.search("私有|私营|民营|个体|中外|外资|港澳台|股份|有限", text):
        return "private"
    return ""


def split_name(text: str) -> tuple[str, list[str]]:
    """中日友好医院（卫生部中日友好医院、某某）: name and other names; the same name written twice is once."""
    text = re.sub(r"\s+", " ", text).strip()
    text = once(text, 4)
    found = _TRAILING_BRACKET.match(text)
    if found is None:
        return text, []
    names = [part.strip() for part in _SPLIT.split(found.group(2))]
    if not all(len(part) >= 4 and _INSTITUTION.search(part) for part in names):
        return text, []
    name = found.group(1).strip()
    return name, [part for part in dict.fromkeys(names) if part != name]


def split_company(text: str) -> tuple[str, list[str], str]:
    """ZWMK-某某公司（原名：某某厂）（分装）: the name, the other names it carries, and what else stands in brackets."""
    text = re.sub(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])", "", re.sub(r"\s+", " ", text).strip())
    aliases, note = [], ""
    if code := _SHORT_CODE.match(text):
        aliases, text = [code.group(1).upper()], text[code.end() :]
    if former := _FORMER.search(text):
        aliases, text = [*aliases, former.group(1).strip()], text[: former.start()]
    if extra := _EXTRA.search(text):
        note, text = extra.group().strip("()（）"), text[: extra.start()]
    name = _MADE_BY.sub("", text.strip())
    return name, [alias for alias in dict.fromkeys(aliases) if alias and alias != name], note


def halfwidth(text: str) -> str:
    """６４３號 → 643號 and 台北巿 → 台北市; Chinese signs stay as they are."""
    return text.translate(_HALFWIDTH)


def run_together(name: str) -> list[str]:
    """江苏省人民医院江苏省妇幼保健院: the institutions a name without separator may hold; else nothing."""
    parts = re.findall(r".+?(?:医院|保健院|卫生院)", name)
    if len(parts) < 2 or "".join(parts) != name:
        return []
    return parts if all(len(p) >= 5 and not re.match(r"第|附属|分院", p) for p in parts) else []


def clean_any_phone(text: str, notes: Notes) -> str:
    """A phone to store. What a spreadsheet did to it is repaired, with a remark; several are kept side by side."""
    text = unicodedata.normalize("NFKC", text).strip()
    parts = [p for p in re.split(r"[、，,；;/]|\s{1,}(?=\d{3,4}-)", text) if p.strip()]
    cleaned = [number for part in parts for number in _one_phone(part.strip(), parts[0], notes)]
    kept = ""
    for number in dict.fromkeys(cleaned):
        longer = f"{kept}，{number}" if kept else number
        if len(longer) > 40:
            notes.append("电话超过 40 个字，只保留前几个")
            break
        kept = longer
    return kept


def _one_phone(part: str, first: str, notes: Notes) -> list[str]:
    try:
        return [clean_phone(part)]
    except ValueError:
        pass
    digits = re.sub(r"\D", "", part)
    if two := _TWO_NUMBERS.fullmatch(digits):
        notes.append("两个连在一起的电话已分开")
        return [f"{two.group(1)}-{two.group(2)}", f"{two.group(1)}-{two.group(3)}"]
    if _AREA_CODES_3.fullmatch(digits) or _AREA_CODES_4.fullmatch(digits):
        notes.append("电话补上了区号前的 0")
        return [clean_phone("0" + digits)]
    area = re.match(r"0\d{2,3}(?=-)", first)
    if area and re.fullmatch(r"[2-9]\d{6,7}", digits):
        return [f"{area.group()}-{digits}"]
    bare = re.fullmatch(r"[2-9]\d{6,7}", digits)
    notes.append("固定电话没有区号，按原样保留" if bare else "电话格式不常见，按原样保留")
    return [part[:40]]


def clean_mobile_or_empty(text: str) -> str:
    return clean_mobile(text) if text.strip() else ""


def clean_uscc_or_empty(text: str) -> str:
    return clean_uscc(text) if text.strip() else ""


def clean_titles(title: str, teaching: str, notes: Notes) -> tuple[str, str]:
    """职称 and 教学职称: 主治医师 讲师 is a title and an academic post."""
    posts = [p for p in re.split(r"[\s、，,；;/]+", teaching) if p]
    found = ""
    for word in (w for w in re.split(r"[\s、，,；;/]+", title) if w):
        if word in TITLES and not found:
            found = TITLES[word]
        elif word in TEACHING:
            posts.append(word)
        elif word.lower() not in _NOTHING:
            found = found or "other"
            posts.append(word)
            notes.append(f"职称“{word}”不在列表中，记入学术任职")
    return found, "、".join(dict.fromkeys(posts))


def clean_department(text: str) -> str:
    """心血管内科心血管内科 is written twice: once."""
    return once(text.strip(), 2)


def once(text: str, shortest: int) -> str:
    """A text written twice without a gap is the text."""
    half = len(text) // 2
    return text[:half] if len(text) % 2 == 0 and half >= shortest and text[:half] == text[half:] else text


def clean_count(text: str, label: str, highest: int) -> int | None:
    """A whole number, with or without thousands separators."""
    plain = re.sub(r"[,，\s张人次家]", "", unicodedata.normalize("NFKC", text))
    if not plain:
        return None
    if not plain.isdecimal() or int(plain) > highest:
        raise ValueError(f"{label}“{text}”应为 0 到 {highest:,} 的整数。")
    return int(plain)


def clean_yes_no(text: str, label: str) -> bool | None:
    plain = text.strip().lower()
    if plain in YES:
        return True
    if plain in NO:
        return False
    if not plain:
        return None
    raise ValueError(f"{label}“{text}”请填 是 或 否。")


def clean_day(text: str, label: str) -> date | None:
    """2026-08-01, 2026/8/1, 2026.8.1, 2026年8月1日."""
    if not text.strip():
        return None
    found = re.match(r"(\d{4})\D(\d{1,2})\D(\d{1,2})", unicodedata.normalize("NFKC", text).strip())
    try:
        return date(*map(int, found.groups())) if found else _fail(text, label)
    except ValueError:
        return _fail(text, label)


def _fail(text: str, label: str) -> date:
    raise ValueError(f"{label}“{text}”不是日期，请写成 2026-08-01。")


def fitted(text: str, limit: int, label: str, notes: Notes) -> str:
    """Text within the field; what does not fit is cut and said so."""
    text = text.strip()
    if len(text) <= limit:
        return text
    notes.append(f"{label}超过 {limit} 字，只保留前 {limit} 字")
    return text[:limit]


def parts_of(text: str) -> list[str]:
    """别名甲、别名乙: the parts of a list written in one cell."""
    return [part for part in _SPLIT.split(text) if part.strip()]
