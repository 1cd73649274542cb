"""Numbers that Chinese registers give out: cleaned to one written form, or refused.

Each `clean_` function returns the form to store and raises ValueError with a
sentence for the user. Empty text is not their business: a form decides whether
a field may be empty.
"""

import re
import unicodedata
from datetime import date

USCC_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = [pow(3, power, 31) for power in range(17)]
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"

_SIGNS_BETWEEN = re.compile(r"[\s\-‐-―−_.·]")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"(010|02\d|0[3-9]\d{2})(\d{7,8})")
# two-digit area codes are Taiwan's; without bracket or dash (02)28225812 would read as 022-8225812, Tianjin
_TAIWAN = re.compile(r"(?:\((0[2-8])\)\s*-?|(0[2-8])\s*-)\s*(\d{3,4})[\s-]?(\d{4})")
_SERVICE = re.compile(r"([48]00)(\d{3})(\d{4})")
_EXTENSION = re.compile(r"(?:转|轉|分机|ext\.?|#|x|\*)\s*[:：]?\s*(\d{1,6})$", re.IGNORECASE)
_DASHED_EXTENSION = re.compile(r"(?<=\d{7})\s*[-－—]\s*(\d{1,6})$")
_DRUG_LICENCE = re.compile(r"[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新][A-D][AB]\d{9}")
_HOSPITAL_LICENCE = re.compile(r"[0-9A-Z]{8}[0-9X]\d{6}[0-9A-Z]{7}")


def clean_uscc(text: str) -> str:
    """统一社会信用代码 (GB 32100): 18 signs, the first may be a letter, the last is a check."""
    code = _compact(text)
    if len(code) != 18:
        raise ValueError(f"统一社会信用代码应为 18 位，现在是 {len(code)} 位。")
    strange = [sign for sign in code if sign not in USCC_SIGNS]
    if strange:
        raise ValueError(f"统一社会信用代码不使用“{strange[0]}”，请对照营业执照检查（没有字母 I、O、Z、S、V）。")
    if code[-1] != uscc_check_sign(code[:17]):
        raise ValueError("统一社会信用代码的校验位不对，可能有一位输错了，请对照营业执照检查。")
    return code


def uscc_check_sign(body: str) -> str:
    """The 18th sign for the first 17."""
    total = sum(USCC_SIGNS.index(sign) * weight for sign, weight in zip(body, _USCC_WEIGHTS, strict=True))
    return USCC_SIGNS[-total % 31]


def clean_mobile(text: str) -> str:
    """A mainland mobile number as eleven digits."""
    digits = _without_country(_compact(text))
    if not _MOBILE.fullmatch(digits):
        raise ValueError("手机号应为 11 位数字，以 1 开头，例如 13800001234。")
    return digits


def clean_phone(text: str) -> str:
    """A mobile (11 digits), a landline (`0571-87783883`, with `转802`) or a 400/800 number."""
    number, extension = _split_extension(unicodedata.normalize("NFKC", text).strip())
    if taiwan := _TAIWAN.fullmatch(number.strip()):
        return f"{taiwan.group(1) or taiwan.group(2)}-{taiwan.group(3)}{taiwan.group(4)}{extension}"
    digits = _without_country(re.sub(r"[()]", "", _compact(number)))
    if _MOBILE.fullmatch(digits) and not extension:
        return digits
    if service := _SERVICE.fullmatch(digits):
        return "-".join(service.groups()) + extension
    if landline := _LANDLINE.fullmatch(digits):
        return "-".join(landline.groups()) + extension
    if re.fullmatch(r"[2-9]\d{6,7}", digits):
        raise ValueError("固定电话缺少区号，请写成 0571-87783883 的形式。")
    raise ValueError("电话号码看不懂，请填 11 位手机号、带区号的固定电话（0571-87783883，可加“转802”）或 400 电话。")


def clean_id_card(text: str, *, today: date | None = None) -> str:
    """居民身份证 (GB 11643): 18 signs, a real date of birth, the last sign is a check."""
    number = _compact(text)
    if not re.fullmatch(r"[1-9]\d{16}[0-9X]", number):
        raise ValueError("身份证号应为 18 位：17 位数字，最后一位是数字或 X。")
    born = _birthday(number)
    if born is None or born.year < 1900 or (today and born > today):
        raise ValueError("身份证号中的出生日期不存在，请检查第 7 到 14 位。")
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _ID_WEIGHTS, strict=True))
    if number[-1] != _ID_CHECKS[total % 11]:
        raise ValueError("身份证号的校验位不对，可能有一位输错了。")
    return number


def clean_hospital_licence(text: str) -> str:
    """医疗机构执业许可证登记号: 22 signs, beginning with the organisation code and its check."""
    code = _compact(text)
    if len(code) != 22:
        raise ValueError(f"医疗机构登记号应为 22 位，现在是 {len(code)} 位。")
    if not _HOSPITAL_LICENCE.fullmatch(code):
        raise ValueError("医疗机构登记号的格式不对：前 9 位是组织机构代码，接着 6 位是行政区划代码。")
    if code[8] != organisation_check_sign(code[:8]):
        raise ValueError("医疗机构登记号前 9 位的校验位不对，可能有一位输错了。")
    return code


def organisation_check_sign(body: str) -> str:
    """The ninth sign of an organisation code (GB 11714) for the first eight."""
    total = sum(int(sign, 36) * weight for sign, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def clean_drug_licence(text: str) -> str:
    """药品经营许可证: province, kind of business, kind of company, nine digits."""
    code = _compact(text)
    if not _DRUG_LICENCE.fullmatch(code):
        raise ValueError("药品经营许可证号格式不对，应为省简称 + 两个字母 + 9 位数字，例如 琼AA898000001。")
    return code


def _compact(text: str) -> str:
    return _SIGNS_BETWEEN.sub("", unicodedata.normalize("NFKC", text)).upper()


def _without_country(digits: str) -> str:
    """+86 or 0086 in front; after it a landline is often written without its zero."""
    bare = re.sub(r"^(\+|00)86", "", digits)
    if bare != digits:
        return bare if bare[:1] == "0" or _MOBILE.fullmatch(bare) or _SERVICE.fullmatch(bare) else "0" + bare
    return re.sub(r"^86(?=1[3-9]\d{9}$)", "", digits)


def _split_extension(text: str) -> tuple[str, str]:
    for pattern in (_EXTENSION, _DASHED_EXTENSION):
        match = pattern.search(text)
        if match and len(re.sub(r"\D", "", text[: match.start()])) >= 10:
            return text[: match.start()], "转" + match.group(1)
    return text, ""


def _birthday(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
