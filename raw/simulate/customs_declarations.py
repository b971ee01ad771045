"""Simulated customs lines in the wire format of the query platform; the same seed gives the same bytes.

Codes of partners, modes and districts are real ones (see the seeds ``customs_*``); commodities, quantities
and the values of single lines are invented, the commodities are called 模拟商品. What holds are the totals:

* Qingdao follows the published cumulative totals (bundled, whichever feed serves them). Between two of them,
  and after the last, months are equal; exports and imports share a cumulative total as in the nearest month
  for which both are published; a year without any figure repeats the nearest year that has one.
* The West Coast has the share of Qingdao that was published: 2078 of 6407 (100 million yuan) in 2020, 827.3
  of 2059.8 in the first quarter of 2024; between these years the share moves evenly, outside it stays.
* Shandong, for the platform which knows no city, is 15700 / 4100.6 of Qingdao, as in the first half of 2022.
* A month is published on the 20th of the next one, January together with February. Its first print, until
  the next release, lacks one line in fifty, holds one in two hundred that is later withdrawn, and has 99.6 %
  of the value.
* A dollar is seven yuan.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from raw.doors.drop_folder import mark_settled
from raw.readers.customs_csv import MONEY, SIMULATED_NAME
from raw.replica.table import rows

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

DIRECTIONS = ("import", "export")
PLATFORM_COLUMNS = (
    "数据年月", "商品编码", "商品名称", "贸易伙伴编码", "贸易伙伴名称", "贸易方式编码", "贸易方式名称",
    "注册地编码", "注册地名称", "第一数量", "第一计量单位", "第二数量", "第二计量单位", "人民币",
)  # fmt: skip
OFFICE_COLUMNS = (
    "数据年月", "商品编码", "商品名称", "贸易伙伴编码", "贸易伙伴名称", "贸易方式编码", "贸易方式名称",
    "国内地区编码", "行政区划编码", "关区编码",
    "第一数量", "第一计量单位", "第二数量", "第二计量单位", "人民币",
)  # fmt: skip
PARTNERS = {
    "112": "印度尼西亚", "122": "马来西亚", "136": "泰国", "141": "越南", "221": "几内亚", "402": "阿根廷",
    "410": "巴西", "502": "美国",
}  # fmt: skip
MODES = {
    "10": "一般贸易", "14": "来料加工", "15": "进料加工", "33": "保税监管场所进出境货物",
    "34": "海关特殊监管区域物流货物", "39": "其他",
}  # fmt: skip
CITY = "CN-370200"
WEST_COAST = "370211"
# District, area and customs office of a line. Which office clears for which district is invented.
PLACES = (
    ("37022", WEST_COAST, "4250"),
    ("37024", WEST_COAST, "4254"),
    ("37026", WEST_COAST, "4258"),
    ("37023", "370214", "4240"),
    ("37025", "370214", "4246"),
    ("37029", "370202", "4240"),
)
SHANDONG_OF_QINGDAO = 15700 / 4100.6
YUAN_PER_DOLLAR = 7
FIRST_PRINT_VALUE = 0.996
LINES_PER_MONTH = 1_000
_PER_CHAPTER = 100
# Chapter 77 is reserved for future use in the Harmonized System; 98 and 99 are national.
_CHAPTERS = [chapter for chapter in range(1, 98) if chapter != 77]
_BLOCK = 250_000


@dataclass(frozen=True)
class Wanted:
    """What one file is to hold: the lines of whole months, by month, as they were known on a day."""

    direction: str
    months: tuple[str, ...]
    known_on: date
    seed: int
    lines_per_month: int = LINES_PER_MONTH
    columns: tuple[str, ...] = OFFICE_COLUMNS
    currency: str = "CNY"


def drop(folder: Path, month: str, seed: int, *, lines_per_month: int = LINES_PER_MONTH) -> list[Path]:
    """Put the lines of a year up to ``month`` into a folder, as a customs office gives them to a district.

    One file for each direction, with its sidecar ``<name>.facts.json``; return the paths of the files.
    """
    year, number = int(month[:4]), int(month[5:])
    months = tuple(f"{year}-{one:02d}" for one in range(1, number + 1))
    known_on = released_on(month)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for direction in DIRECTIONS:
        file = folder / f"{known_on}_lines_{direction}_{year}.csv"
        write(file, Wanted(direction, months, known_on, seed, lines_per_month))
        files.append(file)
    return files


def write(file: Path, wanted: Wanted) -> int:
    """Write one file and its sidecar; return the number of lines."""
    count = 0
    with file.open("wb") as target:
        target.write(header(wanted.columns, wanted.currency))
        for block, lines in blocks(wanted):
            target.write(block)
            count += lines
    said = facts(wanted) | {"row_count": count, "origin": "simulated"}
    sidecar = file.with_name(f"{file.name}.facts.json")
    sidecar.write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    mark_settled(file, sidecar)
    return count


def facts(wanted: Wanted) -> dict[str, str]:
    """What such a file does not say of itself."""
    return {
        "SUPPLIER": "customs_office" if "国内地区编码" in wanted.columns else "platform",
        "DIRECTION": wanted.direction,
        "PERIOD": wanted.months[0][:4],
        "LAST_MONTH": wanted.months[-1],
        "SELECTION": "all",
        "CODE_LENGTH": "8",
        "CURRENCY": wanted.currency,
    }


def header(columns: Sequence[str], currency: str = "CNY") -> bytes:
    """The header line: every name quoted, and a comma at its end."""
    names = [MONEY[currency] if name in MONEY.values() else name for name in columns]
    return ("".join(f'"{name}",' for name in names) + "\n").encode("gb18030")


def blocks(wanted: Wanted) -> Iterator[tuple[bytes, int]]:
    """The body of a file block by block, each with its number of lines."""
    for month in wanted.months:
        if released_on(month) <= wanted.known_on:
            yield from _month(wanted, month)


def released_on(month: str) -> date:
    """The day on which the lines of a month are first out; those of January come with February's."""
    year, number = int(month[:4]), max(2, int(month[5:]))
    return date(year + number // 12, number % 12 + 1, 20)


def _next_release(month: str) -> date:
    """The day of the release after the one in which a month is first out."""
    first = released_on(month)
    return released_on(f"{first.year}-{first.month:02d}")


# --- the totals ------------------------------------------------------------------------------------------


@cache
def city_totals(year: int) -> Mapping[str, tuple[float, ...]]:
    """Qingdao's twelve months of a year by direction, in yuan; see the head of this module."""
    known = {name: _cumulative(f"TRADE_{name.upper()}") for name in ("total", *DIRECTIONS)}
    based = min((y for y, _ in known["total"]), key=lambda y: (abs(y - year), y))
    total = {month: value for (y, month), value in known["total"].items() if y == based}
    shares = {
        at: known["export"][at] / value for at, value in known["total"].items() if at in known["export"]
    }
    exported = {month: value * _nearest(shares, (based, month)) for month, value in total.items()}
    exports, totals = _months(exported), _months(total)
    imports = [whole - part for whole, part in zip(totals, exports, strict=True)]
    return {"export": tuple(exports), "import": tuple(imports)}


def _nearest(shares: Mapping[tuple[int, int], float], at: tuple[int, int]) -> float:
    """The share of the month nearest to one, which is its own where it was published."""
    return shares[min(shares, key=lambda one: (abs((one[0] - at[0]) * 12 + one[1] - at[1]), one))]


def _cumulative(indicator: str) -> dict[tuple[int, int], float]:
    """Published cumulative totals in yuan by year and month; an annual one runs to December."""
    found: dict[tuple[int, int], float] = {}
    for row in rows("observations"):
        if (row["REF_AREA"], row["INDICATOR"]) != (CITY, indicator) or row["OBS_STATUS"] == "E":
            continue
        if row["MEASURE"] == "YTD" or (row["MEASURE"], row["FREQ"]) == ("LEVEL", "A"):
            at = (int(row["TIME_PERIOD"][:4]), _last_month(row["TIME_PERIOD"]))
            found[at] = float(row["OBS_VALUE"]) * 10 ** int(row["UNIT_MULT"])
    return found


def _last_month(period: str) -> int:
    """The month to which a year, a quarter or a month runs."""
    if "-Q" in period:
        return int(period[-1]) * 3
    return int(period[5:] or 12)


def _months(cumulative: Mapping[int, float]) -> list[float]:
    """Twelve months of a year: equal between two cumulative figures, and after the last as before it."""
    values: list[float] = []
    before, total = 0, 0.0
    for month in sorted(cumulative):
        values += [(cumulative[month] - total) / (month - before)] * (month - before)
        before, total = month, cumulative[month]
    return values + [total / before] * (12 - before)


def west_coast_share(month: str) -> float:
    """The West Coast's share in Qingdao's trade."""
    share_2020, share_2024 = 2078 / 6407, 827.3 / 2059.8
    moved = min(max((int(month[:4]) - 2020) / 4, 0.0), 1.0)
    return share_2020 + moved * (share_2024 - share_2020)


# --- the lines -------------------------------------------------------------------------------------------


def _month(wanted: Wanted, month: str) -> Iterator[tuple[bytes, int]]:
    """The lines of a month, in blocks."""
    import numpy as np

    first_print = wanted.known_on < _next_release(month)
    final = np.arange(wanted.lines_per_month)
    numbers = final
    if first_print:
        withdrawn = wanted.lines_per_month + np.arange(max(1, wanted.lines_per_month // 200))
        numbers = np.concatenate([final[final % 50 != 49], withdrawn])
    random = np.random.default_rng([wanted.seed, int(month.replace("-", "")), len(wanted.direction)])
    weights = np.exp(random.normal(0.0, 1.5, wanted.lines_per_month * 2))[numbers]
    lines = _combinations(wanted, numbers, int(random.integers(1 << 30)))
    values = _values(wanted, month, lines.place, weights, first_print)
    for start in range(0, len(numbers), _BLOCK):
        part = slice(start, start + _BLOCK)
        yield _text(wanted, month, lines.part(part), values[part]), len(values[part])


@dataclass(frozen=True)
class _Lines:
    """Which commodity, partner, mode and place each line is about: positions in the lists above."""

    commodity: np.ndarray
    partner: np.ndarray
    mode: np.ndarray
    place: np.ndarray

    def part(self, rows: slice) -> _Lines:
        return _Lines(self.commodity[rows], self.partner[rows], self.mode[rows], self.place[rows])


def _combinations(wanted: Wanted, numbers: np.ndarray, start: int) -> _Lines:
    """A different combination for every line: equal steps through all there are never meet."""
    sizes = (len(_CHAPTERS) * _PER_CHAPTER, len(PARTNERS), len(MODES), _place_count(wanted))
    whole = math.prod(sizes)
    if numbers.max(initial=0) >= whole:
        raise ValueError(f"at most {whole} different lines in a month")
    step = next(s for s in range(int(whole * 0.618), whole) if math.gcd(s, whole) == 1)
    rest = (start + numbers * step) % whole
    found = []
    for size in reversed(sizes):
        found.append(rest % size)
        rest = rest // size
    return _Lines(*reversed(found))


def _place_count(wanted: Wanted) -> int:
    return len(PLACES) if "国内地区编码" in wanted.columns else 1


def _values(
    wanted: Wanted, month: str, place: np.ndarray, weights: np.ndarray, first_print: bool
) -> np.ndarray:
    """Whole yuan (or dollars) by line, which add up to the totals of the month."""
    import numpy as np

    city = city_totals(int(month[:4]))[wanted.direction][int(month[5:]) - 1]
    city *= FIRST_PRINT_VALUE if first_print else 1.0
    city /= 1 if wanted.currency == "CNY" else YUAN_PER_DOLLAR
    if _place_count(wanted) == 1:
        return _shared(weights, round(city * SHANDONG_OF_QINGDAO))
    is_west = np.array([area == WEST_COAST for _, area, _ in PLACES])[place]
    west = round(city * west_coast_share(month))
    values = np.zeros(len(weights), dtype=np.int64)
    for group, total in ((is_west, west), (~is_west, round(city) - west)):
        if group.any():
            values[group] = _shared(weights[group], total)
    return values


def _shared(weights: np.ndarray, total: int) -> np.ndarray:
    """A total shared out by weights in whole numbers, at least one each."""
    import numpy as np

    values = 1 + np.floor(weights / weights.sum() * (total - len(weights))).astype(np.int64)
    values[0] += total - values.sum()
    shared: np.ndarray = values
    return shared


def _text(wanted: Wanted, month: str, lines: _Lines, values: np.ndarray) -> bytes:
    """The lines in the wire format."""
    import pyarrow as pa
    import pyarrow.compute as pc

    count = len(values)
    cells = _cells(month, lines, values)
    quoted = [cells[name] for name in wanted.columns]
    joined = pc.binary_join_element_wise(*quoted, pa.scalar(b'","'))
    opened, closed = pa.scalar(b'"'), pa.scalar(b'",\n')
    lines_of_text = pc.binary_join_element_wise(opened, joined, closed, pa.scalar(b""))
    # The values of a binary array lie one after another: that is the text.
    offsets = lines_of_text.buffers()[1]
    end = int.from_bytes(offsets[count * 4 : count * 4 + 4].to_pybytes(), "little")
    return bytes(lines_of_text.buffers()[2][:end].to_pybytes())


def _cells(month: str, lines: _Lines, values: np.ndarray) -> dict[str, pa.Array]:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    def chosen(texts: Sequence[str], index: np.ndarray) -> pa.Array:
        known = pa.array([text.encode("gb18030") for text in texts], pa.binary())
        return known.take(pa.array(index))

    codes, names, units, seconds = zip(*_commodities(), strict=True)
    has_second = np.array([second != "?" for second in seconds])[lines.commodity]
    quantity = values // 9 + 1
    return {
        "数据年月": pa.array([month.replace("-", "").encode()] * len(values), pa.binary()),
        "商品编码": chosen(codes, lines.commodity),
        "商品名称": chosen(names, lines.commodity),
        "贸易伙伴编码": chosen(list(PARTNERS), lines.partner),
        "贸易伙伴名称": chosen(list(PARTNERS.values()), lines.partner),
        "贸易方式编码": chosen(list(MODES), lines.mode),
        "贸易方式名称": chosen(list(MODES.values()), lines.mode),
        "注册地编码": chosen(["37"], np.zeros_like(lines.place)),
        "注册地名称": chosen(["山东省"], np.zeros_like(lines.place)),
        "国内地区编码": chosen([district for district, _, _ in PLACES], lines.place),
        "行政区划编码": chosen([area for _, area, _ in PLACES], lines.place),
        "关区编码": chosen([office for _, _, office in PLACES], lines.place),
        "第一数量": pc.cast(pc.cast(pa.array(quantity), pa.string()), pa.binary()),
        "第一计量单位": chosen(units, lines.commodity),
        "第二数量": pc.cast(pc.cast(pa.array(quantity // 3 * has_second), pa.string()), pa.binary()),
        "第二计量单位": chosen(seconds, lines.commodity),
        "人民币": _grouped(values),
    }


@cache
def _commodities() -> list[tuple[str, str, str, str]]:
    """Code, name, first and second unit of the invented commodities."""
    made = []
    for chapter in _CHAPTERS:
        for number in range(_PER_CHAPTER):
            code = f"{chapter:02d}{number:02d}{(number * 7) % 100:02d}00"
            name = f"{SIMULATED_NAME}{code}，种用除外" if number % 10 == 3 else f"{SIMULATED_NAME}{code}"
            if number == 7:
                name = f"{SIMULATED_NAME}{code}\n（其他）"
            made.append((code, name, "千克", "个" if number % 4 == 0 else "?"))
    return made


def _grouped(values: np.ndarray) -> pa.Array:
    """Whole numbers above zero with a comma before every three digits."""
    import pyarrow as pa
    import pyarrow.compute as pc

    three = pa.array([f"{number:03d}" for number in range(1000)], pa.string())
    groups = [three.take(pa.array(values // 1000**power % 1000)) for power in (4, 3, 2, 1, 0)]
    text = pc.binary_join_element_wise(*groups, ",")
    return pc.cast(pc.utf8_ltrim(text, characters="0,"), pa.binary())
