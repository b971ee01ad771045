"""A stand-in for the National Bureau of Statistics: its old query page, and the library that followed.

Before 2026-03-27 it is the query page, from then on the library; the other one is not there (the page
refuses with 403, ``reason: UrlACL``). No figure of either is bundled, so without a seed all it serves is
placeholders, as the publisher does for what is not out. With a seed it serves simulated figures. Ids that are
not documented are its own, which is why the client looks them up by name.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from raw.doors import nbs_release_library as library
from raw.nbs import MOVED_ON, NATION, Json, every_period, period_of
from raw.readers import nbs_easyquery, nbs_release_library
from raw.replica.answers import Answer, Asked, UnanswerableError
from raw.replica.clock import CHINA, end_of
from raw.replica.faults import TABLE_FAULTS, Cells, Fault, WireTable, spoil, spoil_text
from raw.simulate.bureau_nbs import figure

FEED = "bureau_nbs"
JSON_TYPE = "application/json;charset=UTF-8"
REFUSAL = "对不起，未能找到符合查询条件的信息。"
QINGDAO = "370200"
CITIES = {"110000": "北京", QINGDAO: "青岛"}
CITY_REGIONS = "5772e42228f948149cf5d6a11d07bce1"
BEIJING = "110000"
# What another unit turns into; an index has none.
_OTHER_UNIT = {"亿元": "万元", "": "%"}


@dataclass(frozen=True)
class Catalogue:
    """One catalogue of one series, by its old name (database, group, leaf) and its new (database, cid, id).

    ``lag_days`` is how long after the end of a period its figure comes out.
    """

    page: str
    group: str
    library: str
    cid: str
    title: str
    indicator: str
    kind: str
    first: str
    last: str
    unit: str = ""
    decimals: int = 1
    lag_days: int = 10

    @property
    def leaf(self) -> str:
        """Code of its indicator on the query page."""
        return f"{self.group}{'02' if self.kind == 'GDP_INDEX' else '01'}"

    @property
    def indicator_id(self) -> str:
        """Id of its indicator in the library: another one in every catalogue."""
        return _made_up(f"indicator {self.cid}")

    @property
    def is_of_cities(self) -> bool:
        """Whether its dimension of regions is that of the main cities."""
        return self.page.startswith("cs")

    @property
    def name(self) -> str:
        """Its title with the base period, as the trees have it."""
        ends = f"({self.first[:4]}-{self.last[:4] if self.last < '2099' else ''})"
        return f"{self.title}{ends if self.page == 'hgyd' else ''}"


def _made_up(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


_CPI = ("居民消费价格指数(上年同月=100)", "CPI")
_NATION_CPI = "全国居民消费价格分类指数(上年同月=100)"
_GDP = "国内生产总值指数(上年同期=100)"
CATALOGUES = (
    Catalogue(
        "hgyd", "A01010J", "1", "5c7452825c7c4dcba391db5ca7f335c5", _NATION_CPI, *_CPI,
        "2026-01", "2099-12",
    ),
    Catalogue(
        "hgyd", "A01010G", "1", "809d2522b0fe4be89142650341b19083", _NATION_CPI, *_CPI,
        "2021-01", "2025-12",
    ),
    Catalogue(
        "hgyd", "A010101", "1", "9d4eec43537742a7ab5d63db97fa2f51", _NATION_CPI, *_CPI,
        "2016-01", "2020-12",
    ),
    Catalogue(
        "hgjd", "A0103", "2", "28d936104e304aa191e338eb82b6dc09", _GDP, f"{_GDP}_累计值", "GDP_INDEX",
        "2010-Q1", "2099-Q4", lag_days=18,
    ),
    Catalogue("csyd", "A0101", "7", _made_up("cid 7"), _CPI[0], *_CPI, "2016-01", "2099-12", lag_days=20),
    Catalogue(
        "csnd", "A0101", "8", _made_up("cid 8"), "地区生产总值", "地区生产总值(当年价格)", "GDP",
        "2010", "2099", unit="亿元", decimals=2, lag_days=300,
    ),
)  # fmt: skip


class Publisher:
    """Both services without HTTP: a question in, an answer out."""

    content_faults = TABLE_FAULTS | {Fault.CUT_SHORT, Fault.WRONG_ENCODING}

    def __init__(self, now: datetime, seed: int | None = None) -> None:
        self._today = now.astimezone(CHINA).date()
        self._seed = seed

    def is_data(self, asked: Asked) -> bool:
        """Faults are for the figures; the trees and lists always answer."""
        return asked.path[-1:] == ["esData"] or asked.form.get("m") == "QueryData"

    def answer(self, asked: Asked, active: frozenset[Fault]) -> Answer:
        """Answer one request of either service, as far as it stands on this day."""
        if Fault.LAST_MONTH in active:
            # As a cache kept it: every figure carries its period, so only the newest are not there.
            return self._a_month_ago().answer(asked, active - {Fault.LAST_MONTH})
        if asked.path == ["easyquery.htm"]:
            return self._page(asked, active)
        path = "/".join(asked.path)
        if not path.startswith(library.SERVICE) or self._today < MOVED_ON:
            raise UnanswerableError(404, "no such page on this day")
        return self._library(path.removeprefix(f"{library.SERVICE}/"), asked, active)

    def _a_month_ago(self) -> Publisher:
        earlier = self._today.replace(day=1) - timedelta(days=1)
        return Publisher(end_of(earlier), self._seed)

    # --- the query page -------------------------------------------------------------------------------

    def _page(self, asked: Asked, active: frozenset[Fault]) -> Answer:
        if self._today >= MOVED_ON:
            return Answer(403, b"UrlACL", headers={"reason": "UrlACL"})
        form = asked.form
        held = [one for one in CATALOGUES if one.page == form.get("dbcode")]
        if form.get("m") == "getTree":
            return _said(_page_tree(held, form), frozenset())
        if form.get("m") != "QueryData":
            raise UnanswerableError(400, "m is getTree or QueryData")
        wanted = {
            one["wdcode"]: one["valuecode"] for name in ("wds", "dfwds") for one in json.loads(form[name])
        }
        found = [one for one in held if one.group == wanted.get("zb")]
        if not found:
            return _said({"returncode": 501, "returndata": REFUSAL}, active)
        return _said(self._query_data(found[0], wanted, active), active)

    def _query_data(self, catalogue: Catalogue, wanted: dict[str, str], active: frozenset[Fault]) -> Json:
        # A national database takes no notice of a region.
        region = wanted.get("reg", NATION) if catalogue.is_of_cities else NATION
        first, _, last = wanted["sj"].partition("-")
        codes = {period: nbs_easyquery.time_code(period) for period in self._periods(catalogue)}
        asked = [period for period, code in codes.items() if first <= code <= (last or first)]
        figures = {period: self._figure(catalogue, region, period) for period in asked}
        rows = [
            {
                "zb": catalogue.leaf,
                "reg": region,
                "sj": codes[period],
                "strdata": _rounded(figures[period], catalogue),
                "data": str(figures[period] or "0.0"),
                "unit": catalogue.unit,
            }
            for period in reversed(asked)
        ]
        table = spoil(_wire(rows, "strdata"), active)
        return {
            "returncode": 200,
            "returndata": {
                "datanodes": [_node(row, table, catalogue, active) for row in table.rows],
                "freshsort": 0,
                "hasdatacount": sum(value is not None for value in figures.values()),
                "wdnodes": _wdnodes(catalogue, region, asked, table.rows),
            },
        }

    # --- the library ----------------------------------------------------------------------------------

    def _library(self, call: str, asked: Asked, active: frozenset[Fault]) -> Answer:
        query = asked.query
        match call:
            case "new/queryIndexTreeAsync":
                return _success(_library_tree(query["code"], query["pid"]))
            case "new/queryIndicatorsByCid":
                held = [one for one in CATALOGUES if one.cid == query["cid"]]
                return _success({"list": [_indicator(one) for one in held]})
            case "getDasByDaCatalogId":
                named = CITIES if query["daCid"] == CITY_REGIONS else {}
                regions = [
                    {"show_name": f"{name}市", "name_value": f"{code}000000"} for code, name in named.items()
                ]
                return _success(regions)
            case "stream/esData":
                return self._es_data(json.loads(asked.body), active)
        raise UnanswerableError(404, f"no call {call}")

    def _es_data(self, body: dict[str, Any], active: frozenset[Fault]) -> Answer:
        if not isinstance(body["dts"], list):
            return Answer(200, "<html>请求被拦截</html>".encode(), "text/html; charset=utf-8")
        found = [one for one in CATALOGUES if one.cid == body["cid"]]
        if not found or body["indicatorIds"] != [found[0].indicator_id]:
            return _said({"data": None, "success": False, "state": 50000, "message": "参数错误"}, active)
        # With a catalogue of regions named, the regions asked for are ignored and Beijing comes back.
        region = BEIJING if body["daCatalogId"] else body["das"][0]["value"][:6]
        periods = self._periods(found[0])
        if body["dts"]:
            first, _, last = body["dts"][0].partition("-")
            codes = {period: nbs_release_library.time_code(period) for period in periods}
            periods = [period for period in periods if first <= codes[period] <= last]
        return _said({"data": self._by_period(found[0], region, periods, active), **_OK}, active)

    def _by_period(
        self, catalogue: Catalogue, region: str, periods: Sequence[str], active: frozenset[Fault]
    ) -> list[dict[str, Any]]:
        rows = [
            {
                "dt": nbs_release_library.time_code(period),
                "value": _rounded(self._figure(catalogue, region, period), catalogue) or "无",
                "da": f"{region}000000",
                "du_name": catalogue.unit,
            }
            for period in reversed(periods)
        ]
        table = spoil(_wire(rows, "value"), active)
        entries: dict[str, dict[str, Any]] = {}
        for row in table.rows:
            kept = {name: text for name, text in row.items() if name in table.columns and name != "dt"}
            value = {**_indicator(catalogue), "da_name": CITIES.get(region, "全国"), **kept}
            entry = entries.setdefault(row["dt"], {"code": row["dt"], "name": row["dt"], "values": []})
            entry["values"].append(value)
        return list(entries.values())

    # --- the figures ----------------------------------------------------------------------------------

    def _periods(self, catalogue: Catalogue) -> list[str]:
        """The catalogue's periods up to the running one, which is not out yet and comes as a placeholder."""
        return list(
            every_period(catalogue.first, min(period_of(self._today, catalogue.first), catalogue.last))
        )

    def _figure(self, catalogue: Catalogue, region: str, period: str) -> Decimal | None:
        regions = CITIES if catalogue.is_of_cities else {NATION: "全国"}
        is_out = _end_of(period) + timedelta(days=catalogue.lag_days) <= self._today
        if self._seed is None or region not in regions or not is_out:
            return None
        return figure(self._seed, catalogue.kind, region, period)


_OK = {"success": True, "state": 20000, "message": "成功"}


def _said(message: Json, active: frozenset[Fault]) -> Answer:
    if Fault.COLUMN_MOVED in active:
        message = _turned_round(message)
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    # As numbers, with the digits that stand there.
    body = re.sub(rb'"data":"(-?[\d.]+)"', rb'"data":\1', body)
    return Answer(200, spoil_text(body, active), JSON_TYPE)


def _turned_round(message: Json) -> Json:
    """The same message, the members of each object the other way round; lists keep their order."""
    if isinstance(message, dict):
        return {name: _turned_round(said) for name, said in reversed(message.items())}
    return [_turned_round(one) for one in message] if isinstance(message, list) else message


def _success(data: Json) -> Answer:
    return _said({"data": data, **_OK}, frozenset())


def _wire(rows: list[Cells], value: str) -> WireTable:
    """The rows with the newest published one as the victim of faults of a single cell."""
    published = [number for number, row in enumerate(rows) if row[value] not in ("", "无")]
    columns = list(rows[0]) if rows else [value]
    if not published:
        return WireTable(columns, rows, value)  # no figure, nothing to spoil
    unit = "unit" if "unit" in columns else "du_name"
    return WireTable(columns, rows, value, unit, _OTHER_UNIT, victim=published[0])


def _rounded(value: Decimal | None, catalogue: Catalogue) -> str:
    return "" if value is None else str(round(value, catalogue.decimals))


def _node(row: Cells, table: WireTable, catalogue: Catalogue, active: frozenset[Fault]) -> dict[str, Any]:
    codes = {"zb": row["zb"], **({"reg": row["reg"]} if catalogue.is_of_cities else {}), "sj": row["sj"]}
    shown = row[table.value]
    # A figure that was revised without a word was revised before it was rounded.
    exact = shown if Fault.SILENT_REVISION in active and shown else row["data"]
    data = {"data": exact, "dotcount": catalogue.decimals, "hasdata": bool(shown), table.value: shown}
    if table.value not in table.columns:
        del data[table.value]
    return {
        "code": "_".join(f"{name}.{code}" for name, code in codes.items()),
        "data": data,
        "wds": [{"valuecode": code, "wdcode": name} for name, code in codes.items()],
    }


def _wdnodes(
    catalogue: Catalogue, region: str, periods: Sequence[str], rows: Sequence[Cells]
) -> list[dict[str, Any]]:
    units = {row["unit"] for row in rows} - {catalogue.unit} or {catalogue.unit}
    indicator = _meaning(catalogue.leaf, catalogue.indicator, units.pop(), "口径说明\n第一条||第二条")
    dimensions = [("zb", "指标", [indicator])]
    if catalogue.is_of_cities:
        dimensions.append(("reg", "地区", [_meaning(region, CITIES.get(region, region))]))
    times = [nbs_easyquery.time_code(period) for period in periods]
    dimensions.append(("sj", "时间", [_meaning(time, time) for time in times]))
    return [{"wdcode": code, "wdname": name, "nodes": nodes} for code, name, nodes in dimensions]


def _meaning(code: str, name: str, unit: str = "", memo: str = "") -> dict[str, Any]:
    shown = {"ifshowcode": False, "nodesort": "1", "sortcode": 1, "tag": "", "exp": "", "dotcount": 1}
    return {"cname": name, "code": code, "name": name, "unit": unit, "memo": memo, **shown}


def _page_tree(held: Sequence[Catalogue], form: dict[str, str]) -> list[dict[str, Any]]:
    """One parent, and below it the groups."""
    shape = {"dbcode": form.get("dbcode"), "wdcode": "zb"}
    if form.get("id") == "zb":
        return [{**shape, "id": "A01", "isParent": True, "name": "主要指标", "pid": ""}]
    return [{**shape, "id": one.group, "isParent": False, "name": one.name, "pid": "A01"} for one in held]


def _library_tree(code: str, pid: str) -> list[dict[str, Any]]:
    parent = _made_up(f"parent {code}")
    if pid != parent:
        return [{"_id": parent, "name": "主要指标", "isLeaf": False, "treeinfo_pid": pid}]
    held = [one for one in CATALOGUES if one.library == code]
    return [{"_id": one.cid, "name": one.name, "isLeaf": True, "treeinfo_pid": pid} for one in held]


def _indicator(catalogue: Catalogue) -> dict[str, Any]:
    unit = f" ({catalogue.unit})" if catalogue.unit else ""
    return {
        "_id": catalogue.indicator_id,
        "i_showname": f"{catalogue.indicator}{unit} ",
        "du_name": catalogue.unit,
        "catalogid": catalogue.cid,
        "type": "indicator",
    }


def _end_of(period: str) -> date:
    year, _, part = period.partition("-")
    month = int(part[1]) * 3 if part.startswith("Q") else int(part or 12)
    return date(int(year) + month // 12, month % 12 + 1, 1) - timedelta(days=1)
