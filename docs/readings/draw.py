#!/usr/bin/env python3
"""Draw 100 checkable paragraphs (kuan) of the statute texts, the same each time.

  python3 draw.py DIR           prints law, article and paragraph of the drawn
  python3 draw.py DIR --all     of the whole population, with why each is in it
  python3 draw.py DIR --show    the text of the drawn paragraphs, for reading

DIR holds the texts as Markdown, one file a law, named as in SCOPE. Standard library only.
"""
import os, random, re, sys

SEED = 20261123

def span(*rs):
    return {n for a, b in rs for n in range(a, b + 1)}

# short name -> (file, articles in scope, how many to draw)
SCOPE = {
    # 8-9 stand in chapter 1 of the file, 10-25 are chapter 2, 90-130 chapter 4
    "PSAPL2025": ("治安管理处罚法(2025-06-27).md", span((8, 25), (90, 130)), 45),
    # chapters 1-12 and 14; not 13 (foreign-related, 238-257) nor 15 (annex, 263-266)
    "APR2019": ("公安机关办理行政案件程序规定(2019-04-27).md", span((1, 237), (258, 262)), 35),
    "APL2021": ("行政处罚法(2021-01-22).md", span((39, 75)), 8),       # chapters 5-6
    "ACL": ("行政强制法(2011-06-30).md", span((16, 34)), 4),
    "ARL2023": ("行政复议法(2023-09-01).md", span((20, 23), (29, 35)), 5),
    "ALL2017": ("行政诉讼法(2017-06-27).md", span((44, 48), (51, 52)), 3),
}

# In range, but by their own words not about an ordinary public-security (zhi'an)
# case. (article, None) = the whole article.
NOT_ORDINARY = {
    "APR2019": {
        (16, None): "special-sector police jurisdiction",
        (59, None): "terrorism suspects", (113, None): "terrorism freezing",
        (114, None): "terrorism freezing", (95, None): "drink-driving",
        (94, 2): "drug-driving", (73, 2): "foreign suspect",
        (176, 2): "drug-rehabilitation orders", (221, None): "drug rehabilitation",
        (237, None): "drug rehabilitation",
    },
    "ACL": {(n, None): "freezing of deposits" for n in range(29, 34)},
}

D = {c: i for i, c in enumerate("零一二三四五六七八九")}
def num(s):
    n = cur = 0
    for c in s:
        if c == "百":   n, cur = n + (cur or 1) * 100, 0
        elif c == "十": n, cur = n + (cur or 1) * 10, 0
        else:           cur = D[c]
    return n + cur

ART = re.compile(r"^第([零一二三四五六七八九十百]+)条[\s　]+(.*)$")
HEAD = re.compile(r"^(#|第[零一二三四五六七八九十百]+[章节][\s　])")
ITEM = re.compile(r"^（[一二三四五六七八九十]+）")

def paragraphs(path):
    """yield (article, paragraph, text); list items stay with their paragraph."""
    art, kuan, out = None, 0, []
    for line in open(path, encoding="utf-8"):
        line = line.strip().strip("\u200b")
        if not line or line.startswith((">", "<!--")):
            continue
        if HEAD.match(line):
            continue
        m = ART.match(line)
        if m:
            art, kuan = num(m.group(1)), 1
            out.append([art, kuan, m.group(2)])
        elif art is None:
            continue
        elif ITEM.match(line):
            out[-1][2] += "\n" + line
        else:
            kuan += 1
            out.append([art, kuan, line])
    return [tuple(x) for x in out]

N = "[一二三四五六七八九十百千两]+"
TESTS = [
    ("figure", re.compile(
        r"(?<!第)" + N + r"(个)?(小时|工作日|日|天|月|年|周岁|次|元|名|人|份|件|倍)"
        r"|百分之" + N)),
    ("clock", re.compile(r"不计入|不计算在|不予计算|重新计算|开始计算|起计算|继续计算|停止执行|暂缓执行|期限的?限制|不在此限")),
    ("approval", re.compile(r"批准|由[^，。；]{0,24}(决定|许可)|集体讨论|法制审核")),
    ("duty", re.compile(r"应当|必须|不得|不予|不能|禁止|严禁")),
]
# a duty counts only with a thing one can look for in a case record
OBJECT = re.compile(
    r"告知|通知|书面|笔录|制作|决定书|通知书|协议书|报告书|清单|签名|盖章|捺指印|按指印"
    r"|送达|交付|出示|录音录像|录像|登记|立案|受理|注明|载明|备案|回避|到场|在场|移送|移交"
    r"|退还|返还|解除|收缴|追缴|上缴|听证|鉴定|翻译|女性|监护人|复核|采纳|票据|收据|附卷"
    r"|加重|从轻|减轻|从重|不予处罚|不予行政处罚|不再处罚|折抵|催告|保证书|担保人|定案的根据|处罚的根据|处罚决定"
    r"|扣押|查封|约束|没收|重复|陪衬|混杂|个别进行|单独|医师|医生|法医|责令|立即|当场|更重|证人|保证金"
    r"|刑事处罚|事实的根据|委托|记录|拍照|保密|办案场所|一并|分别申请|不适用|收费|承担|原件")
NOT_FIGURE = re.compile(r"一人有|二个以上|两种以上|有两种|一式多份|一案一卷|一次性|多名")

def why(text):
    bare = NOT_FIGURE.sub("", text)
    tags = [n for n, rx in TESTS if rx.search(bare if n == "figure" else text)]
    if {"figure", "clock", "approval"} & set(tags):
        return tags
    if "duty" in tags and OBJECT.search(text):
        return tags
    return []

def main():
    laws, flags = sys.argv[1], sys.argv[2:]
    rng = random.Random(SEED)
    for law, (fn, arts, want) in SCOPE.items():
        skip = NOT_ORDINARY.get(law, {})
        ok, why_in, texts = [], {}, {}
        for a, k, t in paragraphs(os.path.join(laws, fn)):
            if a not in arts or (a, None) in skip or (a, k) in skip:
                continue
            w = why(t)
            if w:
                ok.append((a, k))
                why_in[a, k], texts[a, k] = "+".join(w), t
        drawn = sorted(rng.sample(ok, want))
        print(f"{law}: {len(ok)} eligible, {want} drawn", file=sys.stderr)
        for key in ok if "--all" in flags else drawn:
            if "--show" in flags:
                print("%s %d.%d" % (law, *key), texts[key], "", sep="\n")
            else:
                print(law, *key, *([why_in[key]] if "--all" in flags else []), sep="\t")

if __name__ == "__main__":
    main()
