"""The dbt files follow from the feed files, and only from them."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml
from jinja2 import Environment

from raw import generate, pages
from raw.__main__ import main
from raw.feed import Column, find_feed
from raw.generate import DEFAULT_PROJECT, staging_sql
from raw.land import Vintage, pull, vintages

FOLDER = Path("models/staging/tide_gauges")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dbt project beside a folder with one feed, written by `new`; no other file is edited."""
    for variable, name in (
        ("RAW_FEEDS", "feeds"),
        ("RAW_INBOX", "inbox"),
        ("DBT_PROJECT_DIR", "dbt_project"),
    ):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / name))
    assert main(["new", "tide_gauges"]) == 0
    return tmp_path / "dbt_project"


def rendered(sql: str) -> str:
    """The model as DuckDB gets it, with our own macro and dbt's `source`."""
    macros = (DEFAULT_PROJECT / "macros" / "current_vintage.sql").read_text(encoding="utf-8")
    environment = Environment(autoescape=False)
    environment.globals["source"] = lambda feed, table: f"landing.{feed}__{table}"
    return environment.from_string(macros + sql).render()


def view_of(name: str, known: list[Vintage]) -> str:
    """The landing view, as the warehouse opens it."""
    parts = [
        f"""select *, date '{vintage.vintage_date}' as _vintage_date,
            {vintage.vintage_sequence} as _vintage_sequence, '{vintage.scope}' as _scope,
            'published' as _origin, '{vintage.landing_id}' as _landing_id, '{vintage.sha256}' as _file_sha256,
            timestamp '2026-01-01' as _retrieved_at from read_parquet('{vintage.part}')"""
        for vintage in known
    ]
    return f"create or replace view landing.{name} as " + " union all ".join(parts)


def staged(project: Path, as_of: date = date(2022, 12, 31)) -> list[tuple[object, ...]]:
    """Period, value, first_seen_date and vintage date of the staging model as known on a day."""
    landing = project.parent / "landing"
    sql = (project / FOLDER / "stg_tide_gauges__observations.sql").read_text(encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute("create schema landing")
        known = vintages(landing, "tide_gauges", "observations", as_of)
        connection.execute(view_of("tide_gauges__observations", known))
        query = f"select time_period, obs_value, first_seen_date, landing_vintage_date from ({rendered(sql)})"
        return connection.execute(f"{query} order by time_period").fetchall()


def drop_and_pull(project: Path, rows: str, as_of: date) -> None:
    inbox = project.parent / "inbox" / "tide_gauges"
    inbox.mkdir(exist_ok=True)
    for before in inbox.iterdir():
        before.unlink()
    (inbox / f"{as_of}_sample.csv").write_text(f"TIME_PERIOD,OBS_VALUE\n{rows}", encoding="utf-8")
    pull(find_feed("tide_gauges"), as_of, landing_root=project.parent / "landing")


def test_the_files_of_the_house_are_fresh() -> None:
    assert generate.stale_files(DEFAULT_PROJECT, Path("raw/feeds").resolve()) == []


def test_one_yaml_gives_all_dbt_files(project: Path) -> None:
    assert main(["generate"]) == 0
    names = sorted(path.name for path in (project / FOLDER).iterdir())
    assert names == [
        "_tide_gauges__sources.yml",
        "stg_tide_gauges__observations.sql",
        "stg_tide_gauges__observations.yml",
    ]
    for name in names:
        first = (project / FOLDER / name).read_text(encoding="utf-8").split("\n")[0]
        assert first.endswith(
            "generated from raw/feeds/tide_gauges.yml by python -m raw generate; do not edit"
        )
    assert main(["generate", "--check"]) == 0


def test_source_and_contract(project: Path) -> None:
    main(["generate"])
    [source] = yaml.safe_load((project / FOLDER / "_tide_gauges__sources.yml").read_text())["sources"]
    assert (source["name"], source["schema"]) == ("tide_gauges", "landing")
    assert source["tables"] == [{"name": "observations", "identifier": "tide_gauges__observations"}]
    assert source["config"]["freshness"] == {"warn_after": {"count": 45, "period": "day"}}
    assert source["config"]["loaded_at_field"] == "_retrieved_at"
    assert source["config"]["meta"]["origin"] == "published"
    [model] = yaml.safe_load((project / FOLDER / "stg_tide_gauges__observations.yml").read_text())["models"]
    assert model["config"]["contract"] == {"enforced": True}
    assert model["data_tests"][0]["unique_combination"]["arguments"] == {"columns": ["time_period"]}
    types = {column["name"]: column["data_type"] for column in model["columns"]}
    assert types["obs_value"] == "decimal(24,6)"
    assert types["first_seen_date"] == "date"
    assert all(column["description"] for column in model["columns"])
    assert "[CNY]" in model["columns"][1]["description"]


def test_microdata_is_staged_as_a_view_of_its_vintages(project: Path) -> None:
    declared = project.parent / "feeds" / "tide_gauges.yml"
    text = declared.read_text(encoding="utf-8").replace("format: csv ", "microdata: true\n    format: csv ")
    declared.write_text(text, encoding="utf-8")
    main(["generate"])
    [model] = yaml.safe_load((project / FOLDER / "stg_tide_gauges__observations.yml").read_text())["models"]
    assert model["config"] == {"contract": {"enforced": True}, "materialized": "view"}
    drop_and_pull(project, "2022-01,1.5\n", date(2022, 2, 1))
    drop_and_pull(project, "2022-01,1.6\n", date(2022, 3, 1))
    [(period, value, first_seen, vintage)] = staged(project)
    assert (period, str(value), first_seen, vintage) == (
        "2022-01", "1.600000", date(2022, 3, 1), date(2022, 3, 1),
    )  # fmt: skip


def test_check_lists_what_is_stale(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["generate"])
    model = project / FOLDER / "stg_tide_gauges__observations.sql"
    model.write_text(model.read_text().replace("cast(", "try_cast("))
    assert main(["generate", "--check"]) == 1
    said = capsys.readouterr().err
    assert str(model) in said
    assert "python -m raw generate" in said
    assert "try_cast" in model.read_text(), "a check writes nothing"
    assert generate.generate() == [model]


def test_files_of_a_feed_that_went_are_removed_and_handwritten_ones_stay(project: Path) -> None:
    main(["generate"])
    by_hand = project / FOLDER / "readme.sql"
    by_hand.write_text("-- by hand\nselect 1\n")
    (project.parent / "feeds" / "tide_gauges.yml").unlink()
    # Three files of the dbt project, its page, and the list of pages.
    assert len(generate.stale_files()) == 5
    assert main(["generate"]) == 0
    assert [path.name for path in (project / FOLDER).iterdir()] == ["readme.sql"]


def test_a_fifth_feed_by_one_yaml_and_a_sample(project: Path) -> None:
    main(["generate"])
    drop_and_pull(project, "2022-01,1.5\n2022-02,1.7\n", date(2022, 12, 31))
    day = date(2022, 12, 31)
    assert [(row[0], str(row[1]), *row[2:]) for row in staged(project)] == [
        ("2022-01", "1.500000", day, day),
        ("2022-02", "1.700000", day, day),
    ]


def test_revisions_get_in_and_withdrawn_rows_go_and_the_old_day_still_sees_the_old(project: Path) -> None:
    main(["generate"])
    drop_and_pull(project, "2022-01,1.5\n2022-02,1.7\n", date(2022, 12, 31))
    drop_and_pull(project, "2022-01,1.5\n2022-03,1.9\n", date(2023, 6, 30))
    later = [(row[0], str(row[2]), str(row[3])) for row in staged(project, date(2023, 12, 31))]
    assert later == [("2022-01", "2022-12-31", "2023-06-30"), ("2022-03", "2023-06-30", "2023-06-30")]
    assert [row[0] for row in staged(project, date(2023, 1, 1))] == ["2022-01", "2022-02"]


def test_each_scope_has_its_own_current_vintage(project: Path) -> None:
    feed = project.parent / "feeds" / "tide_gauges.yml"
    feed.write_text(feed.read_text(encoding="utf-8").replace("scope: all ", "scope: [TIME_PERIOD] "))
    main(["generate"])
    drop_and_pull(project, "2022-01,1.5\n", date(2022, 6, 30))
    drop_and_pull(project, "2022-02,1.7\n", date(2022, 7, 31))
    drop_and_pull(project, "2022-01,1.6\n", date(2022, 8, 31))
    assert [(row[0], str(row[1])) for row in staged(project)] == [
        ("2022-01", "1.600000"),
        ("2022-02", "1.700000"),
    ]


def test_damage_is_cast_loudly(project: Path) -> None:
    """What slipped past the reader must stop the build, not become nothing."""
    main(["generate"])
    drop_and_pull(project, "2022-01,1.5\n", date(2022, 12, 31))
    sql = (project / FOLDER / "stg_tide_gauges__observations.sql").read_text(encoding="utf-8")
    assert "try_cast" not in sql
    with duckdb.connect() as connection:
        connection.execute("create schema landing")
        known = vintages(project.parent / "landing", "tide_gauges", "observations", date(2022, 12, 31))
        view = view_of("tide_gauges__observations", known)
        connection.execute(view.replace("select *", "select * replace ('n/a' as OBS_VALUE)"))
        with pytest.raises(duckdb.ConversionException, match="n/a"):
            connection.execute(rendered(sql)).fetchall()


def test_chinese_column_names_are_quoted(project: Path) -> None:
    feed = find_feed("tide_gauges")
    table = feed.tables["observations"]
    column = Column(type="decimal", description_zh="潮位", description_en="Level", name="tide_level_m")
    wider = table.model_copy(update={"columns": {**table.columns, "潮位": column}})
    sql = staging_sql(feed, "observations", wider)
    assert "cast(nullif(\"潮位\", '') as decimal(24, 6)) as tide_level_m," in sql


def test_lines_stay_short(project: Path) -> None:
    main(["generate"])
    for path in (DEFAULT_PROJECT / "models" / "staging").glob("*/stg_*.sql"):
        assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= 110
    shutil.rmtree(project)


def test_every_feed_has_a_page_that_says_what_its_file_says(project: Path) -> None:
    generate.generate()
    feed = find_feed("tide_gauges")
    page = (project.parent / "feeds" / "tide_gauges.md").read_text(encoding="utf-8")
    for said in (feed.title_zh, feed.title_en, feed.publisher.name_zh, feed.licence, feed.schedule.cron):
        assert said in page
    for name, table in feed.tables.items():
        assert f"表 `{name}`" in page
        for column, declared in table.columns.items():
            row = next(line for line in page.splitlines() if line.startswith(f"| `{column}` |"))
            assert declared.description_zh in row and declared.description_en in row
            assert (declared.unit or "") in row
    assert "1. 尚未发现 / none found yet" in page
    assert "raw/inbox/tide_gauges/" in page
    assert "[tide_gauges](tide_gauges.md)" in (project.parent / "feeds/README.md").read_text(encoding="utf-8")


def test_a_page_says_what_of_the_calendar_a_table_is_held_to() -> None:
    air, bureau, customs = (
        pages.page(find_feed(name)) for name in ("environment_air", "bureau_nbs", "customs_declarations")
    )
    assert "- 说明月份的列 / the month is told by: `DATE`\n" in air
    assert air.count("never told as missing") == 6
    assert "promised for these months only: 2026-03 – …\n" in bureau
    assert "the month is told by: `PERIOD`，至 / through `LAST_MONTH`\n" in customs


def test_a_page_of_nobody_is_stale_and_removed(project: Path) -> None:
    generate.generate()
    left = project.parent / "feeds" / "gone.md"
    left.write_text((project.parent / "feeds" / "tide_gauges.md").read_text("utf-8"), encoding="utf-8")
    ours = project.parent / "feeds" / "NOTES.md"
    ours.write_text("# written by hand", encoding="utf-8")
    assert generate.stale_files() == [left]
    generate.generate()
    assert not left.exists() and ours.exists()


def test_a_pattern_does_not_break_the_grid_of_a_page(project: Path) -> None:
    feed = project.parent / "feeds" / "tide_gauges.yml"
    feed.write_text(
        feed.read_text("utf-8")
        .replace("# pattern: '\\d+' ", "pattern: 'A|B'")
        .replace("        # name: value_cny", "        # name:"),
        encoding="utf-8",
    )
    assert find_feed("tide_gauges").tables["observations"].columns["OBS_VALUE"].pattern == "A|B"
    generate.generate()
    page = (project.parent / "feeds" / "tide_gauges.md").read_text(encoding="utf-8")
    assert "`A\\|B`" in page


def test_when_a_feed_was_last_seen_is_told_but_not_committed(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAW_LANDING", str(project.parent / "landing"))
    generate.generate()
    page = (project.parent / "feeds" / "tide_gauges.md").read_text(encoding="utf-8")
    assert main(["page", "tide_gauges"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(page)
    assert "尚无 / none yet" in shown.removeprefix(page)


def test_a_feed_of_a_stand_in_says_so(project: Path) -> None:
    from raw.feed import DEFAULT_FEEDS
    from raw.pages import page

    told = page(find_feed("bureau_statistics", DEFAULT_FEEDS))
    assert "no live publisher was asked" in told
    assert "`half_month`" in told
    assert "RAW_BUREAU_STATISTICS_URL" in told


def test_what_stands_for_nothing_is_null_from_staging_on() -> None:
    """Thousands commas, "?" for no unit, and the quantity that says nothing where its unit is "?"."""
    feed = find_feed("customs_declarations")
    sql = generate.staging_sql(feed, "lines", feed.table("lines"))
    with duckdb.connect() as connection:
        said = {
            name: connection.execute(
                f"select {expression} from (select '0' as \"第二数量\", '?' as \"第二计量单位\", "
                "'639,240,426' as \"人民币\", '-' as \"第一数量\")"
            ).fetchone()
            for name, expression in {
                "second": _between(sql, "second_quantity_value"),
                "unit": _between(sql, "second_unit_zh"),
                "first": _between(sql, "first_quantity_value"),
                "money": _between(sql, "trade_value_cny"),
            }.items()
        }
    assert {name: str(row[0]) for name, row in said.items() if row} == {
        "second": "None",
        "unit": "None",
        "first": "None",
        "money": "639240426.000000",
    }


def _between(sql: str, name: str) -> str:
    """The expression of one column of a staging model."""
    before = sql[: sql.index(f" as {name}")]
    return before[before.rindex("\n    cast(") :]
