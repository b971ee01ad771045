"""From the bulletin's cell to the landed bytes."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import openpyxl
import pytest

from raw.errors import BadInput
from tests.warehouse.small_build import LANDING_ID, make_build, make_landing
from warehouse import trace as tracing
from warehouse.connect import sha256_of
from warehouse.release import release
from warehouse.trace import trace

GDP_2022 = "v-fct_observations-GDP-CN-370211-A-2022-LEVEL"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("world")
    build = make_build(root / "builds" / "b")
    make_landing(root / "landing")
    return release(build, build / "verdict.json", root / "data").path, root / "landing"


def test_gdp_of_2022_is_traced_to_the_landed_row(world: tuple[Path, Path]) -> None:
    found = trace(world[0], GDP_2022, world[1])
    assert found.printed == "4691.85"
    (origin,) = found.origins
    assert origin.row["source_id"] == "S002"
    assert origin.source is not None
    assert "2022年国民经济和社会发展统计公报" in origin.source["title"]
    assert origin.landing is not None
    assert origin.landing.landing_id == LANDING_ID
    assert origin.landing.sha256 == sha256_of(origin.landing.file)
    # The record spans two lines of the file: it is quoted with its line break, after the header.
    assert origin.landing.verbatim.splitlines()[1:] == [
        'QWC:OBS(1.0),GDP,CN-370211,2022,4691.85,"地区生产总值,',
        'S002"',
    ]
    assert origin.landing.verbatim.splitlines()[1].encode() in origin.landing.file.read_bytes()
    for said in ("4691.85", "S002", origin.landing.sha256, "2026-11-24T02:00:00Z", "row 5"):
        assert said in found.text


def test_every_id_of_the_bulletin_can_be_traced(world: tuple[Path, Path]) -> None:
    page = (world[0] / "bulletin.html").read_text(encoding="utf-8")
    ids = re.findall(r'id="(v-[^"]+)"', page)
    assert len(ids) == len(set(ids)) > 50
    for cell in ids:
        found = trace(world[0], cell, world[1])
        assert found.printed
        assert found.origins or found.citation or found.progress, cell


def test_a_computed_figure_shows_the_values_it_rests_on(world: tuple[Path, Path]) -> None:
    found = trace(world[0], "v-fct_target_progress-qwc-14-01-value", world[1])
    assert [(o.row["reference_period"], o.landing is not None) for o in found.origins] == [
        ("2021", True),
        ("2022", True),
    ]
    assert "DEC-01" in found.text


def test_a_baseline_leads_to_the_plan(world: tuple[Path, Path]) -> None:
    found = trace(world[0], "v-fct_target_progress-qwc-14-03-baseline_value", world[1])
    assert found.citation == "规划纲要指标表第3项，原文 as printed “30”"
    assert found.origins == ()


def test_unknown_cell_names_the_nearest(world: tuple[Path, Path]) -> None:
    with pytest.raises(BadInput) as refused:
        trace(world[0], GDP_2022.replace("2022", "2032"), world[1])
    assert GDP_2022 in str(refused.value)


def test_a_damaged_landed_byte_is_found(world: tuple[Path, Path], tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    shutil.copytree(world[1], landing)
    file = landing / LANDING_ID / "observations.csv"
    content = bytearray(file.read_bytes())
    content[-10] ^= 1
    file.write_bytes(bytes(content))
    with pytest.raises(
        BadInput, match=r"observations\.csv: 发现 found sha256 \w+；应为 expected sha256"
    ) as refused:
        trace(world[0], GDP_2022, landing)
    assert "pull again" in str(refused.value)


def test_a_missing_vintage_is_told(world: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"manifest\.json"):
        trace(world[0], GDP_2022, tmp_path)


def test_a_cell_of_a_workbook_is_quoted(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "填报"
    sheet.append(["指标", "数值"])
    sheet.append(["轨道交通营运里程", 67.5])
    file = tmp_path / "return.xlsx"
    book.save(file)
    assert tracing._verbatim(file, 2, "填报!B2") == "填报!B2 = 67.5\nA2=轨道交通营运里程 | B2=67.5"


REPORTED = [
    "create table fct_project_progress(plan_id varchar, project_id varchar, counted_as_project_id varchar,"
    " status varchar, reason_zh varchar, reason_en varchar, source_id varchar, evidence varchar)",
    "insert into fct_project_progress select 'qwc-14', unnest(['P01-04', 'P07-02']), 'P01-04', 'on_schedule',"
    " '提出', 'Proposed', 'R-qwc-14-zrzyj-2022-12', '会议纪要'",
    "insert into dim_source select 'R-qwc-14-zrzyj-2022-12', '责任单位月度报表', '自然资源局', 'responsible_unit', 1,"
    " date '2023-01-16', 'day', '', 'returned'",
    "create schema intermediate",
    "create table intermediate.int_project_stages__reached(plan_id varchar, project_id varchar, stage_id varchar,"
    " stage_no integer, reached_on date, planned_on date, completed_quantity decimal(24,6), evidence varchar,"
    " source_id varchar, origin varchar, landing_id varchar, file_sha256 varchar, row_number bigint, place varchar)",
]


def test_a_project_leads_to_the_rows_of_the_returned_workbook(tmp_path: Path) -> None:
    landing_id = "unit_returns/project_milestones/vintage=2023-01-20"
    folder = tmp_path / "landing" / landing_id
    folder.mkdir(parents=True)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "项目"
    sheet.append(["项目", "阶段", "到达日期"])
    sheet.append(["P01-04", "proposed", "2021-12-18"])
    book.save(folder / "return.xlsx")
    digest = sha256_of(folder / "return.xlsx")
    manifest = {"files": {"return.xlsx": digest}, "sha256": digest}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    stage = (
        "insert into intermediate.int_project_stages__reached values ('qwc-14', 'P01-04', 'proposed', 1,"
        " '2021-12-18', null, null, '会议纪要', 'R-qwc-14-zrzyj-2022-12', 'returned',"
        f" '{landing_id}', '{digest}', 1, '项目!B2')"
    )
    build = make_build(tmp_path / "b", sql=[*REPORTED, stage])
    # The second entry of a project rests on the same reports as the first.
    for project in ("P01-04", "P07-02"):
        found = trace(build, f"v-fct_project_progress-qwc-14-{project}-status", tmp_path / "landing")
        (origin,) = found.origins
        assert origin.source is not None
        assert origin.source["publisher"] == "自然资源局"
        assert origin.landing is not None
        assert origin.landing.verbatim == "项目!B2 = proposed\nA2=P01-04 | B2=proposed | C2=2021-12-18"
        assert "到达 reached 2021-12-18；依据 evidence 会议纪要 (returned)" in found.text
        assert digest in found.text
