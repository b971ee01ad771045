"""Every genuine specimen of feed 1, and those of SDMX our readers claim: totals counted by another route.

The other route never parses: it counts and adds up what a regular expression finds in the bytes. The specimens
are not part of this repository; without them these tests are skipped.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from raw.doors import Extract, Original
from raw.errors import BadInput
from raw.feed import DEFAULT_FEEDS, load_feed
from raw.readers import check_rows, html_table, nbs_easyquery, nbs_release_library, read, rows_of

FEEDS = Path(__file__).parents[3] / "shared" / "feeds"
FIRST, FIFTH = FEEDS / "1_statistics/specimens", FEEDS / "5_sdmx_comtrade/specimens/sdmx"
pytestmark = pytest.mark.skipif(not FEEDS.is_dir(), reason="the specimens are not beside this repository")
NBS = load_feed(DEFAULT_FEEDS / "bureau_nbs.yml")
STATISTICS = load_feed(DEFAULT_FEEDS / "bureau_statistics.yml")

# file: nodes, figures, sum of the published figures
EASYQUERY = {
    "2026_cli_reg_query": (9, 0, "0"),
    "2026_get_reg_cities": (0, 0, "0"),
    "2026_get_reg_provinces": (403, 0, "0"),
    "2026_stats_gdp": (12, 10, "54.0"),
    "2026_stats_multi_period": (2, 2, "4813922.28"),
    "2026_stats_with_reg": (1, 1, "6.8"),
    "2026_stats_with_reg_annual": (1, 0, "0"),
    "hgjd_gdp_index_quarterly_2019B": (192, 192, "20580.7"),
    "hgyd_cpi_mom_201909": (117, 108, "10819.7"),
    "hgyd_cpi_yoy_201909": (117, 108, "11017.5"),
}


@pytest.mark.parametrize("name", list(EASYQUERY))
def test_a_captured_answer_of_the_query_page(name: str) -> None:
    content = (FIRST / f"nbs_old_easyquery_{name}.json").read_bytes()
    nodes, figures, total = EASYQUERY[name]
    reply = nbs_easyquery.reply(content, name)
    found = reply.rows().records
    assert (len(reply.entries), len(found)) == (nodes, figures)
    assert sum((Decimal(row["OBS_VALUE"] or "") for row in found), Decimal(0)) == Decimal(total)
    text = content.decode()
    counted = [
        value
        for has, value in re.findall(r'"hasdata":(true|false),"strdata":"([^"]*)"', text)
        if has == "true"
    ]
    assert (text.count('"datanodes":[{') and len(re.findall(r'"hasdata":', text)), len(counted)) == (
        nodes,
        figures,
    )
    assert sum(map(Decimal, counted), Decimal(0)) == Decimal(total)


@pytest.mark.parametrize(
    ("name", "database", "asked", "unit"),
    [
        ("hgyd_cpi_yoy_201909", "hgyd", "A010101", None),
        ("2026_stats_multi_period", "hgyd", "A0D0101", "亿元"),
    ],
)
def test_a_captured_answer_lands_with_what_is_said_beside_it(
    name: str, database: str, asked: str, unit: str | None
) -> None:
    original = Original("easyquery.json", (FIRST / f"nbs_old_easyquery_{name}.json").read_bytes())
    facts = {"DATABASE": database, "CATALOGUE_ID": asked, "REGION": "000000"}
    rows = rows_of(Extract((original,), "inbox:x", "application/json", facts=facts), NBS.table("history"))
    check_rows(rows, NBS.table("history"), "easyquery.json")
    assert {record["UNIT"] for record in rows.records} == {unit}
    assert {record["REGION"] for record in rows.records} == {"000000"}


def test_no_january_and_no_single_february_since_they_are_published_together() -> None:
    content = (FIRST / "nbs_old_easyquery_2026_stats_gdp.json").read_bytes()
    reply = nbs_easyquery.reply(content, "x")
    assert {"2024-01", "2024-02"} < set(reply.periods)
    found = {row["TIME_PERIOD"]: row["OBS_VALUE"] for row in reply.rows().records}
    assert sorted(found) == [f"2024-{month:02}" for month in range(3, 13)]
    assert found["2024-12"] == "6.2"


def test_an_unknown_code_is_a_refusal_with_its_sentence() -> None:
    with pytest.raises(BadInput, match="returncode 501: 对不起，未能找到符合查询条件的信息。"):
        nbs_easyquery.reply((FIRST / "nbs_old_easyquery_2026_invalid_query.json").read_bytes(), "x")


def test_a_tree_is_an_array_and_no_data() -> None:
    content = (FIRST / "nbs_old_easyquery_2026_cli_tree_query.json").read_bytes()
    assert len(re.findall(rb'"isParent":', content)) == 21
    with pytest.raises(BadInput, match="expected a member 'returncode'"):
        nbs_easyquery.reply(content, "x")


def test_qingdao_is_a_city_and_no_province() -> None:
    def regions(name: str) -> set[str]:
        content = json.loads((FIRST / f"nbs_old_easyquery_2026_get_reg_{name}.json").read_bytes())
        nodes = {dimension["wdcode"]: dimension["nodes"] for dimension in content["returndata"]["wdnodes"]}
        return {node["code"] for node in nodes["reg"]}

    assert len(regions("cities")) == 36 and "370200" in regions("cities")
    assert len(regions("provinces")) == 31 and "370200" not in regions("provinces")


# file: interactions, nodes of trees, figures
CASSETTES = {
    "test_cli_reg_query": (1, 0, 0),
    "test_cli_tree_query": (1, 21, 0),
    "test_get_reg_cities": (1, 0, 0),
    "test_get_reg_provinces": (1, 0, 0),
    "test_get_tree": (39, 643, 0),
    "test_invalid_query": (1, 0, 0),
    "test_stats_as_df": (2, 0, 10),
    "test_stats_gdp": (1, 0, 10),
    "test_stats_multi_period": (1, 0, 2),
    "test_stats_with_reg": (1, 0, 1),
    "test_stats_with_reg_annual": (1, 0, 0),
}


@pytest.mark.parametrize("name", list(CASSETTES))
def test_a_recorded_conversation(name: str) -> None:
    """Its bodies are read; the recording itself, questions and headers, is no answer of the service."""
    content = (FIRST / f"cnstats_vcr/{name}.yaml").read_bytes()
    asked, nodes, figures = CASSETTES[name]
    bodies = [one["response"]["body"]["string"] for one in yaml.safe_load(content)["interactions"]]
    trees = [body for body in bodies if body.startswith("[")]
    refused = [body for body in bodies if '"returncode":501' in body]
    read_figures = sum(
        len(nbs_easyquery.reply(body.encode(), name).rows().records)
        for body in bodies
        if body not in trees and body not in refused
    )
    assert (len(bodies), sum(map(len, map(json.loads, trees))), read_figures) == (asked, nodes, figures)
    assert content.count(b"\n- request:") == asked
    assert sum(len(re.findall('"hasdata":true', body)) for body in bodies) == figures
    assert sum(len(re.findall('"isParent":', body)) for body in trees) == nodes
    with pytest.raises(BadInput, match="found no JSON: 'interactions:"):
        nbs_easyquery.reply(content, name)


def test_the_captured_answer_of_the_library() -> None:
    content = (FIRST / "nbs_new_esData_beijing_2024_income.json").read_bytes()
    (row,) = nbs_release_library.reply(content, "x").rows().records
    assert (row["INDICATOR_NAME"], row["UNIT"], row["OBS_VALUE"], row["TIME_PERIOD"], row["REGION"]) == (
        "城镇居民人均可支配收入", "元", "92464", "2024", "110000",
    )  # fmt: skip
    assert re.findall(rb'"value":"(\d+)"', content) == [b"92464"]


def test_the_captured_answer_about_beijing_is_none_about_qingdao() -> None:
    original = Original("x.json", (FIRST / "nbs_new_esData_beijing_2024_income.json").read_bytes())
    facts = {"DATABASE": "8", "CATALOGUE_ID": "c", "REGION": "370200"}
    with pytest.raises(BadInput, match="found 110000 in the file；应为 expected 370200"):
        rows_of(Extract((original,), "u", "application/json", facts=facts), NBS.table("observations"))


# file: figures; sums of amounts over the rows without a parent, over their parts; sum of all rates
PAGES = {
    "national_new_areas_ranking_0": (10, "18212.95", "0", "44.7"),
    "national_new_areas_ranking_1": (10, "6847.91", "0", "21.4"),
    "national_new_areas_ranking_2": (10, "1983.6", "0", "47.7"),
    "national_new_areas_ranking_3": (10, "170.6", "0", "117.6"),
    "qingdao_districts_ranking_0": (28, "10462.1", "1521.2", "122.5"),
    "qingdao_districts_ranking_1": (28, "0", "0", "127.0"),
    "qingdao_districts_ranking_2": (28, "90515221", "13402087", "152.8"),
    "qingdao_districts_ranking_3": (28, "14108955", "1528138", "157.0"),
    "qingdao_districts_ranking_4": (28, "70822902", "7481674", "330.8"),
    "westcoast_banking": (6, "4208.2", "0", "491.4"),
    "westcoast_foreign_trade": (45, "11571614", "11622308", "242.9"),
}


@pytest.mark.parametrize("name", list(PAGES))
def test_a_table_of_the_dashboard(name: str) -> None:
    content = (FIRST / f"westcoast_dashboard_2017/{name}.html").read_bytes()
    count, whole, parts, rates = PAGES[name]
    sums: dict[object, Decimal] = defaultdict(Decimal)
    records = html_table.read_tables(content, name).records
    for record in records:
        kind = (
            "rate"
            if record["UNIT"] == "%"
            else "rank"
            if record["MEASURE"] == "RANK"
            else record["PARENT_LABEL"] is None
        )
        sums[kind] += Decimal(record["OBS_VALUE"] or "")
    assert len(records) == count
    assert (sums[True], sums[False], sums["rate"]) == (Decimal(whole), Decimal(parts), Decimal(rates))
    # Every number that stands in a cell, but for the column of row numbers, by another route.
    rows = re.findall(r"<tr.*?</tr>", content.decode(), re.S)
    cells = [re.findall(r"<td>\s*(-?[\d.]+)%?\s*</td>", row) for row in rows]
    numbers = [Decimal(text) for row in cells for text in row]
    printed = sum(numbers, Decimal(0)) - _row_numbers(content.decode())
    assert sum(sums.values(), Decimal(0)) == printed


def _row_numbers(page: str) -> Decimal:
    """What the column # adds up to, where its cells are plain ones."""
    found = re.findall(r"<tr>\s*<td>(\d+)</td>", page) if "<th>#</th>" in page else []
    return sum(map(Decimal, found), Decimal(0))


def test_a_table_whose_unit_nobody_names_is_refused() -> None:
    content = (FIRST / "westcoast_dashboard_2017/westcoast_public_finance.html").read_bytes()
    with pytest.raises(BadInput, match="found '1880946' in no unit"):
        html_table.read_tables(content, "x")
    # Under a heading that names it, all 32 figures are read.
    page = f"<html><body><p>单位：万元</p>{content.decode()}</body></html>".encode()
    records = html_table.read_tables(page, "x").records
    assert len(records) == 32 == content.count(b"<td>")
    amounts = [Decimal(record["OBS_VALUE"] or "") for record in records if record["UNIT"] == "万元"]
    assert (
        sum(amounts)
        == sum(map(Decimal, re.findall(r"<td>(\d{4,})</td>", content.decode())))
        == Decimal(10602746)
    )


# file: rows, columns
SDMX_CSV = {"v3_csv_example-01": (2, 8), "v3_csv_example-14": (2, 4)}


@pytest.mark.parametrize("name", list(SDMX_CSV))
def test_an_example_of_sdmx_csv(name: str) -> None:
    content = (FIFTH / f"{name}.csv").read_bytes()
    found = read("sdmx_csv", content, STATISTICS.table("observations"), name)
    assert (len(found.records), len(found.columns)) == SDMX_CSV[name]
    assert content.count(b"\ndataflow,") == SDMX_CSV[name][0]
    # Read it can be; what it holds is another structure than ours.
    with pytest.raises(BadInput, match="found no column 'FREQ'"):
        check_rows(found, STATISTICS.table("observations"), name)


def test_values_of_the_examples_are_those_written() -> None:
    found = read(
        "sdmx_csv", (FIFTH / "v3_csv_example-01.csv").read_bytes(), STATISTICS.table("observations"), "x"
    )
    assert [record["OBS_VALUE"] for record in found.records] == ["12.4", "10.8"]
    assert (
        found.records[0]["ATTR_2"] == "Y" and found.records[0]["ATTR_3"] == "Normal, special and other values"
    )
    several = read(
        "sdmx_csv", (FIFTH / "v3_csv_example-14.csv").read_bytes(), STATISTICS.table("observations"), "x"
    )
    assert several.records[1]["COLLECTION.METHOD[en;fr]"] == "en:CCC;fr:DDD"
    assert (
        several.records[1]["CONTACT[].NAME[]"]
        == '"Contact 1 Name 1;Contact 1 Name 2";;"Contact 3 Name 1;Contact 3 Name 2"'
    )


def test_no_specimen_of_the_first_feed_is_left_out() -> None:
    named = {
        *(f"nbs_old_easyquery_{name}.json" for name in [*EASYQUERY, "2026_invalid_query", "2026_cli_tree_query"]),
        "nbs_new_esData_beijing_2024_income.json", "SOURCES.csv",
        *(f"cnstats_vcr/{name}.yaml" for name in CASSETTES),
        *(f"westcoast_dashboard_2017/{name}.html" for name in [*PAGES, "westcoast_public_finance"]),
    }  # fmt: skip
    assert {str(path.relative_to(FIRST)) for path in FIRST.rglob("*") if path.is_file()} == named
