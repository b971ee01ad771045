"""The bundled figures: whole in themselves, and the facts of the collection they were carried over from."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from raw.replica.table import DIMENSIONS, figures, rows

COLLECTION = Path(__file__).parents[3] / "shared" / "published"
# How many of the figures each feed serves.
FEEDS = {
    "bureau_statistics": 645,
    "customs_monthly_totals": 104,
    "environment_reports": 98,
    "port_throughput": 12,
    "unit_returns": 11,
}
# Reprints of the transport authorities' own tables of the port.
PORT_TABLES = {"S085", "S087", "S097"}
# Sources that are the customs' own words, or say that they quote them.
CUSTOMS_SOURCES = {"S046", "S047", "S048", "S051", "S052", "S055", "S117", "S119"}
RETURNED = {
    "rd_indicator_plan5", "high_value_patents_per_10k", "metro_operating_km", "energy_intensity_reduction",
    "surface_water_good_ratio", "forest_coverage", "life_expectancy", "doctors_per_1000",
    "mean_years_schooling_working_age", "pension_coverage_rate", "grain_capacity",
}  # fmt: skip
# What the monthly air reports print, and nobody else by the month.
AIR = {"pm25", "pm10", "so2", "no2", "co", "o3"}
AREAS = {"西海岸新区": "CN-370211", "青岛市": "CN-370200", "青岛港": "CN-370200"}
Row = dict[str, str]


def collected(name: str) -> list[Row]:
    if not COLLECTION.is_dir():
        pytest.skip("the collection of published figures is not beside this repository")
    with (COLLECTION / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def carried() -> list[Row]:
    return rows("observations")


# --- whole in itself -------------------------------------------------------------------------------------


def test_no_source_says_one_thing_twice() -> None:
    keys = Counter(tuple(row[name] for name in (*DIMENSIONS, "SOURCE")) for row in carried())
    assert [key for key, times in keys.items() if times > 1] == []


def test_every_figure_has_its_source_its_series_and_its_unit() -> None:
    sources = {row["SOURCE"] for row in rows("sources")}
    series = {row["INDICATOR"] for row in rows("series")}
    units = {(row["UNIT_MEASURE"], row["UNIT_MULT"]) for row in rows("units")}
    for row in carried():
        assert row["SOURCE"] in sources
        assert row["INDICATOR"] in series
        assert (row["UNIT_MEASURE"], row["UNIT_MULT"]) in units
    assert {row["INDICATOR"] for row in carried()} == series


def test_codes_are_those_of_the_data_structure() -> None:
    allowed = {
        "FEED": set(FEEDS),
        "FREQ": {"A", "Q", "M"},
        "REF_AREA": {"CN-370211", "CN-370200"},
        "MEASURE": {"LEVEL", "YTD", "YOY", "YOY_YTD"},
        "SCOPE": {"_T", "URBAN_AREA", "PORT_WHOLE", "LISTED_COMPANY"},
        "OBS_STATUS": {"A", "P", "E"},
        "STAGE": {"", "preliminary", "final", "revised"},
    }
    for column, codes in allowed.items():
        assert {row[column] for row in carried()} <= codes, column
    tags = {tag for row in carried() for tag in row["TAGS"].split(";")} - {""}
    assert tags == {"BOUND", "CONV", "COPY", "PERIOD_INFERRED", "SECONDHAND"}


def test_period_and_frequency_agree() -> None:
    shapes = {"A": r"\d{4}", "Q": r"\d{4}-Q[1-4]", "M": r"\d{4}-(0[1-9]|1[0-2])"}
    for row in carried():
        assert re.fullmatch(shapes[row["FREQ"]], row["TIME_PERIOD"]), row


def test_decimals_are_those_printed() -> None:
    for row in carried():
        assert re.fullmatch(r"-?\d+(\.\d+)?", row["OBS_VALUE"])
        assert len(row["OBS_VALUE"].partition(".")[2]) == int(row["DECIMALS"])


def test_bound_means_estimated_and_only_bound_does() -> None:
    for row in carried():
        assert ("BOUND" in row["TAGS"].split(";")) == (row["OBS_STATUS"] == "E")


def test_sources_have_real_addresses_or_none_and_dates_or_none() -> None:
    for row in rows("sources"):
        assert re.fullmatch(r"(https?://\S+)?", row["URL"])
        assert re.fullmatch(r"(\d{4}(-\d{2}(-\d{2})?)?)?", row["PUBLISHED_DATE"])
        assert row["RETRIEVED_DATE"] == "2026-11-24"
        assert row["TITLE"] and row["PUBLISHER"]


def test_every_series_has_a_chinese_and_an_english_name() -> None:
    for row in rows("series"):
        assert re.search(r"[\u4e00-\u9fff]|PM", row["NAME_ZH"]), row
        assert row["NAME_EN"].isascii() and row["NAME_EN"][0].isupper(), row


def test_the_feeds_share_the_figures_between_them() -> None:
    assert {feed: len(figures(feed)) for feed in FEEDS} == FEEDS
    assert sum(FEEDS.values()) == len(carried())
    assert {f.cells["INDICATOR"].lower() for f in figures("unit_returns")} == RETURNED
    assert {(f.cells["SOURCE"], f.cells["REF_AREA"]) for f in figures("unit_returns")} == {
        ("S001", "CN-370211")
    }


# --- the same facts as the collection --------------------------------------------------------------------


def tags_of(row: Row) -> list[str]:
    # Two rows say in words what the others say by the tag.
    if row["note"].startswith("lower end of the printed range"):
        return ["BOUND"]
    found = re.match(r"\[([A-Z_,]+)\]", row["note"])
    return found[1].split(",") if found else []


def status_of(row: Row) -> str:
    if "BOUND" in tags_of(row):
        return "E"
    return "P" if row["status"] == "preliminary" else "A"


def feed_of(row: Row) -> str:
    mine = row["series_code"] in RETURNED and (row["area"], row["source_id"]) == ("西海岸新区", "S001")
    if mine:
        return "unit_returns"
    if row["source_id"] in CUSTOMS_SOURCES:
        return "customs_monthly_totals"
    if row["area"] == "青岛港" and row["source_id"] in PORT_TABLES:
        return "port_throughput"
    is_air = row["series_code"] in AIR or row["series_code"].startswith("aqi_")
    return "environment_reports" if is_air and row["frequency"] == "M" else "bureau_statistics"


def scope_of(row: Row) -> str:
    if row["area"] == "青岛港":
        return "LISTED_COMPANY" if row["series_code"].endswith("_qpi") else "PORT_WHOLE"
    return "URBAN_AREA" if "urban area" in row["note"] else "_T"


def expected_rows() -> Iterator[Row]:
    """What each collected observation must have become: one row, or two when it brought a rate of change."""
    units = {unit["UNIT_ZH"]: (unit["UNIT_MEASURE"], unit["UNIT_MULT"]) for unit in rows("units")}
    for row in collected("observations"):
        if row["status"] == "target":
            continue
        code, cumulative = row["series_code"], row["period_basis"] == "cumulative_ytd"
        rate, level = ("YOY_YTD", "YTD") if cumulative else ("YOY", "LEVEL")
        is_rate = code.endswith("_growth") or code == "port_cargo_growth_city"
        unit, multiplier = units[row["unit"]]
        base = {
            "FEED": feed_of(row),
            "FREQ": row["frequency"],
            "REF_AREA": AREAS[row["area"]],
            "INDICATOR": code.removesuffix("_growth").upper(),
            "MEASURE": "LEVEL" if code.endswith("_avg") else rate if is_rate else level,
            "SCOPE": scope_of(row),
            "TIME_PERIOD": row["period"],
            "OBS_VALUE": row["value"],
            "UNIT_MEASURE": unit,
            "UNIT_MULT": multiplier,
            "OBS_STATUS": status_of(row),
            "STAGE": row["status"].replace("unknown", ""),
            "SOURCE": row["source_id"],
            "TAGS": ";".join(tags_of(row)),
        }
        yield base
        if row["growth_yoy_percent"]:
            # The rate was printed as such: whatever was converted, it was not.
            tags = ";".join(tag for tag in tags_of(row) if tag != "CONV")
            value = row["growth_yoy_percent"]
            unit_of_rate = {"UNIT_MEASURE": "PT", "UNIT_MULT": "0"}
            yield {**base, "MEASURE": rate, "OBS_VALUE": value, **unit_of_rate, "TAGS": tags}


def test_nothing_is_lost_nothing_is_changed_nothing_is_added() -> None:
    expected = Counter(tuple(sorted(row.items())) for row in expected_rows())
    ours = Counter(
        tuple(sorted((name, value) for name, value in row.items() if name != "DECIMALS")) for row in carried()
    )
    assert sorted((expected - ours).elements()) == []
    assert sorted((ours - expected).elements()) == []


def test_units_are_what_they_say() -> None:
    said = {row["UNIT_ZH"]: (row["UNIT_MEASURE"], row["UNIT_MULT"]) for row in rows("units")}
    printed = {
        "亿元": "CNY 8",
        "万元": "CNY 4",
        "元": "CNY 0",
        "亿美元": "USD 8",
        "%": "PT 0",
        "万人": "PS 4",
    }
    printed |= {"人": "PS 0", "亿吨": "T 8", "万吨": "T 4", "万TEU": "TEU 4"}
    for unit, expected in printed.items():
        assert " ".join(said[unit]) == expected
    for row in rows("units"):
        power = {"万": "4", "亿": "8"}.get(row["UNIT_ZH"][0], "0")
        assert row["UNIT_MULT"] == power, row


def test_no_target_came_along() -> None:
    aims = [row for row in collected("observations") if row["status"] == "target"]
    assert len(aims) == 24
    columns = ("INDICATOR", "REF_AREA", "TIME_PERIOD", "SOURCE", "OBS_VALUE")
    ours = {tuple(row[name] for name in columns) for row in carried()}
    for row in aims:
        code = row["series_code"].removesuffix("_growth").upper()
        assert (code, AREAS[row["area"]], row["period"], row["source_id"], row["value"]) not in ours


def test_sources_are_the_same() -> None:
    ours = {row["SOURCE"]: row for row in rows("sources")}
    theirs = collected("sources")
    assert set(ours) == {row["source_id"] for row in theirs}
    for row in theirs:
        mine = ours[row["source_id"]]
        assert mine["TITLE"] == row["title"]
        assert mine["PUBLISHER"] == row["publisher"].replace("（未存地址）", "")
        assert mine["PUBLISHED_DATE"] == row["published_date"].replace("unknown", "")
        assert mine["URL"] == (row["url"] if row["url"].startswith("http") else "")


def test_no_sentence_of_the_notes_came_along() -> None:
    sentences = {re.sub(r"^\[[A-Z_,]+\] ?", "", row["note"]) for row in collected("observations")} - {""}
    cells = {value for row in carried() for value in row.values()}
    cells |= {value for name in ("series", "units") for row in rows(name) for value in row.values()}
    copied = sorted(s for s in sentences if len(s) > 12 and any(s in cell for cell in cells))
    assert copied == []
