"""A small build with true published rows, for the tests of what is made of a build.

`make_build` writes warehouse.duckdb, build.json and verdict.json as `python -m warehouse build` and
`python -m expectations check` do; `make_landing` writes the landed bytes its rows come from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import duckdb

from warehouse.publication.content_hash import file_contents
from warehouse.verdict import RuleResult, Verdict

PLAN = "qwc-14"
WEST_COAST, QINGDAO = "CN-370211", "CN-370200"
LANDING_ID = "bureau_statistics/observations/vintage=2024-12-31"

SCHEMA = """
create table release_info(reference_month varchar, as_of_date date, kind varchar, plan_id varchar,
  plan_name_zh varchar, plan_name_en varchar, plan_kind varchar, plan_area_code varchar, plan_baseline_year integer,
  plan_first_year integer, plan_last_year integer);
create table dim_indicator(plan_id varchar, indicator_code varchar, name_zh varchar, name_en varchar, unit varchar,
  attribute varchar, category_zh varchar, category_en varchar, target_kind varchar, direction varchar,
  responsible_units varchar, responsible_unit_ids varchar, target_printed varchar, baseline_printed varchar,
  decimals integer, citation varchar);
create table dim_source(source_id varchar, title varchar, publisher varchar, publisher_class varchar,
  publisher_rank integer, published_date date, published_precision varchar, url varchar, origin varchar);
create table dim_responsible_unit(unit_id varchar, name_zh varchar, name_en varchar, aliases varchar);
create table dim_decision(decision_id varchar, plan_id varchar, indicator_code varchar, question_zh varchar,
  question_en varchar, options varchar, decision_zh varchar, decision_en varchar, reason_zh varchar,
  reason_en varchar, decided_by varchar, decided_on date, state varchar, parameter varchar, parameter_value varchar);
create table fct_observation_vintages(series_code varchar, series_name_zh varchar, series_name_en varchar,
  area_code varchar, measure varchar, scope varchar, frequency varchar, reference_period varchar,
  value decimal(24,6), unit varchar, obs_status varchar, stage varchar, tags varchar, origin varchar,
  source_id varchar, publisher_rank integer, published_date date, published_precision varchar, vintage_date date,
  is_selected boolean, selection_rank integer, selection_reason_zh varchar, selection_reason_en varchar,
  landing_id varchar, file_sha256 varchar, row_number bigint, place varchar);
create table fct_indicator_values(plan_id varchar, indicator_code varchar, area_code varchar,
  reference_period varchar, frequency varchar, measure varchar, value decimal(24,6), unit varchar,
  obs_status varchar, stage varchar, origin varchar, source_id varchar, published_date date, vintage_date date,
  series_code varchar, tags varchar, landing_id varchar, file_sha256 varchar, row_number bigint, place varchar);
create table fct_target_progress(plan_id varchar, indicator_code varchar, as_of_date date, reference_period varchar,
  baseline_value decimal(24,6), target_value decimal(24,6), value decimal(24,6), attainment_pct decimal(24,6),
  progress_pct decimal(24,6), schedule_pct decimal(24,6), status varchar, status_reason varchar,
  status_reason_en varchar, lamp varchar, method_id varchar, decision_ids varchar, origin varchar,
  owing_units varchar, latest_value decimal(24,6), latest_reference_period varchar, latest_measure varchar,
  latest_source_id varchar, status_age_years integer);
create table fct_target_path(plan_id varchar, indicator_code varchar, reference_year integer,
  path_value decimal(24,6), path_kind varchar);
"""

# What is shown is told apart from what is computed, as files do since overrides take effect.
SHOWN = (
    "create or replace table fct_target_progress as select *, status as shown_status, lamp as shown_lamp,"
    " null::varchar as override_id, null::varchar as override_approved_by, null::date as override_expiry_date,"
    " null::varchar as override_reason_zh, null::varchar as override_reason_en from fct_target_progress",
)
# Indicator 20 set by hand: what is computed for it stays slightly behind.
OVERRIDDEN = (
    *SHOWN,
    "update fct_target_progress set shown_status = 'on_schedule', shown_lamp = 'green', override_id = 'OVR-1',"
    " override_approved_by = '管委会', override_expiry_date = date '2026-12-31', override_reason_zh = '补报',"
    " override_reason_en = 'late return' where indicator_code = '20'",
)

# code, zh, en, unit, attribute, category, kind, direction, units, baseline, target, target value, decimals
INDICATORS = """
01|地区生产总值增速|GDP growth (real)|%|expected|高质量发展|period_average_growth|up|区发改局|3.9|8左右|8|1
02|全员劳动生产率|Labour productivity, all employed|万元/人|expected|高质量发展|relative_region|up|区发改局|-|高于全市||2
03|制造业增加值占地区生产总值比重|Manufacturing value added, share of GDP|%|expected|高质量发展|level|up|区工信局|30|35|35|0
04|海洋经济增加值占地区生产总值比重|Marine economy value added, share of GDP|%|expected|高质量发展|level|up|区海洋发展局|37|≥42|42|0
05|研发经费投入增长|R&D expenditure “growth”|%|expected|高质量发展|level|up|区工信局|2.8|3.0|3.0|1
06|每万人口高价值发明专利拥有量|High-value invention patents per 10 000 people|件|expected|高质量发展|level|up|区市场监管局|57|65|65|0
07|四新经济增加值占生产总值比重|“Four new” economy, share of GDP|%|expected|高质量发展|relative_region|up|区发改局|-|高于全市||2
08|数字经济核心产业增加值占生产总值比重|Digital core industries, share of GDP|%|expected|高质量发展|relative_region|up|区工信局|-|高于全市||2
09|实际利用外资|Foreign capital actually used|亿美元|expected|开放合作|level|up|区商务局|13.3|17|17|1
10|外贸进出口总额|Goods imports and exports|亿元|expected|开放合作|level|up|区商务局|2078|≥3000|3000|0
11|常住人口城镇化率|Urbanisation rate of residents|%|expected|城市建设|level|up|区住建局|80.7|82|82|1
12|轨道交通营运里程|Urban rail length in operation|公里|expected|城市建设|level|up|区轨道交通指挥部; 区交通运输局|67.5|116|116|1
13|单位地区生产总值能源消耗降低|Reduction of energy use per unit of GDP|%|binding|生态文明|assigned_by_superior|down|区发改局|1.15|完成上级下达||2
14|单位地区生产总值二氧化碳排放降低|Reduction of CO2 per unit of GDP|%|binding|生态文明|assigned_by_superior|down|区生态环境分局|-|完成上级下达||2
15|空气质量优良天数比率|Share of good-air days|%|binding|生态文明|level|up|区生态环境分局|78|80|80|0
16|地表水达到或好于三类水体比例|Surface water at grade III or better|%|binding|生态文明|level|up|区生态环境分局; 区城市管理局|52.38|53|53|2
17|森林覆盖率|Forest coverage|%|binding|生态文明|floor|hold|自然资源局|23.09|≥23.09|23.09|2
18|人均预期寿命|Life expectancy at birth|岁|expected|民生福祉|level|up|区卫生健康局|81.4|81.8|81.8|1
19|居民人均可支配收入增长|Growth of disposable income per head|%|expected|民生福祉|relative_series|up|区发改局|6|与经济增长同步||1
20|城镇新增就业人数|New urban employment|万人|expected|民生福祉|cumulative_sum|up|区人社局|8|[25]|25|1
21|每千人口拥有执业（助理）医师数|Licensed physicians per 1000 people|人|expected|民生福祉|level|up|区卫健局|2.9|4.5|4.5|1
22|劳动年龄人口平均受教育年限|Mean years of schooling, working age|年|expected|民生福祉|level|up|区教体局; 区人社局|13|14.5|14.5|1
23|基本养老保险参保率|Basic pension participation rate|%|expected|民生福祉|level|up|区人社局|97|98.8|98.8|1
24|每千人口拥有3岁以下婴幼儿托位数|Nursery places for under-3s per 1000 people|个|expected|民生福祉|level_without_baseline|up|区卫健局|-|4.2|4.2|1
25|粮食综合生产能力|Grain production capacity|万吨|binding|安全|level|up|区农业农村局|25.65|26|26|2
"""
CATEGORIES_EN = {
    "高质量发展": "High-quality development",
    "开放合作": "Openness and cooperation",
    "城市建设": "City building",
    "生态文明": "Ecology",
    "民生福祉": "People's livelihood",
    "安全": "Security",
}
SOURCES = """
S001|青岛西海岸新区（黄岛区）国民经济和社会发展第十四个五年规划和2035年远景目标纲要|青岛西海岸新区管委|district|1|2021-04-01|day|plan/outline.txt
S002|青岛西海岸新区2022年国民经济和社会发展统计公报（转载副本）|青岛西海岸新区统计局、国家统计局青岛西海岸新区调查队|bureau|1|2023-04-30|month|
S003|2020年西海岸新区经济运行情况|青岛西海岸新区政务网（区统计局）|bureau|1|2021-03-19|day|https://www.xihaian.gov.cn/zwgk/bmgk/qtjj/gkml/zdgz/tjfx/202103/t20210319_3021330.shtml
S008|青岛西海岸新区生产总值保持领跑 谱写高质量发展新篇（首破5000亿元大关）|信网|press|3|2024-12-31|year|
S014|2021年青岛市国民经济和社会发展统计公报正式发布|观海新闻（引市统计局公报）|press|2|2022-03-17|day|https://guanhai.com.cn/p/160392.html
S025|西海岸 正青春（十年成就，青岛新闻网镜像）|青岛新闻网（镜像）|press|3|2024-06-03|day|
S032|Qingdao WCNA Overview 2022|China Daily (xihaian)|press|3|2022-10-20|day|http://qingdao.chinadaily.com.cn/xihaian/2022-10/20/c_692509.htm
S037|政府工作报告（2024年1月29日）|青岛市人民政府（青岛新闻网）|government|2|2024-02-04|day|https://news.qingdaonews.com/qingdao/2024-02/04/content_23537470.htm
S041|青岛:“稳”的基础更牢固,“进”的动能更强劲|大众网|press|3|2023-02-01|day|http://qingdao.dzwww.com/jjqt/202302/t20230202_11359302.htm
S104|青岛各区市经济竞争力研究（镜像）|学术刊物（镜像）|secondary|5|2021-12-07|day|
S107|Qingdao Metro line lengths (June 2022)|chinaidiom.com|secondary|5|2022-12-31|year|
"""
# series, zh, en, area, measure, period, value, unit, stage, tags, source, selected
OBSERVATIONS = """
GDP|地区生产总值|Gross domestic product|CN-370211|LEVEL|2018|3517|亿元|final|CONV|S032|y
GDP|地区生产总值|Gross domestic product|CN-370211|LEVEL|2020|3721.68|亿元|preliminary||S003|y
GDP|地区生产总值|Gross domestic product|CN-370211|LEVEL|2020|3751.16|亿元||SECONDHAND; COPY|S104|n
GDP|地区生产总值|Gross domestic product|CN-370211|LEVEL|2021|4368.5|亿元|preliminary|CONV|S032|y
GDP|地区生产总值|Gross domestic product|CN-370211|LEVEL|2022|4691.85|亿元|preliminary|COPY|S002|y
GDP|地区生产总值|Gross domestic product|CN-370211|LEVEL|2023|5003.38|亿元|preliminary||S008|y
GDP|地区生产总值|Gross domestic product|CN-370211|LEVEL|2023|5003.4|亿元||COPY|S025|n
GDP|地区生产总值|Gross domestic product|CN-370211|YOY|2020|3.9|%|preliminary||S003|y
GDP|地区生产总值|Gross domestic product|CN-370211|YOY|2021|10.3|%|preliminary|CONV|S032|y
GDP|地区生产总值|Gross domestic product|CN-370211|YOY|2022|4.8|%|preliminary|COPY|S002|y
GDP|地区生产总值|Gross domestic product|CN-370200|LEVEL|2020|12400.56|亿元||SECONDHAND; COPY|S104|y
GDP|地区生产总值|Gross domestic product|CN-370200|LEVEL|2021|14136.46|亿元|preliminary||S014|y
GDP|地区生产总值|Gross domestic product|CN-370200|LEVEL|2022|14920.75|亿元|preliminary||S041|y
GDP|地区生产总值|Gross domestic product|CN-370200|LEVEL|2023|15760.3|亿元|preliminary||S037|y
VA_PRIMARY|第一产业增加值|Value added, primary industry|CN-370211|LEVEL|2020|82.25|亿元|preliminary||S003|y
VA_PRIMARY|第一产业增加值|Value added, primary industry|CN-370211|LEVEL|2022|92.47|亿元|preliminary|COPY|S002|y
VA_PRIMARY|第一产业增加值|Value added, primary industry|CN-370211|LEVEL|2023|95.76|亿元|preliminary||S008|y
VA_PRIMARY|第一产业增加值|Value added, primary industry|CN-370200|LEVEL|2021|470.06|亿元|preliminary||S014|y
VA_SECONDARY|第二产业增加值|Value added, secondary industry|CN-370211|LEVEL|2020|1399.31|亿元|preliminary||S003|y
VA_SECONDARY|第二产业增加值|Value added, secondary industry|CN-370211|LEVEL|2022|1683.7|亿元|preliminary|COPY|S002|y
VA_SECONDARY|第二产业增加值|Value added, secondary industry|CN-370211|LEVEL|2023|1702.03|亿元|preliminary||S008|y
VA_SECONDARY|第二产业增加值|Value added, secondary industry|CN-370200|LEVEL|2021|5070.33|亿元|preliminary||S014|y
VA_TERTIARY|第三产业增加值|Value added, tertiary industry|CN-370211|LEVEL|2020|2240.12|亿元|preliminary||S003|y
VA_TERTIARY|第三产业增加值|Value added, tertiary industry|CN-370211|LEVEL|2022|2915.69|亿元|preliminary|COPY|S002|y
VA_TERTIARY|第三产业增加值|Value added, tertiary industry|CN-370211|LEVEL|2023|3205.59|亿元|preliminary||S008|y
VA_TERTIARY|第三产业增加值|Value added, tertiary industry|CN-370200|LEVEL|2021|8596.07|亿元|preliminary||S014|y
FOUR_NEW_SHARE|四新经济增加值占地区生产总值比重|Share of the four-new economy|CN-370211|LEVEL|2022|32.91|%||COPY|S002|y
URBANISATION_RATE|常住人口城镇化率|Urbanisation rate|CN-370211|LEVEL|2022|82.86|%||COPY|S002|y
URBAN_NEW_JOBS|城镇新增就业|New urban employment|CN-370211|LEVEL|2022|7.9|万人||COPY|S002|y
"""
INDICATOR_OF = {
    ("GDP", "YOY"): "01",
    ("FOUR_NEW_SHARE", "LEVEL"): "07",
    ("URBANISATION_RATE", "LEVEL"): "11",
    ("URBAN_NEW_JOBS", "LEVEL"): "20",
}
# code: value, latest value, period, measure, attainment, progress, schedule, status, lamp, zh, en, decisions
ASSESSED: dict[str, tuple[object, ...]] = {
    "01": (7.515, 4.8, "2022", "YOY", None, None, 40, "slightly_behind", "yellow",
           "2021—2022年年均增长7.5%，低于“8左右”；后三年需年均8.33%", "Average 7.5% a year in 2021–2022, below “about 8”; "
           "8.33% a year is needed in the three years left", "DEC-01"),
    "07": (32.91, 32.91, "2022", "LEVEL", None, None, None, "comparator_missing", "grey",
           "全市同年数值未公布，无法比较", "The city's figure for the year is unpublished: no comparison", "DEC-03"),
    "11": (82.86, 82.86, "2022", "LEVEL", 100, 166.15, 40, "achieved_early", "green",
           "82.86已达到目标82；基期因第七次人口普查重新核定，读数须谨慎",
           "82.86 reaches the target 82; the baseline was re-based by the 7th census: read with care", "DEC-04"),
    "20": (7.9, 7.9, "2022", "LEVEL", 31.6, 31.6, 40, "slightly_behind", "yellow",
           "已公布年份累计7.9万人（仅2022年），为目标的31.6%；2021年未公布",
           "7.9 in the published years (2022 only), 31.6% of the target; 2021 is unpublished", "DEC-02"),
}  # fmt: skip
DECISIONS = [
    ("DEC-01", PLAN, "01", "“8左右”如何判定？", "What does “about 8” mean?", "±0.5; 8.0", "容差0.5个百分点",
     "Tolerance of 0.5 percentage points", "规划未写明容差", "The plan prints no tolerance", "区发改局", "2021-06-01",
     "proposed", "tolerance_pp", "0.5"),
    ("DEC-05", PLAN, "05", "“增长”还是强度？", "Growth or intensity?", "A; B", "待责任单位答复，暂不评估",
     "No assessment until the unit answers", "名称为增长，数值像强度", "Named growth, the numbers look like intensity",
     "区工信局", "2021-06-01", "open", "", ""),
]  # fmt: skip

LANDED_CSV = "DATAFLOW,INDICATOR,REF_AREA,TIME_PERIOD,OBS_VALUE,COMMENT\n"


def landed_rows() -> list[list[str]]:
    return [line.split("|") for line in OBSERVATIONS.strip().splitlines()]


def landed_bytes() -> bytes:
    lines = [LANDED_CSV]
    for row in landed_rows():
        lines.append(f'QWC:OBS(1.0),{row[0]},{row[3]},{row[5]},{row[6]},"{row[1]},\n{row[10]}"\n')
    return "".join(lines).encode()


def make_landing(root: Path) -> Path:
    """Write the landed file of the fixture and its manifest; return the vintage folder."""
    folder = root / LANDING_ID
    folder.mkdir(parents=True)
    body = landed_bytes()
    (folder / "observations.csv").write_bytes(body)
    manifest = {
        "feed": "bureau_statistics",
        "table": "observations",
        "vintage_date": "2024-12-31",
        "url": "http://127.0.0.1:8810/rest/data/QWC,OBS,1.0/all",
        "file_name": "observations.csv",
        "files": {"observations.csv": hashlib.sha256(body).hexdigest()},
        "media_type": "application/vnd.sdmx.data+csv",
        "sha256": hashlib.sha256(body).hexdigest(),
        "byte_count": len(body),
        "retrieved_at": "2026-11-24T02:00:00Z",
        "publisher": "青岛西海岸新区统计局",
        "origin": "published",
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    return folder


def _indicator_rows() -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for line in INDICATORS.strip().splitlines():
        code, zh, en, unit, attribute, category, kind, direction, units, base, target, _, decimals = (
            line.split("|")
        )
        rows.append(
            (PLAN, code, zh, en, unit, attribute, category, CATEGORIES_EN[category], kind, direction, units,
             units, target, base, int(decimals), f"规划纲要指标表第{int(code)}项")
        )  # fmt: skip
    return rows


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _progress_rows(as_of: str, known: set[str]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for line in INDICATORS.strip().splitlines():
        code, *_, units, base, _, target, _ = line.split("|")
        shown = ASSESSED.get(code) if code in known else None
        if shown is None:
            pending = code in {"13", "14"}
            status = "target_pending" if pending else "no_data"
            reason = (
                ("上级尚未下达目标值", "The superior authority has assigned no value")
                if pending
                else ("没有已公布的区级数据", "No district figure has been published")
            )
            rows.append((PLAN, code, as_of, None, _number(base), _number(target), None, None, None, None, status,
                         *reason, "grey", "R1", "", "derived", units, None, None, None, None, None))  # fmt: skip
            continue
        value, latest, period, measure, attainment, progress, schedule, status, lamp, zh, en, decisions = (
            shown
        )
        rows.append(
            (
                PLAN,
                code,
                as_of,
                period,
                _number(base),
                _number(target),
                value,
                attainment,
                progress,
                schedule,
                status,
                zh,
                en,
                lamp,
                "R1",
                decisions,
                "derived",
                None,
                latest,
                period,
                measure,
                "S002",
                int(as_of[:4]) - int(str(period)),
            )
        )
    return rows


def make_build(
    folder: Path,
    *,
    month: str = "2024-12",
    as_of: str = "2024-12-31",
    kind: str = "official",
    until: int = 2023,
    sql: Sequence[str] = (),
    passed: bool = True,
) -> Path:
    """Write a judged build that knows the observations of the years up to ``until``; ``sql`` alters it last."""
    folder.mkdir(parents=True)
    path = folder / "warehouse.duckdb"
    with duckdb.connect() as memory:
        memory.execute(f"attach '{path}' as built (storage_version 'v1.0.0')")
        memory.execute("use built")
        memory.execute(SCHEMA)
        _fill(memory, month, as_of, kind, until)
        for statement in sql:
            memory.execute(statement)
        contents = file_contents(memory)
        memory.execute("use memory")
        memory.execute("detach built")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    write_build_json(folder, sha256, month, as_of, kind, contents)
    write_verdict(folder / "verdict.json", sha256, passed)
    return folder


def write_build_json(folder: Path, sha256: str, month: str, as_of: str, kind: str, contents: dict) -> None:
    record = {
        "reference_month": month,
        "as_of_date": as_of,
        "plan_ids": [PLAN],
        "kind": kind,
        "sha256": sha256,
        "code_version": "0.1.0+test",
        "inputs": [
            {
                "landing_id": LANDING_ID,
                "sha256": hashlib.sha256(landed_bytes()).hexdigest(),
                "url": "",
                "origin": "published",
            }
        ],
        "tables": {name: {"rows": c.rows, "content_hash": c.content_hash} for name, c in contents.items()},
        "warnings": [],
    }
    (folder / "build.json").write_text(json.dumps(record, ensure_ascii=False, indent=2), encoding="utf-8")


def _fill(connection: duckdb.DuckDBPyConnection, month: str, as_of: str, kind: str, until: int) -> None:
    connection.execute(
        "insert into release_info values (?, ?, ?, ?, ?, ?, 'official', 'CN-370211', 2020, 2021, 2025)",
        [month, as_of, kind, PLAN, "青岛西海岸新区国民经济和社会发展第十四个五年规划",
         "14th Five-Year Plan of Qingdao West Coast New Area"],
    )  # fmt: skip
    known = _fill_observations(connection, until)
    _insert(connection, "dim_indicator", _indicator_rows())
    _insert(connection, "fct_target_progress", _progress_rows(as_of, known))
    _insert(connection, "dim_decision", DECISIONS)
    _insert(connection, "dim_responsible_unit", [("U01", "区发改局", "Development and Reform Bureau", "")])
    _insert(connection, "fct_target_path", _path_rows())
    rows = []
    for line in SOURCES.strip().splitlines():
        identity, title, publisher, cls, rank, date, precision, url = line.split("|")
        rows.append((identity, title, publisher, cls, int(rank), date, precision, url or None, "published"))
    _insert(connection, "dim_source", rows)


def _path_rows() -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for line in INDICATORS.strip().splitlines():
        code, *_, kind, _, _, base, _, target, _ = line.split("|")
        if kind != "level" or _number(target) is None or _number(base) is None:
            continue
        for year in range(2020, 2026):
            value = float(base) + (float(target) - float(base)) * (year - 2020) / 5
            rows.append((PLAN, code, year, value, "linear"))
    rows += [(PLAN, "01", year, 8, "constant") for year in range(2021, 2026)]
    return rows


def _fill_observations(connection: duckdb.DuckDBPyConnection, until: int) -> set[str]:
    published = {line.split("|")[0]: line.split("|")[5] for line in SOURCES.strip().splitlines()}
    sha256 = hashlib.sha256(landed_bytes()).hexdigest()
    vintages: list[tuple[object, ...]] = []
    values: list[tuple[object, ...]] = []
    for number, row in enumerate(landed_rows(), start=1):
        series, zh, en, area, measure, period, value, unit, stage, tags, source, selected = row
        if int(period) > until:
            continue
        at = (LANDING_ID, sha256, number, f"row {number}")
        vintages.append((series, zh, en, area, measure, "_T", "A", period, value, unit, "A", stage or "unknown", tags,
                         "published", source, 1 if selected == "y" else 5, published[source], "day", "2024-12-31",
                         selected == "y", 1 if selected == "y" else 2,
                         "发布机构位次较高" if selected == "y" else "二手资料，位次较低",
                         "Publisher of higher rank" if selected == "y" else "Second-hand, lower rank",
                         *at))  # fmt: skip
        code = INDICATOR_OF.get((series, measure))
        if code and selected == "y":
            values.append((PLAN, code, area, period, "A", measure, value, unit, "A", stage or "unknown", "published",
                           source, published[source], "2024-12-31", series, tags, *at))  # fmt: skip
    _insert(connection, "fct_observation_vintages", vintages)
    if values:
        _insert(connection, "fct_indicator_values", values)
    connection.execute(
        "create table fct_observations as select * exclude (is_selected, selection_rank, selection_reason_zh,"
        " selection_reason_en) from fct_observation_vintages where is_selected"
    )
    return {str(row[1]) for row in values if str(row[3]) != "2020"}


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    marks = ", ".join("?" * len(rows[0]))
    connection.executemany(f"insert into {table} values ({marks})", [list(row) for row in rows])


def write_verdict(path: Path, sha256: str, passed: bool = True) -> None:
    rule = RuleResult(
        rule_id="completeness_of_the_25",
        suite="fct_target_progress",
        severity="block",
        success=passed,
        what_zh="25项指标齐全",
        what_en="All 25 indicators are there",
        because="规划列出25项 / the plan lists 25",
        remedy="补齐缺少的指标 / add the missing one",
        observed="25" if passed else "24",
        failing_count=0 if passed else 1,
    )
    note = RuleResult(
        rule_id="sources_are_first_hand",
        suite="fct_observations",
        severity="note",
        success=False,
        what_zh="数值来自发布机构本身",
        what_en="Figures come from the publisher itself",
        because="转载可能出错 / a reprint may err",
        remedy="核对原文 / check the original",
        observed="1 row",
        failing_count=1,
    )
    Verdict.of(sha256, [rule, note]).save(path)
