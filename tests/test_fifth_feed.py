"""Law 2: a new feed is one YAML and a recorded sample; no other file is edited."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from raw.feed import declared_feeds
from raw.generate import generate
from raw.land import pull
from tests.conftest import House
from warehouse.connect import reader
from warehouse.paths import DBT_PROJECT, REPO

FEED = """
feed: tide_gauges
title_zh: 验潮站月均潮位
title_en: Monthly mean sea level at tide gauges
publisher:
  name_zh: 测试发布者
  name_en: Publisher of a test
  url: https://tides.example/
licence: 测试数据 / test data
origin: published
door: drop_folder
schedule:
  cron: "0 7 5 * *"
  expected_day: 5
  late_after_days: 3
request:
  extensions: [.csv]
tables:
  levels:
    format: csv
    key: [GAUGE, MONTH]
    scope: [MONTH]
    columns:
      GAUGE: {type: code, required: true, description_zh: 站号, description_en: Gauge}
      MONTH: {type: period, required: true, description_zh: 月份, description_en: Month}
      LEVEL_MM: {type: decimal, description_zh: 潮位, description_en: Mean level, unit: mm}
units: [hyfzj]
notes: ["样本 / a sample"]
"""


def test_a_feed_of_one_yaml_and_a_sample_reaches_the_warehouse(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds, project = house.root / "feeds", house.root / "dbt_project"
    shutil.copytree(REPO / "raw/feeds", feeds)
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    (feeds / "tide_gauges.yml").write_text(FEED, encoding="utf-8")
    sample = house.inbox / "tide_gauges/2022-12-31_levels.csv"
    sample.parent.mkdir(parents=True)
    sample.write_text("GAUGE,MONTH,LEVEL_MM\n007,2022-12,2410.5\n008,2022-12,\n", encoding="utf-8")
    monkeypatch.setenv("RAW_FEEDS", str(feeds))
    monkeypatch.setenv("DBT_PROJECT_DIR", str(project))
    monkeypatch.setenv("RAW_INBOX", str(house.inbox))

    written = {path.relative_to(house.root) for path in generate()}
    pages = {Path("feeds/README.md"), Path("feeds/tide_gauges.md")}
    assert pages < written
    assert {path.parent for path in written - pages} == {Path("dbt_project/models/staging/tide_gauges")}
    (feed,) = [feed for feed in declared_feeds() if feed.feed == "tide_gauges"]
    (landed,) = pull(feed, date(2022, 12, 31), landing_root=house.landing)
    assert landed.is_new
    assert (landed.vintage_dir / sample.name).read_bytes() == sample.read_bytes()

    build = house.build("2022-12", date(2022, 12, 31))
    with reader(build.file) as connection:
        found = connection.execute(
            "select gauge, month, level_mm, origin, place from staging.stg_tide_gauges__levels order by gauge"
        ).fetchall()
    # Codes stay text, an empty cell is no zero, and where the rows came from travels with them.
    assert [(gauge, month, str(level), origin) for gauge, month, level, origin, _ in found] == [
        ("007", "2022-12", "2410.500000", "published"),
        ("008", "2022-12", "None", "published"),
    ]
    assert all("row" in place for *_, place in found)
