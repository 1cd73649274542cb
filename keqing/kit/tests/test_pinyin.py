"""Names read the way their owners read them."""

import json
import os
import random
import subprocess
import sys

import pytest

from keqing.kit.pinyin import _WORDS, _read, full_pinyin, initials, readings
from keqing.kit.pinyin_readings import COMPOUND_SURNAMES, SURNAMES

TRUE_READINGS = (
    "曾:zeng 单:shan 查:zha 仇:qiu 区:ou 解:xie 任:ren 华:hua 朴:piao 盖:ge 员:yun 乐:yue 纪:ji 宁:ning "
    "缪:miao 繁:po 覃:qin 谌:chen 冼:xian 逄:pang 逯:lu 郗:xi 翟:zhai 种:chong 祭:zhai 秘:bi 折:she 佘:she "
    "撒:sa 黑:he 盛:sheng 么:yao 瞿:qu 车:che 褚:chu 万:wan 葛:ge 燕:yan 应:ying 句:gou 牟:mu 那:na 能:nai "
    "哈:ha 都:du 宓:mi 费:fei 阚:kan 阙:que 蔚:yu 曲:qu 干:gan 召:shao 重:chong 訾:zi 昝:zan 殷:yin 宿:su "
    "隽:juan 莘:shen 过:guo 庹:tuo 乜:nie 仝:tong 芮:rui 綦:qi 酆:feng 柏:bai 薄:bo 相:xiang 强:qiang 恽:yun "
    "卜:bu 番:pan 和:he 藏:zang 臧:zang 颉:xie 冠:guan 观:guan 缑:gou 邰:tai 台:tai 苑:yuan 宛:wan 行:xing "
    "隗:wei 眭:sui 睢:sui 仉:zhang 佴:nai 厍:she 贲:ben 钭:tou 郏:jia 郄:qie 适:kuo 谯:qiao 晟:cheng"
).split()


def test_the_test_knows_at_least_ninety_surnames_and_the_table_all_of_them() -> None:
    assert len(TRUE_READINGS) >= 90
    assert len(SURNAMES) >= len(TRUE_READINGS)


@pytest.mark.parametrize("pair", TRUE_READINGS)
def test_a_surname_is_read_the_way_families_read_it(pair: str) -> None:
    surname, reading = pair.split(":")
    assert full_pinyin(surname + "明", person=True) == reading + "ming"
    assert initials(surname + "明", person=True) == reading[0] + "m"


@pytest.mark.parametrize(("name", "reading"), [("尉迟敬", "yuchijing"), ("万俟雅", "moqiya"), ("单于飞", "chanyufei")])
def test_a_compound_surname_is_read_as_one(name: str, reading: str) -> None:
    assert full_pinyin(name, person=True) == reading


def test_every_compound_surname_has_two_syllables() -> None:
    assert {len(reading.split()) for reading in COMPOUND_SURNAMES.values()} == {2}


def test_the_usual_reading_of_a_surname_is_kept_beside_the_true_one() -> None:
    assert readings("曾晓", person=True) == (("zeng", "xiao"), ("ceng", "xiao"))


def test_a_surname_reading_is_not_used_for_institutions() -> None:
    assert full_pinyin("单采血浆站").startswith("dan")


@pytest.mark.parametrize(
    ("name", "full", "short"),
    [
        ("人民医院", "renminyiyuan", "rmyy"),
        ("重庆市肿瘤医院", "chongqingshizhongliuyiyuan", "cqszlyy"),
        ("厦门大学附属医院", "xiamendaxuefushuyiyuan", "xmdxfsyy"),
        ("朝阳区妇幼保健院", "chaoyangqufuyoubaojianyuan", "cyqfybjy"),
        ("六安市中医院", "luanshizhongyiyuan", "laszyy"),
        ("都匀市医院", "duyunshiyiyuan", "dysyy"),
        ("解放军总医院", "jiefangjunzongyiyuan", "jfjzyy"),
        ("CT室（３号）", "ctshi3hao", "cts3h"),
        ("阿司匹林", "asipilin", "aspl"),
        ("", "", ""),
    ],
)
def test_institutions_and_goods_are_read_right(name: str, full: str, short: str) -> None:
    assert (full_pinyin(name), initials(name)) == (full, short)


def test_every_word_and_words_in_a_row_are_read_as_the_library_reads_them() -> None:
    words = list(_WORDS)
    draw = random.Random(7)
    texts = words + ["".join(draw.sample(words, 4)) for _ in range(10_000)]
    # in an interpreter of its own, where the library has its dictionary
    program = "import json, sys, pypinyin; json.dump(['-'.join(pypinyin.lazy_pinyin(t)) for t in json.load(sys.stdin)], sys.stdout)"
    plain = {name: value for name, value in os.environ.items() if name != "PYPINYIN_NO_PHRASES"}
    answer = subprocess.run([sys.executable, "-c", program], input=json.dumps(texts), env=plain, capture_output=True, text=True, check=True)
    expected = json.loads(answer.stdout)
    assert len(words) > 40_000
    assert [(text, theirs) for text, theirs in zip(texts, expected, strict=True) if "-".join(_read(text)) != theirs] == []
