"""Readings that decide by position in a name: surnames and place names."""


def _table(text: str) -> dict[str, str]:
    return dict(pair.split(":") for pair in text.split())


# How a character is read when it is a surname. Characters whose usual reading
# is already right are listed when they have several readings.
SURNAMES = _table(
    """
    曾:zeng 单:shan 單:shan 查:zha 仇:qiu 区:ou 區:ou 解:xie 任:ren 华:hua 華:hua 朴:piao 尉:wei
    盖:ge 蓋:ge 员:yun 員:yun 贠:yun 乐:yue 樂:yue 纪:ji 紀:ji 宁:ning 寧:ning 甯:ning 缪:miao 繆:miao
    繁:po 覃:qin 谌:chen 諶:chen 冼:xian 洗:xian 逄:pang 逢:pang 逯:lu 郗:xi 郇:xun 郄:qie 隗:wei
    令:ling 翟:zhai 种:chong 祭:zhai 秘:bi 折:she 佘:she 撒:sa 石:shi 黑:he 盛:sheng 幺:yao 么:yao
    瞿:qu 车:che 車:che 晁:chao 褚:chu 谯:qiao 万:wan 萬:wan 葛:ge 燕:yan 应:ying 應:ying 句:gou
    勾:gou 牟:mu 那:na 能:nai 粘:nian 哈:ha 呙:guo 咸:xian 镡:tan 都:du 宓:mi 於:yu 钭:tou 贲:ben
    费:fei 費:fei 阚:kan 阙:que 郏:jia 眭:sui 睢:sui 仉:zhang 佴:nai 厍:she 库:ku 蔚:yu 曲:qu 干:gan
    召:shao 重:chong 晟:cheng 炅:gui 昝:zan 訾:zi 殷:yin 舍:she 沈:shen 粟:su 宿:su 隽:juan 莘:shen
    过:guo 過:guo 庹:tuo 度:du 乜:nie 仝:tong 芮:rui 蔺:lin 綦:qi 贾:jia 賈:jia 郦:li 酆:feng 柏:bai
    薄:bo 相:xiang 强:qiang 邸:di 恽:yun 郓:yun 禚:zhuo 卓:zhuo 阿:a 嵇:ji 俱:ju 蕃:fan 番:pan 卜:bu
    会:gui 和:he 藏:zang 臧:zang 妫:gui 鄢:yan 佀:si 姒:si 褟:ta 颉:xie 冠:guan 观:guan 缑:gou 侯:hou
    侴:chou 迮:ze 叚:xia 郜:gao 暴:bao 卑:bei 卞:bian 邴:bing 邰:tai 台:tai 苑:yuan 宛:wan 揭:jie
    行:xing 长:zhang 适:kuo 降:jiang 隆:long 尧:yao 尹:yin 亓:qi 弗:fu 祝:zhu
    谷:gu 焦:jiao 刁:diao 佟:tong 冉:ran 岑:cen 缴:jiao 鲍:bao 占:zhan 奇:qi 朝:chao
    校:jiao 薛:xue 露:lu 藉:ji 拓:tuo 洪:hong 肖:xiao 晏:yan 郝:hao 夏:xia
    """
)

# A second reading that families also use, so that both find the person.
SURNAME_ALTERNATIVES = {
    "盖": "gai", "覃": "tan", "谌": "shen", "郗": "chi", "郇": "huan", "郄": "xi", "隗": "kui",
    "黑": "hei", "牟": "mou", "宓": "fu", "费": "bi", "蔚": "wei", "莘": "xin", "柏": "bo", "镡": "xin chan",
    "乐": "le", "宁": "ning", "尉": "yu", "种": "zhong", "句": "ju", "番": "fan", "逢": "feng", "洗": "xi",
    "那": "nuo", "缪": "mou miu", "翟": "di", "解": "jie", "任": "ren", "朴": "pu", "石": "shi", "过": "guo",
    "颉": "jie", "万": "mo", "长": "chang", "适": "shi", "吕": "lyu lu", "呂": "lyu lu", "律": "lyu lu",
}  # fmt: skip

COMPOUND_SURNAMES = {
    "尉迟": "yu chi", "尉遲": "yu chi", "万俟": "mo qi", "单于": "chan yu", "澹台": "tan tai",
    "长孙": "zhang sun", "長孫": "zhang sun", "令狐": "ling hu", "鲜于": "xian yu", "宰父": "zai fu",
    "亓官": "qi guan", "皇甫": "huang fu", "诸葛": "zhu ge", "司马": "si ma", "上官": "shang guan",
    "欧阳": "ou yang", "歐陽": "ou yang", "夏侯": "xia hou", "闻人": "wen ren", "赫连": "he lian",
    "公羊": "gong yang", "公冶": "gong ye", "宗政": "zong zheng", "濮阳": "pu yang", "淳于": "chun yu",
    "太叔": "tai shu", "申屠": "shen tu", "公孙": "gong sun", "仲孙": "zhong sun", "轩辕": "xuan yuan",
    "钟离": "zhong li", "宇文": "yu wen", "慕容": "mu rong", "闾丘": "lv qiu", "司徒": "si tu",
    "司空": "si kong", "颛孙": "zhuan sun", "端木": "duan mu", "漆雕": "qi diao", "乐正": "yue zheng",
    "壤驷": "rang si", "拓跋": "tuo ba", "夹谷": "jia gu", "谷梁": "gu liang", "呼延": "hu yan",
    "羊舌": "yang she", "梁丘": "liang qiu", "左丘": "zuo qiu", "南宫": "nan gong", "独孤": "du gu",
    "纳兰": "na lan", "完颜": "wan yan", "耶律": "ye lv", "贺兰": "he lan", "东方": "dong fang",
    "西门": "xi men", "东郭": "dong guo", "百里": "bai li", "第五": "di wu", "即墨": "ji mo",
}  # fmt: skip

# Places and medical words that the general dictionary reads wrongly.
PLACES = {
    "重庆": "chong qing", "厦门": "xia men", "单县": "shan xian", "浚县": "xun xian", "涡阳": "guo yang",
    "洪洞": "hong tong", "朝阳": "chao yang", "曾都": "zeng du", "筠连": "jun lian", "荥经": "ying jing",
    "长垣": "chang yuan", "长治": "chang zhi", "长阳": "chang yang", "长宁": "chang ning",
    "长清": "chang qing", "长岛": "chang dao", "长武": "chang wu", "长葛": "chang ge", "长泰": "chang tai",
    "长丰": "chang feng", "长岭": "chang ling", "长白": "chang bai", "长海": "chang hai",
    "长沙": "chang sha", "长春": "chang chun", "长安": "chang an", "长兴": "chang xing", "长乐": "chang le",
    "长青": "chang qing", "长征": "chang zheng", "长寿": "chang shou", "长江": "chang jiang",
    "长汀": "chang ting", "长顺": "chang shun", "长沟": "chang gou", "长辛店": "chang xin dian",
    "长洲": "chang zhou", "长康": "chang kang", "长生": "chang sheng", "长虹": "chang hong",
    "长航": "chang hang", "大城县": "dai cheng xian", "六合": "lu he", "六安": "lu an", "珲春": "hun chun",
    "大夫": "dai fu", "繁峙": "fan shi", "万柏林": "wan bai lin", "都昌": "du chang", "丰都": "feng du",
    "佛冈": "fo gang", "民乐": "min le", "新都": "xin du", "于都": "yu du", "宜都": "yi du", "都安": "du an",
    "都匀": "du yun", "望都": "wang du", "花都": "hua du", "武都": "wu du", "成都": "cheng du",
    "首都": "shou du", "都江堰": "du jiang yan", "江都": "jiang du", "昌都": "chang du", "金都": "jin du",
    "漯河": "luo he", "西藏": "xi zang", "藏医": "zang yi", "藏族": "zang zu", "藏药": "zang yao",
    "尉犁": "yu li", "蔚县": "yu xian", "乐亭": "lao ting", "乐清": "yue qing", "铅山": "yan shan",
    "牟平": "mu ping", "台州": "tai zhou", "丽水": "li shui", "蚌埠": "beng bu", "东阿": "dong e",
    "番禺": "pan yu", "盖州": "gai zhou", "枞阳": "zong yang", "任丘": "ren qiu", "任县": "ren xian",
    "解放": "jie fang", "区": "qu", "附属": "fu shu", "传染": "chuan ran", "给药": "gei yao",
}  # fmt: skip
