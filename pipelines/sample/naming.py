"""Names that say they are made up: 示例· before everything, no real enterprise, no real person."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np

# fmt: off
_FIRST = (
    "青石", "白石", "红岩", "黑水", "黄土", "柳林", "松坪", "石门", "双龙", "金竹", "银杏", "桃花",
    "梨树", "枫香", "杉木", "云雾", "清泉", "龙潭", "虎跳", "鹰嘴", "牛角", "马鞍", "羊角", "鸡冠",
    "燕子", "喜鹊", "月牙", "日照", "星河", "长坡", "大坪", "小岔", "上沟", "中梁", "下湾", "东岭",
    "西峪", "南台", "北塬", "乱石", "响水", "干溪", "冷泉", "温泉", "红旗", "团结", "兴旺", "丰收",
)
_SECOND = (
    "沟", "岭", "坪", "湾", "峪", "崖", "坡", "梁", "坳", "垭", "滩", "岔",
)
# fmt: on

PREFIX = "示例·"


class Names:
    """Hands out ids, and place names, each once, in an order that the seed decides."""

    def __init__(self, rng: np.random.Generator) -> None:
        places = ["".join(pair) for pair in itertools.product(_FIRST, _SECOND)]
        rng.shuffle(places)
        self._places = itertools.chain(
            places, (f"{place}{n}号" for n in itertools.count(2) for place in places)
        )

        self._last: Counter[str] = Counter()

    def id(self, dataset: str) -> str:
        """Return the next id of a dataset: ``sample-tsf-0001``."""
        self._last[dataset] += 1
        return f"sample-{dataset}-{self._last[dataset]:04d}"

    def place(self) -> str:
        """Return a place name that was not given before."""
        return next(self._places)


def enterprise(place: str) -> str:
    """Return the name of a made-up enterprise."""
    return f"{PREFIX}{place}矿业有限公司"


RESPONSIBLE = "示例责任人（企业主要负责人）"
