"""Monthly totals of the customs: the listing, the workbook, its reconciliations, the faults."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from raw import fetch, xlsx
from raw.doors import Extract, Original, file_listing
from raw.errors import BadInput
from raw.feed import find_feed
from raw.land import Landed, pull, vintages
from raw.readers import Rows, check_rows, read_part, trade_totals_workbook
from raw.replica.clock import end_of
from raw.replica.faults import Fault, Faults
from raw.replica.server import faults_of, serve
from raw.replica.table import figures

SPECIMEN = (
    Path(__file__).parents[3] / "shared/feeds/2_customs/specimens/thirdparty_city_totals_2024_2025.xlsx"
)
FEED = find_feed("customs_monthly_totals")
TOTALS = FEED.table("totals")
LATE = date(2024, 12, 31)
FACTS = {
    "RELEASE": "R1",
    "RELEASE_TITLE": "t",
    "RELEASE_PUBLISHER": "p",
    "RELEASED_ON": "2021-08-12",
    "RELEASE_URL": "-",
    "RELEASE_MARKS": "-",
    "LISTED_PERIOD": "2021-07",
}
HEADER = ["时间", "进出口_当月", "进出口_年初至今", "出口_年初至今", "进口_年初至今"]


def workbook(
    *rows: list[object],
    sheet: str = "青岛市",
    edition: str = "人民币值",
    unit: str | None = "亿元",
    header: list[str] = HEADER,
    title: str | None = None,
) -> bytes:
    """A workbook of one sheet, whose title names the sheet and the period of the last row unless given."""
    year, _, month = max((str(row[0]) for row in rows if row[0]), default="2021-07").partition("-")
    period = f"{year}年{int(month)}月" if month.isdigit() else "2021年7月"
    book = openpyxl.Workbook()
    book.active.title = sheet
    book.active.append([title or f"{period}{sheet}进出口总值表（{edition}）"])
    book.active.append([f"单位：{unit}"] if unit else [None])
    for row in (header, *rows):
        book.active.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def read(content: bytes) -> list[tuple[str | None, ...]]:
    rows = trade_totals_workbook.read(content, TOTALS, "x.xlsx")
    return [
        tuple(record[name] for name in ("AREA", "TIME", "ITEM", "MEASURE", "VALUE"))
        for record in rows.records
    ]


def refusal(content: bytes) -> str:
    with pytest.raises(BadInput) as refused:
        read(content)
    return str(refused.value)


@contextmanager
def stand_in(monkeypatch: pytest.MonkeyPatch, day: date = LATE) -> Iterator[Faults]:
    monkeypatch.setattr(fetch, "_be_polite", lambda url, interval: None)
    with serve(now=end_of(day)) as running:
        monkeypatch.setenv("RAW_CUSTOMS_MONTHLY_TOTALS_URL", f"{running.url}/customs_monthly_totals")
        yield running.faults


@pytest.fixture(autouse=True)
def empty_inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAW_INBOX", str(tmp_path / "inbox"))


def rows_by_release(landed: list[Landed]) -> dict[str, int]:
    return {one.manifest["facts"]["RELEASE"]: one.manifest["row_count"] for one in landed}


# --- the true figures ------------------------------------------------------------------------------------


def test_every_bundled_figure_comes_through_as_known_on_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stand_in(monkeypatch, date(2022, 12, 31)):
        early = rows_by_release(pull(FEED, date(2022, 12, 31), landing_root=tmp_path))
    with stand_in(monkeypatch):
        late = rows_by_release(pull(FEED, LATE, landing_root=tmp_path))
    assert early == {"S117": 12, "S119": 2, "S052": 14, "S046": 28, "S047": 2}
    assert late == {**early, "S051": 16, "S048": 24, "S055": 6}
    assert sum(late.values()) == len(figures("customs_monthly_totals")) == 104


def test_a_past_day_is_not_told_what_came_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with stand_in(monkeypatch):
        landed = pull(FEED, date(2021, 8, 11), landing_root=tmp_path)
    assert set(rows_by_release(landed)) == {"S119", "S052", "S117"}


def test_unchanged_releases_make_no_new_vintage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with stand_in(monkeypatch):
        pull(FEED, LATE, landing_root=tmp_path)
        assert not any(one.is_new for one in pull(FEED, LATE, landing_root=tmp_path))


def test_a_link_to_another_host_is_refused_unasked_and_keeps_no_other_file_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = file_listing.fetch
    with stand_in(monkeypatch), serve(now=end_of(LATE)) as elsewhere:

        def tampered(
            url: str, accept: tuple[str, ...] = (), policy: fetch.Policy = fetch.DEFAULT_POLICY
        ) -> fetch.Fetched:
            answer = plain(url, accept=accept, policy=policy)
            there = f'href="{elsewhere.url}/customs_monthly_totals/tjyb/'.encode()
            return replace(answer, content=answer.content.replace(b'href="', there, 1))

        monkeypatch.setattr(file_listing, "fetch", tampered)
        with pytest.raises(BadInput, match=f"found a link to {elsewhere.url}"):
            pull(FEED, LATE, landing_root=tmp_path)
        assert elsewhere.requests == []
    assert len(vintages(tmp_path, "customs_monthly_totals", "totals", LATE)) == 7


# --- the workbook ----------------------------------------------------------------------------------------


def test_every_figure_is_a_row_and_a_dash_is_none() -> None:
    assert read(workbook(["2021-07", 758.7, 4736.4, 2656, "-"])) == [
        ("青岛市", "2021-07", "进出口", "当月", "758.7"),
        ("青岛市", "2021-07", "进出口", "年初至今", "4736.4"),
        ("青岛市", "2021-07", "出口", "年初至今", "2656"),
    ]


def with_saved_values(content: bytes, **values: str) -> bytes:
    """The workbook as a spreadsheet program saves it: beside each formula the value it gave."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        for member in old.namelist():
            text = old.read(member)
            if member == "xl/worksheets/sheet1.xml":
                for cell, value in values.items():
                    text = re.sub(
                        rf'(<c r="{cell}"[^>]*><f>[^<]*</f>)(<v ?/>|<v></v>)'.encode(),
                        rf"\1<v>{value}</v>".encode(),
                        text,
                    )
            new.writestr(member, text)
    return packed.getvalue()


def test_a_formula_without_its_value_is_refused_and_never_read_as_no_figure() -> None:
    """Written by a program that does not calculate, a formula has no value until somebody opens the file."""
    unsaved = workbook(["2021-07", None, "=D4+E4", 2656, 2080.4], ["2021-06", "=1+1", 2, None, None])
    told = refusal(unsaved)
    assert (
        "x.xlsx, 青岛市!C4: 发现 found 公式没有算出的值 / the formula '=D4+E4' without the value it gave"
        in told
    )
    assert "青岛市!B5" in told and "recalculate and save" in told
    saved = with_saved_values(workbook(["2021-07", None, "=D4+E4", 2656, 2080.4]), C4="4736.4")
    assert ("青岛市", "2021-07", "进出口", "年初至今", "4736.4") in read(saved)


def edited(content: bytes, edit: Callable[[Worksheet], object]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    edit(book.worksheets[0])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


@pytest.mark.parametrize("shown_as", ["0%", "0.0%"])
def test_a_rate_stored_as_a_percentage_is_refused_and_not_a_hundred_times_too_small(shown_as: str) -> None:
    header = ["时间", "进出口_年初至今", "进出口_年初至今同比"]
    content = workbook(["2021-07", 4736.4, 0.12], header=header)

    def format_rate(sheet: Worksheet) -> None:
        sheet["C4"].number_format = shown_as

    told = refusal(edited(content, format_rate))
    assert "x.xlsx, 青岛市!C4: 发现 found 百分比格式的数 0.12" in told and shown_as in told
    assert ("青岛市", "2021-07", "进出口", "年初至今同比", "0.12") in read(content)


def test_a_cell_at_the_far_end_of_a_sheet_is_refused_before_anything_walks_to_it() -> None:
    far = edited(workbook(["2021-07", 758.7, 4736.4, 2656, 2080.4]), lambda sheet: sheet.cell(9999, 16384, 1))
    assert len(far) < 10_000
    assert "x.xlsx, sheet 青岛市: 发现 found 9999 rows and 16384 columns" in refusal(far)


def test_a_figure_below_an_empty_header_is_refused_and_not_left_out() -> None:
    def clear(sheet: Worksheet) -> None:
        sheet["D3"] = None

    told = refusal(edited(workbook(["2021-07", 758.7, 4736.4, 2656, 2080.4]), clear))
    assert "x.xlsx, 青岛市!D4: 发现 found 空表头之下有 / '2656' below an empty header" in told
    assert len(read(edited(workbook(["2021-07", 758.7, 4736.4, None, 2080.4]), clear))) == 3


@pytest.mark.parametrize("area", ["D3:E3", "B4:C4", "A4:A5", "E2:E3"])
def test_a_merged_range_in_header_or_rows_is_refused_and_drops_no_figure(area: str) -> None:
    content = workbook(["2021-07", 758.7, 4736.4, 2656, 2080.4], ["2021-06", 600, 3975.2, 2200, 1775.2])
    told = refusal(edited(content, lambda sheet: sheet.merge_cells(area)))
    assert f"x.xlsx, 青岛市!{area}: 发现 found 合并的单元格 / a merged range in the table" in told


def test_a_merged_title_and_a_merged_note_hide_nothing() -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("A1:E1")
        sheet.merge_cells("A5:E6")

    content = workbook(["2021-07", 758.7, 4736.4, 2656, 2080.4], ["注：快报数", None, None, None, None])
    assert len(read(edited(content, merge))) == 4


def hide_sheet(sheet: Worksheet) -> None:
    other = sheet.parent.copy_worksheet(sheet)
    other.title, other.sheet_state = "烟台市", "hidden"


def hide_row(sheet: Worksheet) -> None:
    sheet.row_dimensions[5].hidden = True


def hide_columns(sheet: Worksheet) -> None:
    sheet.column_dimensions.group("D", "F", hidden=True)


@pytest.mark.parametrize(
    ("hide", "said"),
    [
        (hide_sheet, ["x.xlsx, 烟台市: 发现 found 隐藏的工作表"]),
        (hide_row, ["x.xlsx, 青岛市, row 5: 发现 found 隐藏的行"]),
        (hide_columns, [f"x.xlsx, 青岛市, column {one}: 发现 found 隐藏的列" for one in "DE"]),
    ],
)
def test_what_nobody_can_see_is_not_published(hide: Callable[[Worksheet], object], said: list[str]) -> None:
    content = workbook(["2021-07", 758.7, 4736.4, 2656, 2080.4], ["2021-06", 600, 3975.2, 2200, 1775.2])
    told = refusal(edited(content, hide))
    assert all(one in told for one in said) and "column F" not in told


def test_a_hidden_sheet_row_or_column_without_anything_hides_nothing() -> None:
    def hide(sheet: Worksheet) -> None:
        sheet.parent.create_sheet("Sheet2").sheet_state = "veryHidden"
        sheet.row_dimensions[9].hidden = True
        sheet.column_dimensions["J"].hidden = True

    content = edited(workbook(["2021-07", 758.7, 4736.4, 2656, 2080.4]), hide)
    assert list(xlsx.sheet_values(content, "x.xlsx", trade_totals_workbook.EXTENT)) == ["青岛市", "Sheet2"]


@pytest.mark.parametrize(
    ("title", "sheet", "said"),
    [
        ("2021年6月青岛市进出口总值表", "青岛市", "found 2021年6月 (2021-06) above rows to 2021-07"),
        ("2021年1-6月青岛市进出口总值表", "青岛市", "found 2021年1-6月 (2021-06) above rows to 2021-07"),
        ("2021年青岛市进出口总值表", "青岛市", "found 2021年 (2021) above rows to 2021-07"),
        (
            "2021年二季度青岛市进出口总值表",
            "青岛市",
            "found a period that is not understood in '2021年二季度",
        ),
        (
            "2021年7月烟台市进出口总值表",
            "青岛市",
            "found 烟台市；应为 expected 青岛市, as the sheet is called",
        ),
        ("2021年7月青岛市西海岸新区进出口总值表", "青岛市", "found 西海岸新区；应为 expected 青岛市"),
        ("2021年7月青岛关区进出口总值表", "青岛市", "found 青岛关区；应为 expected 青岛市"),
        ("2021年7月全国进出口总值表", "青岛市", "found 全国；应为 expected 青岛市"),
        ("2021年7月青岛市进出口总值表", "Sheet1", "found 青岛市；应为 expected Sheet1"),
    ],
)
def test_a_title_of_another_period_or_area_is_refused(title: str, sheet: str, said: str) -> None:
    content = workbook(["2021-07", None, 4736.4, None, None], sheet=sheet, title=f"{title}（人民币值）")
    told = refusal(content)
    assert f"x.xlsx, {sheet}, title: 发现 {said}" in told


@pytest.mark.parametrize(
    ("title", "sheet", "time"),
    [
        ("2021年1－7月 青岛市进出口总值表", "青岛市", "2021-07"),
        ("山东省青岛市2021年7月进出口总值表", "青岛市", "2021-07"),
        ("2021年7月青岛市西海岸新区进出口总值表", "西海岸新区", "2021-07"),
        ("2021年7月进出口商品总值表", "全国", "2021-07"),
        ("2020年青岛市进出口总值表", "青岛市", "2020"),
        ("2020年青岛市进出口总值表", "青岛市", "2020-12"),
        ("进出口商品收发货人所在地总值表", "青岛市", "2021-07"),
    ],
)
def test_a_title_that_says_the_same_as_its_rows_or_nothing_is_taken(
    title: str, sheet: str, time: str
) -> None:
    content = workbook([time, None, 4736.4, None, None], sheet=sheet, title=f"{title}（人民币值）")
    assert read(content) == [(sheet, time, "进出口", "年初至今", "4736.4")]


def test_a_value_below_zero_is_refused_and_a_falling_rate_is_not() -> None:
    told = refusal(workbook(["2021-07", 758.7, -4736.4, None, None]))
    assert "x.xlsx, 青岛市!C4: 发现 found 进出口_年初至今 -4736.4；应为 expected no value below zero" in told
    header = ["时间", "进出口_年初至今", "进出口_年初至今同比"]
    assert len(read(workbook(["2021-07", 4736.4, -12.5], header=header))) == 2


@pytest.mark.parametrize("text", ["NaN", "Infinity", "sNaN"])
def test_a_figure_that_is_no_number_is_said_by_its_cell(text: str) -> None:
    rows = trade_totals_workbook.read(workbook(["2021-07", None, text, 2656, 2080.4]), TOTALS, "x.xlsx")
    records = [{**record, **FACTS} for record in rows.records]
    told = Rows([*rows.columns, *FACTS], records, rows.places)
    with pytest.raises(BadInput, match=f"青岛市!C4, column VALUE: 发现 found '{text}'"):
        check_rows(told, TOTALS, "x.xlsx")


def test_a_workbook_without_a_figure_is_refused() -> None:
    assert "x.xlsx: 发现 found no figure in any sheet" in refusal(workbook())
    assert "no figure in any sheet" in refusal(workbook([None, None, "-", None, None]))


def test_january_and_february_come_together() -> None:
    assert read(workbook(["2023-02", None, 1244.9, None, None])) == [
        ("青岛市", "2023-02", "进出口", "年初至今", "1244.9")
    ]


def test_both_editions_each_with_its_unit() -> None:
    rows = trade_totals_workbook.read(
        workbook(["2015-03", None, 163.8, 100.6, 63.2], edition="美元值", unit="亿美元"), TOTALS, "x.xlsx"
    )
    assert {(record["EDITION"], record["UNIT"]) for record in rows.records} == {("美元值", "亿美元")}
    assert "found unit 亿元；应为 expected 亿美元" in refusal(
        workbook(["2015-03", None, 1, None, None], edition="美元值")
    )


@pytest.mark.parametrize("unit", ["万元", None])
def test_another_unit_or_none_is_refused(unit: str | None) -> None:
    assert "expected 亿元" in refusal(workbook(["2021-07", None, 4736.4, None, None], unit=unit))


def test_exports_and_imports_add_up_to_the_total_but_for_rounding() -> None:
    assert read(workbook(["2021-07", None, 4736.4, 2656, 2080.4]))
    assert "together 4746.4；应为 expected the total 4736.4" in refusal(
        workbook(["2021-07", None, 4736.4, 2656.0, 2090.4])
    )


def test_an_unknown_column_is_refused() -> None:
    header = [*HEADER[:-1], "进口_累计"]
    assert "an unknown column '进口_累计'" in refusal(workbook(["2021-07", 1, 2, 3, 4], header=header))


def test_a_table_of_major_commodities_is_no_table_of_totals() -> None:
    header = ["商品", "单位", "当月数量", "当月金额", "累计数量", "累计金额"]
    told = refusal(workbook(["大豆", "万吨", 1, 2, 3, 4], header=header))
    assert "no column '时间'" in told


def test_the_period_of_the_page_is_the_one_inside(tmp_path: Path) -> None:
    content = workbook(["2021-06", None, 3975.2, None, None])
    extract = Extract((Original("x.xlsx", content),), "x", "xlsx", facts=FACTS)
    with pytest.raises(BadInput, match="figures of 2021-06；应为 expected 2021-07"):
        read_part(extract, TOTALS, tmp_path / "part.parquet")


def test_a_workbook_that_unpacks_to_a_thousand_times_its_size_is_refused() -> None:
    content = io.BytesIO(workbook(["2021-07", None, 3975.2, None, None]))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", bytes(trade_totals_workbook.LIMITS.max_unpacked))
    assert "when unpacked" in refusal(content.getvalue())


def test_mirrored_national_columns_are_refused() -> None:
    swapped = ["2024-03", None, 1016929821, 443147628, 573782193]
    told = refusal(workbook(swapped, sheet="全国"))
    assert "national imports of 573782193 above exports of 443147628" in told and "look exchanged" in told
    assert read(workbook(["2024-03", None, 1016929821, 573782193, 443147628], sheet="全国"))


def test_the_compilation_that_goes_round_is_refused_for_its_mirrored_columns(tmp_path: Path) -> None:
    if not SPECIMEN.is_file():
        pytest.skip("the compilation is not beside this repository")
    extract = Extract((Original(SPECIMEN.name, SPECIMEN),), "x", "xlsx", facts=FACTS)
    with pytest.raises(BadInput) as refused:
        read_part(extract, TOTALS, tmp_path / "part.parquet")
    told = str(refused.value)
    assert (
        "全国, row 4: 发现 found national imports of 573782193 above exports of 443147628 by 2024-03" in told
    )
    assert "no unit above the table" in told


# --- the faults ------------------------------------------------------------------------------------------

LANDS = {Fault.WRONG_CONTENT_TYPE, Fault.PATH_LIKE_NAME, Fault.COLUMN_MOVED}
RETRIED = {Fault.STATUS_429, Fault.STATUS_500, Fault.STATUS_504, Fault.CONNECTION_RESET}
SLOW = {Fault.SLOW_DRIP, Fault.ZIP_BOMB}


@pytest.mark.parametrize("fault", sorted(set(faults_of("customs_monthly_totals")) - SLOW - RETRIED))
def test_every_fault_ends_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    """The second release of the list, S117, is spoilt; it has all three totals."""
    day = date(2021, 8, 1)
    with stand_in(monkeypatch, day) as faults:
        pull(FEED, day, landing_root=tmp_path / "before")
        faults.on("customs_monthly_totals", fault)
        try:
            landed, told = pull(FEED, day, landing_root=tmp_path / "after"), ""
        except BadInput as error:
            landed, told = [], str(error)
    if fault in LANDS:
        assert set(rows_by_release(landed)) == {"S119", "S052", "S117"}
        return
    assert "Remedy:" in told
    kept = list((tmp_path / "after").glob("customs_monthly_totals/totals/quarantine/*/problems.json"))
    assert kept
    parts = list((tmp_path / "after").glob("customs_monthly_totals/totals/vintage=*"))
    # What lands under a fault is what it could not hurt: a lone total may be revised in silence.
    assert len(parts) <= (1 if fault in (Fault.SILENT_REVISION, Fault.LAST_MONTH) else 0)
