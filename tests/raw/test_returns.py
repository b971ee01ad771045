"""The return workbook: made by us, filled in by people, checked cell by cell."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from raw import readers, returns
from raw.errors import BadInput
from raw.feed import Table, load_feed
from raw.land import pull, vintages
from raw.readers import Rows, returns_workbook
from raw.replica.clock import CHINA
from raw.replica.sample_returns import IN_OTHER_FEED, NOT_PUBLISHED, write_sample_returns
from raw.replica.table import figures

TABLE: Table = load_feed(Path(returns.__file__).parent / "feeds" / "unit_returns.yml").tables["returns"]
PLAN = returns.load_plan()
NAME = "wjj_2022-12.xlsx"
CONTENT_TYPES = "[Content_Types].xml"
MISSING = {"OBS_STATUS": "O", "MISSING_REASON": "年报未出 / yearbook not out yet"}
GIVEN = {
    "OBS_STATUS": "A",
    "STAGE": "final",
    "EVIDENCE_DOCUMENT": "2022年卫生健康统计年报",
    "EVIDENCE_DATE": "2023-01-10",
}


@cache
def filled(unit: str = "wjj", month: str = "2022-12", **first: str) -> bytes:
    """A good return: the first asked row holds ``first`` with its evidence, all others say missing."""
    asks = PLAN.asks(PLAN.unit(unit), month)
    answers = [{**returns.asked_row(ask), **MISSING} for ask in asks]
    if first:
        answers[0] = {**returns.asked_row(asks[0]), **GIVEN, **first}
    return returns.workbook(
        PLAN,
        PLAN.unit(unit),
        month,
        answers=answers,
        reporter="张三 / Zhang San",
        reported_on=date(2023, 1, 16),
    )


def edited(edit: Callable[[Workbook], object], content: bytes | None = None) -> bytes:
    """The workbook after a person's edit."""
    book = load_workbook(io.BytesIO(content or filled(VALUE="81.6")))
    edit(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rows_edited(edit: Callable[[Worksheet], object]) -> bytes:
    return edited(lambda book: edit(book["填报"]))


def put(sheet: str, **cells: object) -> bytes:
    def edit(book: Workbook) -> None:
        for place, value in cells.items():
            book[sheet][place].value = value

    return edited(edit)


def read(content: bytes, name: str = NAME) -> Rows:
    rows = readers.read("returns_workbook", content, TABLE, name)
    readers.check_rows(rows, TABLE, name)
    return rows


def english(told: str) -> str:
    """What the messages say in English alone; the Chinese before each `` / `` is left out."""
    told = told.replace("发现 found ", "found ").replace("；应为 expected ", "; expected ")
    told = told.replace("。处理 Remedy: ", ". Remedy: ")
    return re.sub(
        r"(?:(?<=found )|(?<=expected )|(?<=Remedy: ))[^/\n;]*?[\u4e00-\u9fff][^/\n;]*? / ", "", told
    )


def refusal(content: bytes, name: str = NAME) -> str:
    with pytest.raises(BadInput) as caught:
        read(content, name)
    return english(str(caught.value))


def repacked(content: bytes, change: Callable[[dict[str, bytes]], object]) -> bytes:
    """The archive after a change of its members."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return out.getvalue()


# --- the form -----------------------------------------------------------------------------------------------


def test_asked_are_the_plan_years_up_to_the_month_and_the_running_year_of_monthly_indicators() -> None:
    def asked(unit: str, month: str) -> list[tuple[str, str, str, str]]:
        return [
            (ask.indicator.code, ask.period, ask.frequency, ask.measure)
            for ask in PLAN.asks(PLAN.unit(unit), month)
        ]

    assert asked("gdzhb", "2021-04") == []
    assert asked("gdzhb", "2022-12") == [("12", "2021", "A", "LEVEL"), ("12", "2022", "A", "LEVEL")]
    assert asked("swj", "2022-11") == [
        ("09", "2021", "A", "LEVEL"),
        ("09", "2022-11", "M", "YTD"),
        ("10", "2021", "A", "LEVEL"),
        ("10", "2022-11", "M", "YTD"),
    ]
    assert ("19", "2022", "A", "YOY") in asked("fgj", "2022-12")
    assert {period for _, period, _, _ in asked("rsj", "2027-03")} == {"2021", "2022", "2023", "2024", "2025"}


def test_every_unit_is_found_by_each_of_its_names_and_a_near_miss_is_guessed() -> None:
    for unit in PLAN.units:
        assert all(PLAN.unit(name) == unit for name in unit.names)
    assert PLAN.unit("区卫生健康局").unit_id == "wjj"
    with pytest.raises(BadInput, match="did you mean wjj 区卫健局"):
        PLAN.unit("区卫生局")


def test_every_indicator_of_the_plan_is_asked_of_somebody() -> None:
    asked = {ask.indicator.code for unit in PLAN.units for ask in PLAN.asks(unit, "2022-12")}
    assert asked == {f"{code:02}" for code in range(1, 26)}


def test_the_form_is_the_same_bytes_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = filled(VALUE="81.6")
    filled.cache_clear()
    monkeypatch.setattr(time, "time", lambda: 4_000_000_000.0)
    assert hashlib.sha256(filled(VALUE="81.6")).digest() == hashlib.sha256(first).digest()
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2022-12-01T00:00:00Z" in archive.read("docProps/core.xml")


def test_the_form_locks_what_the_plan_says_and_leaves_the_answers_open() -> None:
    book = load_workbook(io.BytesIO(filled()))
    assert book.sheetnames == ["填报说明", "封面", "填报", "项目", "下达", "编码表"]
    sheet = book["填报"]
    assert sheet.protection.sheet
    assert [sheet[f"{letter}2"].protection.locked for letter in "ADGHIKM"] == [True] * 3 + [False] * 4
    assert not sheet["A12"].protection.locked, "a person may add rows below"
    assert sheet.freeze_panes == "C2"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.orientation == "landscape"
    ranges = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert ranges["I2:I37"] == '"A,P,E,B,D,O,L,M"'
    assert ranges["A2:A37"] == "'编码表'!$B$2:$B$72"
    ids = [cell.value for cell in book["编码表"]["B"]]
    assert ids[1:6] == ["18", "21", "24", "T001", "T004"], "its own indicators, then the targets open to it"
    assert {"T047", "P09-02", "in_operation", "counted"} <= set(ids)
    assert not {"T002", "P01-01"} & set(ids), "another unit's target, and a heading"
    projects = {str(rule.sqref): rule.formula1 for rule in book["项目"].data_validations.dataValidation}
    assert str(projects["A2:A241"]).startswith("'编码表'!$B$73:")
    locked = [row for row in range(2, 242) if book["项目"][f"A{row}"].protection.locked]
    assert locked == [], "a unit of fifty projects reports several stages of each"
    assert str(ids[72]).startswith("P"), "projects follow the targets"
    assert book["封面"]["B4"].value == "wjj"
    assert book["封面"]["B6"].value == "2022-12"
    assert "Answer every row" in str(book["填报说明"]["A6"].value)


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("http://x.example")', "+1", "-1", "@SUM(A1)"])
def test_text_never_becomes_a_formula(text: str) -> None:
    content = filled(VALUE="81.6", NOTE=text)
    cell = load_workbook(io.BytesIO(content))["填报"]["N2"]
    assert (cell.data_type, cell.value, cell.quotePrefix) == ("s", text, True)
    assert read(content).records[0]["NOTE"] == text


# --- reading ------------------------------------------------------------------------------------------------


def test_a_good_return_becomes_rows_with_scope_place_and_day() -> None:
    rows = read(filled(VALUE="81.6"))
    assert rows.scope == "PLAN_ID=qwc-14|UNIT_ID=wjj|RETURN_MONTH=2022-12"
    assert rows.not_before == date(2023, 1, 16)
    assert rows.published_at == "2023-01-16"
    assert rows.places == [f"填报!H{number}" for number in range(2, 8)]
    assert rows.records[0] == {
        "PLAN_ID": "qwc-14",
        "UNIT_ID": "wjj",
        "RETURN_MONTH": "2022-12",
        "REPORTER": "张三 / Zhang San",
        "REPORTED_ON": "2023-01-16",
        "INDICATOR_CODE": "18",
        "REFERENCE_PERIOD": "2021",
        "FREQUENCY": "A",
        "MEASURE": "LEVEL",
        "VALUE": "81.6",
        "UNIT": "岁",
        "OBS_STATUS": "A",
        "STAGE": "final",
        "EVIDENCE_DOCUMENT": "2022年卫生健康统计年报",
        "EVIDENCE_DATE": "2023-01-10",
        "MISSING_REASON": None,
        "NOTE": None,
        "EVIDENCE_REFERENCE": None,
        "PRICE_BASIS": None,
    }
    assert rows.records[1]["VALUE"] is None
    assert rows.records[1]["OBS_STATUS"] == "O"


@pytest.mark.parametrize(
    ("entered", "text"),
    [
        (97, "97"),
        (97.0, "97"),
        (52.38, "52.38"),
        (52.380000000000003, "52.38"),
        (0.1 + 0.2, "0.3"),
        (1e-5, "0.00001"),
        (-0.5, "-0.5"),
        (0, "0"),
        (123456789012.5, "123456789012.5"),
        ("67.50", "67.50"),
        (" 67.5 ", "67.5"),
    ],
)
def test_the_text_of_a_number_is_what_the_cell_holds(entered: object, text: str) -> None:
    assert read(put("填报", H2=entered)).records[0]["VALUE"] == text


@settings(max_examples=15, deadline=None)
@given(st.decimals(min_value=-(10**8), max_value=10**8, places=4))
def test_any_number_of_four_places_comes_back_equal(number: object) -> None:
    assert float(read(put("填报", H2=float(str(number)))).records[0]["VALUE"] or "") == float(str(number))


def test_the_bytes_hold_the_number_as_it_was_given() -> None:
    with zipfile.ZipFile(io.BytesIO(filled(VALUE="81.6"))) as archive:
        assert b"<v>81.6</v>" in archive.read("xl/worksheets/sheet3.xml")


def with_shared_strings(members: dict[str, bytes]) -> None:
    """Spreadsheet programs save text in a table of its own; openpyxl writes it in place."""
    texts: list[bytes] = []

    def share(match: re.Match[bytes]) -> bytes:
        texts.append(match[1])
        return b't="s"><v>%d</v>' % (len(texts) - 1)

    for name in [name for name in members if name.startswith("xl/worksheets/")]:
        members[name] = re.sub(rb't="inlineStr"><is>(.*?)</is>', share, members[name], flags=re.DOTALL)
    items = b"".join(b"<si>" + text + b"</si>" for text in texts)
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    members["xl/sharedStrings.xml"] = b'<sst xmlns="' + main + b'">' + items + b"</sst>"
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    part = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'" /></Types>'
    members[CONTENT_TYPES] = members[CONTENT_TYPES].replace(b"</Types>", part)


def test_a_workbook_saved_by_a_spreadsheet_program_reads_the_same() -> None:
    content = repacked(filled(VALUE="81.6"), with_shared_strings)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"inlineStr" not in archive.read("xl/worksheets/sheet3.xml")
    assert read(content) == read(filled(VALUE="81.6"))


def test_a_person_may_add_rows_below_and_drop_a_dated_copy() -> None:
    row = {
        "A": "21",
        "D": "人",
        "E": "2020",
        "F": "A",
        "G": "LEVEL",
        "H": 2.9,
        "I": "A",
        "K": "规划",
        "L": "2021-04-01",
    }
    extra = {f"{letter}9": value for letter, value in row.items()}
    rows = read(put("填报", **extra), f"2023-02-01_{NAME}")
    added = rows.records[-1]
    assert (added["INDICATOR_CODE"], added["REFERENCE_PERIOD"], added["VALUE"]) == ("21", "2020", "2.9")
    assert rows.places[-1] == "填报!H9"


def test_a_web_address_in_the_evidence_is_no_external_link() -> None:
    def link(sheet: Worksheet) -> None:
        sheet["K2"].hyperlink = "https://bureau.example/yearbook"

    assert read(rows_edited(link)).records[0]["EVIDENCE_DOCUMENT"] == "2022年卫生健康统计年报"


@pytest.mark.parametrize(
    ("cells", "where", "message"),
    [
        ({"H2": "abc"}, "H2", "found 'abc'; expected a number"),
        ({"H2": "1,234.5"}, "H2", "enter the bare number 1234.5"),
        ({"H2": "９７．５"}, "H2", "enter the bare number 97.5"),
        ({"H2": "52.38%"}, "H2", "enter the bare number 52.38"),
        ({"H2": "1,23"}, "H2", "expected a number. Remedy: enter a bare number"),
        ({"H2": "=C2*2"}, "H2", "found the formula '=C2*2'; expected a value, not a formula"),
        ({"K2": "=A1"}, "K2", "found the formula"),
        ({"H2": "#N/A"}, "H2", "expected a number"),
        ({"H2": True}, "H2", "expected a number"),
        ({"H2": datetime(2022, 1, 1)}, "H2", "expected a number"),
        ({"H2": 100 / 3}, "H2", "at most 6 decimal places"),
        ({"H2": 10**18}, "H2", "at most 18 digits"),
        ({"D2": "%"}, "D2", "found '%'; expected '岁', the plan's unit of 18"),
        ({"D2": None}, "D2", "found nothing; expected '岁'"),
        ({"B2": "森林覆盖率"}, "B2", "expected '人均预期寿命', the name of 18"),
        ({"A2": "26"}, "A2", "found '26'; expected an indicator code of 区卫健局: 18, 21, 24"),
        ({"A2": "17"}, "A2", "17 森林覆盖率 is returned by 自然资源局"),
        ({"E2": "2022"}, "E3", "18 / 2022 a second time (first in row 2)"),
        ({"E2": "2023"}, "E2", "expected a period that ends by the return month 2022-12"),
        ({"E2": "2021-12"}, "E2", "a period of frequency A as text, like 2022"),
        ({"E2": datetime(2021, 12, 1)}, "E2", "a period of frequency A as text"),
        ({"F2": "W"}, "F2", "expected A (year), Q (quarter) or M (month)"),
        ({"G2": "YTD"}, "G2", "found 'YTD'; expected LEVEL"),
        ({"K2": None}, "K2", "found nothing; expected the document the value stands in"),
        ({"L2": None}, "L2", "expected the date of the evidence"),
        ({"L2": "2023年1月9日"}, "L2", "Remedy: write 2023-01-09"),
        ({"L2": "2023-02-30"}, "L2", "expected the date of the evidence"),
        ({"L2": "10/01/2023"}, "L2", "Remedy: write it like 2022-12-31"),
        ({"L2": "2023-01-17"}, "L2", "up to the day of reporting, 2023-01-16"),
        ({"I2": "O"}, "I2", "found 'O'; expected the status of a value: A, P, E, B, D"),
        ({"I2": None}, "I2", "expected the status of a value"),
        ({"I2": "Z"}, "I2", "found 'Z'"),
        ({"J2": "draft"}, "J2", "expected preliminary, final, revised or nothing"),
        ({"M3": None}, "M3", "found nothing; expected the reason why the value is missing"),
        ({"I3": None, "M3": None}, "H3", "found nothing; expected a value, or status O with the reason"),
        ({"I3": "A"}, "I3", "found 'A'; expected without a value: O, L, M"),
        ({"Q2": "x"}, "Q2", "nothing right of column P"),
        ({"P2": "current"}, "P2", "expected real, nominal or nothing"),
        ({"P2": "real"}, "P2", "only a growth rate has a price basis"),
        ({"H1": "金额"}, "H1", "found '金额'; expected the header"),
        ({"Q1": "more"}, "Q1", "no further column"),
        ({"O1": None, "O2": "a.pdf"}, "O2", "found 'a.pdf'; expected nothing in a column without a header"),
        ({"O2": "C:\\returns\\a.pdf"}, "O2", "expected a URL, a document number or a file name"),
        ({"O2": "/home/a.pdf"}, "O2", "nobody else can open a path of your computer"),
        ({"O2": "javascript:alert(1)"}, "O2", "expected a URL, a document number or a file name"),
        ({"O2": "https:///a"}, "O2", "expected a whole web address"),
        ({"O2": "a" * 501}, "O2", "one line of at most 500 characters"),
        ({"O2": "=HYPERLINK(A1)"}, "O2", "found the formula"),
    ],
)
def test_a_wrong_cell_is_told_with_sheet_and_cell(cells: dict[str, object], where: str, message: str) -> None:
    told = refusal(put("填报", **cells))
    assert f"{NAME}, sheet 填报, cell {where}: " in told
    assert message in told


@pytest.mark.parametrize(
    ("cells", "where", "message"),
    [
        ({"B3": "qwc-15"}, "B3", "found 'qwc-15'; expected a plan id, one of qwc-14"),
        ({"B4": "xyz"}, "B4", "found 'xyz'; expected the id of a responsible unit: fgj 区发改局"),
        ({"B5": "区教体局"}, "B5", "expected 区卫健局, the name of wjj"),
        ({"B6": "2022年12月"}, "B6", "expected a month as text, like 2022-12"),
        ({"B7": None}, "B7", "expected the name of the person who reports"),
        ({"B8": None}, "B8", "expected the date of reporting"),
        ({"B8": "2022-11-30"}, "B8", "a date in 2022-12 or later"),
        ({"B8": datetime(2999, 1, 1)}, "B8", "found '2999-01-01'; expected a date up to today"),
        ({"B8": "=TODAY()"}, "B8", "a value, not a formula"),
        ({"A4": "单位"}, "A4", "expected the label '单位编号 / Unit id'"),
    ],
)
def test_a_wrong_cover_is_told_with_its_cell(cells: dict[str, object], where: str, message: str) -> None:
    told = refusal(put("封面", **cells))
    assert f"{NAME}, sheet 封面, cell {where}: " in told
    assert message in told


def test_a_code_turned_into_a_number_is_told_how_to_write_it() -> None:
    def as_number(book: Workbook) -> None:
        book["填报"]["A2"].number_format = "General"
        book["填报"]["A2"].value = 9

    told = refusal(edited(as_number, filled("swj", "2022-11")), "swj_2022-11.xlsx")
    assert "cell A2: found '9'" in told
    assert "write it as text: '09" in told


def test_a_percentage_cell_is_refused_because_it_holds_a_hundredth() -> None:
    def as_percent(sheet: Worksheet) -> None:
        sheet["H2"].value = 0.5238
        sheet["H2"].number_format = "0.00%"

    assert "enter 52.38" in refusal(rows_edited(as_percent))


def test_a_year_reported_before_its_end_needs_no_value() -> None:
    def early(book: Workbook) -> None:
        book["封面"]["B8"].value = "2022-12-20"
        book["填报"]["L2"].value = "2022-03-01"

    assert len(read(edited(early)).records) == 6

    def too_early(book: Workbook) -> None:
        early(book)
        for place, value in {"H3": 81.7, "I3": "A", "K3": "快报", "L3": "2022-12-19", "M3": None}.items():
            book["填报"][place].value = value

    assert "cell E3: found '2022'; expected a period that had ended" in refusal(edited(too_early))


def test_a_bare_number_is_no_date() -> None:
    def bare(sheet: Worksheet) -> None:
        sheet["L2"].number_format = "General"
        sheet["L2"].value = 44927

    assert "cell L2: found '44927'; expected the date of the evidence" in refusal(rows_edited(bare))


def test_all_problems_of_a_file_are_told_at_once() -> None:
    def spoil(book: Workbook) -> None:
        book["封面"]["B7"].value = None
        book["填报"]["H2"].value = "abc"
        book["填报"]["K2"].value = None
        book["填报"]["M3"].value = None

    with pytest.raises(BadInput) as caught:
        read(edited(spoil))
    cells = [problem.where.rsplit(", ", 1)[1] for problem in caught.value.problems]
    assert cells == ["cell B7", "cell H2", "cell K2", "cell M3"]


def test_an_asked_row_that_was_removed_is_missed() -> None:
    told = refusal(rows_edited(lambda sheet: sheet.delete_rows(3)))
    assert "no row for 18 人均预期寿命 / 2022" in told


def test_month_and_unit_must_agree_with_the_file_name() -> None:
    told = refusal(filled(), "wjj_2022-11.xlsx")
    assert "expected the file name wjj_2022-12.xlsx" in told
    assert "expected the file name" in refusal(filled(), "rsj_2022-12.xlsx")


def test_sheets_must_be_those_of_the_form() -> None:
    assert "no sheet 填报" in refusal(edited(lambda book: book.remove(book["填报"])))
    assert "sheet 草稿: found a sheet that is not of the form" in refusal(
        edited(lambda book: book.create_sheet("草稿"))
    )


def test_rows_far_below_are_refused_not_ignored() -> None:
    assert "more than 2000 rows" in refusal(put("填报", A1048576="x"))


# --- the container ------------------------------------------------------------------------------------------


def _broken_files() -> Iterator[tuple[str, bytes, str, str]]:
    good = filled(VALUE="81.6")
    yield "empty", b"", NAME, "an empty file"
    yield "not a zip", b"unit,value\n", NAME, "not a zip archive"
    yield "encrypted", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), NAME, "encrypted with a password"
    yield "truncated", good[: len(good) // 2], NAME, "broken or truncated"
    yield "one byte", good.replace(b"81.6", b"91.6"), NAME, "broken or truncated"
    yield "macro name", good, "wjj_2022-12.xlsm", "save it without macros"
    yield "csv name", good, "wjj_2022-12.csv", "found a file ending in .csv"
    yield "no ending", good, "wjj_2022-12", "found a file ending in nothing"
    yield "too large", good + bytes(returns_workbook.MAX_BYTES), NAME, "at most 5000000"


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [pytest.param(*case[1:], id=case[0]) for case in _broken_files()],
)
def test_a_file_that_is_no_workbook_is_refused(content: bytes, name: str, message: str) -> None:
    assert message in refusal(content, name)


RELATION = (
    b'<Relationships><Relationship Id="r9" Type="x/%s" Target="http://h.example/" TargetMode="External"/>'
)


@pytest.mark.parametrize(
    ("member", "content", "message"),
    [
        ("xl/vbaProject.bin", b"x", "found macros"),
        (
            CONTENT_TYPES,
            b"<Types>application/vnd.ms-excel.sheet.macroEnabled.main+xml</Types>",
            "found macros",
        ),
        ("xl/externalLinks/externalLink1.xml", b"<a/>", "an external link"),
        ("xl/embeddings/oleObject1.bin", b"x", "embedded object"),
        ("xl/connections.xml", b"<a/>", "an external link"),
        ("xl/_rels/workbook.xml.rels", RELATION % b"externalLinkPath", "an external link"),
        ("xl/styles.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', "an entity declaration"),
        ("xl/workbook.xml", b"<workbook", "a damaged workbook"),
        ("xl/worksheets/sheet3.xml", b"not xml", "a damaged workbook"),
        ("xl/big.bin", bytes(returns_workbook.MAX_UNPACKED), "when unpacked"),
    ],
)
def test_an_archive_with_what_no_form_holds_is_refused(member: str, content: bytes, message: str) -> None:
    bad = repacked(filled(), lambda members: members.update({member: content}))
    assert message in refusal(bad)


def test_too_many_members_and_none_of_a_workbook_are_refused() -> None:
    many = repacked(filled(), lambda members: members.update({f"x{n}": b"" for n in range(300)}))
    assert "members in the archive" in refusal(many)
    assert "is no workbook" in refusal(repacked(filled(), lambda members: members.pop("xl/workbook.xml")))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_sheet_is_refused_or_read_but_never_a_crash(data: st.DataObject) -> None:
    good = repacked(filled(VALUE="81.6"), with_shared_strings)
    member = data.draw(
        st.sampled_from(
            ["xl/worksheets/sheet3.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"]
        )
    )

    def damage(members: dict[str, bytes]) -> None:
        content = bytearray(members[member])
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
        members[member] = bytes(content)

    try:
        assert read(repacked(good, damage)).scope == "PLAN_ID=qwc-14|UNIT_ID=wjj|RETURN_MONTH=2022-12"
    except BadInput as error:
        assert NAME in str(error)


# --- text targets, projects and assigned values -------------------------------------------------------------

FEED = load_feed(Path(returns.__file__).parent / "feeds" / "unit_returns.yml")
ANSWER_T047 = {
    "INDICATOR_CODE": "T047", "UNIT": "人", "REFERENCE_PERIOD": "2021", "FREQUENCY": "A", "MEASURE": "LEVEL",
    "VALUE": "3.1", "EVIDENCE_REFERENCE": "https://www.example.gov.cn/a.html", **GIVEN,
}  # fmt: skip
STARTED = {"PROJECT_ID": "P09-02", "STAGE_ID": "started", "REACHED_ON": "2022-06-30"}
PLANNED = {"PROJECT_ID": "P09-02", "STAGE_ID": "in_operation", "PLANNED_ON": "2025-09-30"}
COUNTED = {
    "PROJECT_ID": "P15-01", "STAGE_ID": "counted", "COMPLETED_QUANTITY": "21", "QUANTITY_UNIT": "所",
}  # fmt: skip
SHARE = {"PROJECT_ID": "P20-12", "STAGE_ID": "counted", "COMPLETED_QUANTITY": "40", "QUANTITY_UNIT": "%"}
ASSIGNED = {
    "INDICATOR_CODE": "13", "ASSIGNED_PERIOD": "2022", "BASE_YEAR": "2021", "ASSIGNED_VALUE": "3.2", "UNIT": "%",
    "ASSIGNING_AUTHORITY": "市发改委", "DOCUMENT_TITLE": "关于下达2022年能耗强度目标的通知",
    "DOCUMENT_NO": "青发改〔2022〕1号", "DOCUMENT_DATE": "2022-03-01",
}  # fmt: skip


def full(
    unit: str = "wjj",
    *,
    answers: tuple[dict[str, str], ...] = (),
    projects: tuple[dict[str, str], ...] = (),
    assignments: tuple[dict[str, str], ...] = (),
    is_form: bool = False,
) -> bytes:
    """A return of December 2022 that says nothing of its indicators, and the rows given."""
    asks = PLAN.asks(PLAN.unit(unit), "2022-12")
    return returns.workbook(
        PLAN,
        PLAN.unit(unit),
        "2022-12",
        answers=[*({**returns.asked_row(ask), **MISSING} for ask in asks), *answers],
        projects=projects,
        assignments=assignments,
        reporter="张三 / Zhang San",
        reported_on=date(2023, 1, 16),
        is_form=is_form,
    )


def part(content: bytes, table: str, name: str = NAME) -> Rows:
    rows = readers.read("returns_workbook", content, FEED.tables[table], name)
    if not rows.is_absent:
        readers.check_rows(rows, FEED.tables[table], name)
    return rows


def part_refusal(content: bytes, table: str, name: str = NAME) -> str:
    with pytest.raises(BadInput) as caught:
        part(content, table, name)
    return english(str(caught.value))


def test_a_text_target_is_returned_like_an_indicator_with_the_place_of_its_evidence() -> None:
    rows = read(full(answers=(ANSWER_T047,)))
    assert (rows.records[-1]["INDICATOR_CODE"], rows.records[-1]["VALUE"]) == ("T047", "3.1")
    assert rows.records[-1]["EVIDENCE_REFERENCE"] == "https://www.example.gov.cn/a.html"
    without = {**ANSWER_T047, "EVIDENCE_REFERENCE": ""}
    told = refusal(full(answers=(without,)))
    assert (
        f"{NAME}, sheet 填报, cell O8: found nothing; expected a URL, a document number or a file name"
        in told
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"INDICATOR_CODE": "T035"}, "T035 空气优良天数达到292天以上 is returned by 区生态环境分局"),
        ({"INDICATOR_CODE": "T999"}, "found 'T999'; expected an indicator code of 区卫健局"),
        ({"INDICATOR_CODE": "B001"}, "found 'B001'; expected an indicator code of 区卫健局"),
        ({"UNIT": "个"}, "expected '人', the plan's unit of T047"),
        ({"MEASURE": "YTD"}, "found 'YTD'; expected LEVEL"),
    ],
)
def test_a_wrong_text_target_is_told(change: dict[str, str], message: str) -> None:
    assert message in refusal(full(answers=({**ANSWER_T047, **change},)))


def text_target(code: str, value: str) -> dict[str, str]:
    target = PLAN.indicator(code)
    assert target is not None
    return {
        **returns.asked_row(returns.Ask(target, "2022", "A")),
        **GIVEN,
        "VALUE": value,
        "EVIDENCE_REFERENCE": "a.pdf",
    }


@pytest.mark.parametrize(
    ("code", "value", "message"),
    [
        ("T011", "9000", "found '9000'; expected a share from 0 to 100 per cent"),
        ("T011", "-5", "found '-5'; expected a share from 0 to 100 per cent"),
        ("T043", "45000", "at most 100 times the 9.1 万个 the plan prints for T043"),
        ("T042", "2.5", "found '2.5'; expected a whole number of 所"),
        ("T042", "-1", "found '-1'; expected a quantity of zero or more"),
        ("T022", "7", "found '7'; expected 1 (reached) or 0 (not)"),
    ],
)
def test_a_figure_that_its_kind_of_target_does_not_allow_is_told(code: str, value: str, message: str) -> None:
    unit, name = owner_of(code)
    assert message in refusal(full(unit, answers=(text_target(code, value),)), name)


@pytest.mark.parametrize(
    ("code", "value"),
    [("T011", "100"), ("T043", "4.55"), ("T042", "0"), ("T022", "1"), ("T002", "-1.5"), ("T047", "3.1")],
)
def test_a_figure_that_its_kind_of_target_allows_is_read(code: str, value: str) -> None:
    unit, name = owner_of(code)
    assert read(full(unit, answers=(text_target(code, value),)), name).records[-1]["VALUE"] == value


def owner_of(code: str) -> tuple[str, str]:
    """A unit that may return it, and the name of its return."""
    unit = next(unit for unit in PLAN.units if code in {found.code for found in PLAN.open_to(unit)})
    return unit.unit_id, f"{unit.unit_id}_2022-12.xlsx"


def test_a_unit_of_which_no_figure_is_asked_reports_projects_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In June 2021 no year is over: the health bureau has nothing to say of its indicators."""
    unit, month = PLAN.unit("wjj"), "2021-06"
    assert PLAN.asks(unit, month) == ()

    def june(**parts: object) -> bytes:
        return returns.workbook(PLAN, unit, month, reporter="张三", reported_on=date(2021, 7, 5), **parts)  # type: ignore[arg-type]

    name = "wjj_2021-06.xlsx"
    told = refusal(june(), name)
    assert "sheets 填报、项目、下达: found no filled row" in told
    assert "Remedy: fill it in; where there is nothing to tell, send none" in told
    monkeypatch.setenv("RAW_INBOX", str(tmp_path / "inbox"))
    (tmp_path / "inbox/unit_returns").mkdir(parents=True)
    (tmp_path / "inbox/unit_returns" / name).write_bytes(june(projects=({**PLANNED},)))
    assert "0 行 / rows" in returns.check(tmp_path / "inbox/unit_returns" / name)
    pull(FEED, date(2021, 8, 1), landing_root=tmp_path / "landing")
    known = vintages(tmp_path / "landing", "unit_returns", "project_milestones", date(2021, 8, 1))
    assert [vintage.manifest["row_count"] for vintage in known] == [1]
    assert vintages(tmp_path / "landing", "unit_returns", "returns", date(2021, 8, 1)) == []


def test_project_rows_are_read_with_scope_place_and_day() -> None:
    rows = part(full(projects=(STARTED, PLANNED, COUNTED)), "project_milestones")
    assert rows.scope == "PLAN_ID=qwc-14|UNIT_ID=wjj|RETURN_MONTH=2022-12"
    assert rows.places == ["项目!B2", "项目!B3", "项目!B4"]
    assert rows.not_before == date(2023, 1, 16)
    found = [(r["PROJECT_ID"], r["STAGE_ID"], r["REACHED_ON"], r["PLANNED_ON"]) for r in rows.records]
    assert found == [
        ("P09-02", "started", "2022-06-30", None),
        ("P09-02", "in_operation", None, "2025-09-30"),
        ("P15-01", "counted", None, None),
    ]
    assert rows.records[2]["COMPLETED_QUANTITY"] == "21"


@pytest.mark.parametrize(
    ("change", "cell", "message"),
    [
        ({"PROJECT_ID": "P99-01"}, "A2", "found 'P99-01'; expected the id of a project of the plan"),
        ({"PROJECT_ID": "P01-01"}, "A2", "P01-01 is a heading over several"),
        ({"STAGE_ID": "reviewed"}, "B2", "a stage of a project of type build: proposed, approved, land"),
        ({"STAGE_ID": "counted"}, "B2", "found 'counted'; expected a stage of a project of type build"),
        ({"REACHED_ON": "2023-01-17"}, "C2", "expected a date up to the day of reporting, 2023-01-16"),
        ({"REACHED_ON": ""}, "C2", "expected the day it was reached, or the day planned"),
        ({"STAGE_ID": "in_operation"}, "G2", "evidence that a final stage was reached"),
        ({"COMPLETED_QUANTITY": "3"}, "E2", "expected nothing: P09-02 is measured by its stages"),
        ({"EVIDENCE": "D:/a.pdf"}, "G2", "expected a URL, a document number or a file name"),
        ({**COUNTED, "QUANTITY_UNIT": "个"}, "F2", "expected '所', the plan's unit of P15-01"),
        ({**COUNTED, "COMPLETED_QUANTITY": "-1"}, "E2", "expected a quantity of zero or more"),
        ({**COUNTED, "COMPLETED_QUANTITY": ""}, "E2", "found nothing; expected the quantity completed"),
        ({**COUNTED, "COMPLETED_QUANTITY": "60"}, "G2", "evidence that a final stage was reached"),
        ({**COUNTED, "STAGE_ID": "started"}, "B2", "a stage of a project of type quantity: counted"),
        (
            {**COUNTED, "COMPLETED_QUANTITY": "60000"},
            "E2",
            "at most 100 times the 60 所 the plan prints for P15-01",
        ),
        ({**COUNTED, "COMPLETED_QUANTITY": "21.5"}, "E2", "expected a whole number of 所"),
        ({**SHARE, "COMPLETED_QUANTITY": "300"}, "E2", "expected a share from 0 to 100 per cent"),
        ({"REACHED_ON": "1993-06-30"}, "C2", "expected a date from 2011-01-01 to 2035-12-31"),
        ({"PLANNED_ON": "2205-09-30"}, "D2", "expected a date from 2011-01-01 to 2035-12-31"),
    ],
)
def test_a_wrong_project_row_is_told_with_its_cell(change: dict[str, str], cell: str, message: str) -> None:
    told = part_refusal(full(projects=({**STARTED, **change},)), "project_milestones")
    assert f"{NAME}, sheet 项目, cell {cell}: " in told
    assert message in told


@pytest.mark.parametrize(
    ("column", "cell", "day"), [("REACHED_ON", "C3", "2021-05-31"), ("PLANNED_ON", "D3", "2021-05-31")]
)
def test_a_later_stage_has_no_earlier_day(column: str, cell: str, day: str) -> None:
    """Completed in 2021 before it was started in 2022: one of the two is a slip."""
    first = {**STARTED, "REACHED_ON": "", column: "2022-06-30"}
    later = {**STARTED, "REACHED_ON": "", "STAGE_ID": "completed", column: day}
    told = part_refusal(full(projects=(first, later)), "project_milestones")
    assert f"cell {cell}: found '{day}'; expected a day not before that of the stage before it" in told
    assert "started on 2022-06-30" in told
    same_day = {**later, column: "2022-06-30"}
    assert len(part(full(projects=(same_day, first)), "project_milestones").records) == 2


def test_a_stage_the_plan_asks_for_needs_evidence_too() -> None:
    asked = next(one for one in PLAN.projects if one.required_stage_id == "started")
    row = {"PROJECT_ID": asked.project_id, "STAGE_ID": "started", "REACHED_ON": "2022-06-30"}
    assert "evidence that a final stage" in part_refusal(full(projects=(row,)), "project_milestones")
    assert part(full(projects=({**row, "EVIDENCE": "开工令.pdf"},)), "project_milestones").records


def test_a_stage_stands_once_and_no_formula_passes() -> None:
    assert "each stage of a project once" in part_refusal(
        full(projects=(STARTED, STARTED)), "project_milestones"
    )
    content = edited(lambda book: book["项目"].__setitem__("H2", "=A1"), full(projects=(STARTED,)))
    assert "cell H2: found the formula '=A1'" in part_refusal(content, "project_milestones")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_text_of_a_project_never_becomes_a_formula(text: str) -> None:
    content = full(projects=({**STARTED, "NOTE": text},))
    cell = load_workbook(io.BytesIO(content))["项目"]["H2"]
    assert (cell.data_type, cell.value, cell.quotePrefix) == ("s", text, True)
    assert part(content, "project_milestones").records[0]["NOTE"] == text


def test_assigned_values_are_read_from_the_unit_that_owes_the_indicator() -> None:
    name = "fgj_2022-12.xlsx"
    rows = part(full("fgj", assignments=(ASSIGNED,)), "superior_assignments", name)
    assert rows.records[0]["ASSIGNED_VALUE"] == "3.2"
    assert rows.places == ["下达!D2"]
    for change, message in (
        ({"INDICATOR_CODE": "14"}, "that the superior authority assigns: 13"),
        ({"ASSIGNED_PERIOD": "2026"}, "expected a year of the plan, or 2021-2025"),
        ({"BASE_YEAR": ""}, "expected the base year, like 2020"),
        ({"BASE_YEAR": "2030"}, "expected a year from 2011 to 2021, before the period ends"),
        ({"ASSIGNED_VALUE": ""}, "expected the value assigned"),
        ({"ASSIGNED_VALUE": "1550"}, "expected from -100 to 100"),
        ({"UNIT": "吨"}, "expected '%', the plan's unit of 13"),
        ({"DOCUMENT_TITLE": ""}, "expected the title of the document"),
        ({"DOCUMENT_DATE": "2023-02-01"}, "expected a date up to the day of reporting"),
    ):
        content = full("fgj", assignments=({**ASSIGNED, **change},))
        assert message in part_refusal(content, "superior_assignments", name)


def test_a_rate_of_growth_can_state_its_price_basis() -> None:
    plan = returns.load_plan()
    unit = plan.unit("fgj")
    ask = next(one for one in plan.asks(unit, "2022-12") if one.indicator.code == "19")
    answers = [
        {**returns.asked_row(one), **(GROWN if one == ask else {"OBS_STATUS": "O", "MISSING_REASON": "x"})}
        for one in plan.asks(unit, "2022-12")
    ]
    content = returns.workbook(
        plan, unit, "2022-12", answers=answers, reporter="x", reported_on=date(2023, 1, 16)
    )
    records = readers.read("returns_workbook", content, TABLE, "fgj_2022-12.xlsx").records
    stated = {
        (row["INDICATOR_CODE"], row["MEASURE"], row["PRICE_BASIS"]) for row in records if row["PRICE_BASIS"]
    }
    assert stated == {("19", ask.measure, "nominal")}


GROWN = {
    "VALUE": "5.2", "OBS_STATUS": "A", "EVIDENCE_DOCUMENT": "公报", "EVIDENCE_DATE": "2023-01-10",
    "PRICE_BASIS": "nominal",
}  # fmt: skip


def older(content: bytes) -> bytes:
    """The workbook as the form was before there were text targets and projects."""

    def take_away(book: Workbook) -> None:
        for title in ("项目", "下达", "编码表"):
            book.remove(book[title])
        book["填报"].delete_cols(15, 2)

    return edited(take_away, content)


def test_an_older_workbook_is_read_and_says_nothing_of_projects() -> None:
    content = older(filled(VALUE="81.6"))
    rows = read(content)
    assert len(rows.records) == 6
    assert {record["EVIDENCE_REFERENCE"] for record in rows.records} == {None}
    assert part(content, "project_milestones").is_absent
    assert part(content, "superior_assignments").is_absent
    assert not part(filled(VALUE="81.6"), "project_milestones").is_absent


def test_what_was_returned_of_projects_stays_unless_it_is_corrected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Absent says nothing; a row that is gone from a correction is gone; an emptied sheet is refused."""
    monkeypatch.setenv("RAW_INBOX", str(tmp_path / "inbox"))
    inbox = tmp_path / "inbox/unit_returns"
    inbox.mkdir(parents=True)
    landing = tmp_path / "landing"

    def rows_after(content: bytes) -> list[int]:
        (inbox / NAME).write_bytes(content)
        pull(FEED, date(2023, 2, 1), landing_root=landing)
        known = vintages(landing, "unit_returns", "project_milestones", date(2023, 2, 1))
        return [vintage.manifest["row_count"] for vintage in known]

    assert rows_after(filled(VALUE="81.6")) == [], "an empty sheet is no vintage"
    assert rows_after(full(projects=(STARTED, PLANNED))) == [2]
    assert rows_after(older(filled(VALUE="81.6"))) == [2]
    assert rows_after(full(projects=(STARTED,))) == [2, 1]
    with pytest.raises(BadInput, match="no rows"):
        rows_after(full(is_form=True))
    refused = landing / "unit_returns/project_milestones/quarantine"
    assert [path.name for path in refused.glob("*/*.xlsx")] == [NAME], "the bytes are kept"


def test_a_bad_project_sheet_does_not_keep_the_figures_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAW_INBOX", str(tmp_path / "inbox"))
    (tmp_path / "inbox/unit_returns").mkdir(parents=True)
    bad = full(projects=({**STARTED, "STAGE_ID": "reviewed"},))
    (tmp_path / "inbox/unit_returns" / NAME).write_bytes(bad)
    with pytest.raises(BadInput, match="cell B2"):
        pull(FEED, date(2023, 2, 1), landing_root=tmp_path / "landing")
    assert len(vintages(tmp_path / "landing", "unit_returns", "returns", date(2023, 2, 1))) == 1


def test_a_return_nobody_fills_in_has_no_empty_sheets_and_reads_the_same() -> None:
    bare = full(projects=(STARTED,))
    assert load_workbook(io.BytesIO(bare)).sheetnames == ["填报说明", "封面", "填报", "项目"]
    form = full(projects=(STARTED,), is_form=True)
    assert read(bare).records == read(form).records
    assert part(bare, "project_milestones").records == part(form, "project_milestones").records


# --- the command line ---------------------------------------------------------------------------------------


def test_new_writes_a_form_once_and_check_tells_what_is_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert returns.main(["new", "--unit", "区卫生健康局", "--month", "2022-12", "--out", str(tmp_path)]) == 0
    path = tmp_path / NAME
    assert capsys.readouterr().out.strip() == str(path)
    assert returns.main(["new", "--unit", "wjj", "--month", "2022-12", "--out", str(tmp_path)]) == 2
    assert "a file of that name" in capsys.readouterr().err
    assert returns.main(["check", str(path)]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 8
    path.write_bytes(filled(VALUE="81.6"))
    assert returns.main(["check", str(path)]) == 0
    assert "6 行 / rows, 1 个数值 / values, 5 个缺数 / missing" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--month", "2022-13"], ["--month", "2019-12"], ["--month", "2022-1"]])
def test_new_refuses_a_month_that_is_none_or_before_the_plan(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert returns.main(["new", "--unit", "wjj", "--out", str(tmp_path), *arguments]) == 2
    assert "expected a month" in english(capsys.readouterr().err)
    assert list(tmp_path.iterdir()) == []


def test_check_of_an_absent_file_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert returns.main(["check", str(tmp_path / NAME)]) == 2
    assert "No such file" in capsys.readouterr().err


def test_the_plan_is_read_from_the_seeds_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in returns.DEFAULT_SEEDS.glob("*.csv"):
        shutil.copy(seed, tmp_path)
    units = tmp_path / "responsible_units.csv"
    units.write_text(units.read_text(encoding="utf-8") + "xyj,区新局,New Bureau,\n", encoding="utf-8")
    monkeypatch.setenv("PLAN_SEEDS", str(tmp_path))
    assert returns.load_plan().unit("区新局").unit_id == "xyj"
    units.write_text("unit_id,name_zh\n", encoding="utf-8")
    with pytest.raises(BadInput, match="also name_en, aliases"):
        returns.load_plan()
    units.unlink()
    with pytest.raises(BadInput, match="no such file"):
        returns.load_plan()


def test_a_feed_that_declares_other_columns_is_refused() -> None:
    narrow = TABLE.model_copy(
        update={"columns": {name: column for name, column in TABLE.columns.items() if name != "NOTE"}}
    )
    with pytest.raises(BadInput, match="NOTE on one side only"):
        returns_workbook.read(filled(), narrow, NAME)


# --- the bundled samples ------------------------------------------------------------------------------------


def test_samples_hold_every_published_figure_and_say_where_there_is_none(tmp_path: Path) -> None:
    paths = write_sample_returns(tmp_path)
    assert [path.name for path in paths] == [f"{unit.unit_id}_2021-04.xlsx" for unit in PLAN.units]
    records = [record for path in paths for record in read(path.read_bytes(), path.name).records]
    series = {found.code: found.series_code for found in PLAN.indicators}
    given = {
        (series[str(record["INDICATOR_CODE"])], record["REFERENCE_PERIOD"], record["VALUE"])
        for record in records
        if record["VALUE"] is not None
    }
    published = {
        (f.cells["INDICATOR"], f.cells["TIME_PERIOD"], f.cells["OBS_VALUE"]) for f in figures("unit_returns")
    }
    assert given == published, "no figure but the published ones, and all of them"
    assert {record["INDICATOR_CODE"] for record in records} == set(series)
    reasons = {record["MISSING_REASON"] for record in records if record["VALUE"] is None}
    assert reasons == {NOT_PUBLISHED, IN_OTHER_FEED}
    assert {record["REPORTED_ON"] for record in records} == {"2021-04-30"}


def test_sample_evidence_is_the_source_as_it_was_out_by_then(tmp_path: Path) -> None:
    path = next(path for path in write_sample_returns(tmp_path) if path.name.startswith("gdzhb"))
    [row] = read(path.read_bytes(), path.name).records
    assert (row["INDICATOR_CODE"], row["REFERENCE_PERIOD"], row["VALUE"], row["UNIT"]) == (
        "12",
        "2020",
        "67.5",
        "公里",
    )
    assert "青西新管发〔2021〕11号" in str(row["EVIDENCE_DOCUMENT"])
    assert row["EVIDENCE_DATE"] == "2021-04-01"
    reported = datetime(2021, 4, 30, 23, 59, 59, tzinfo=CHINA)
    assert all(figure.known_from <= reported for figure in figures("unit_returns"))


def test_samples_are_the_same_bytes_and_leave_an_edited_file_alone(tmp_path: Path) -> None:
    first = write_sample_returns(tmp_path / "a")
    second = write_sample_returns(tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    first[0].write_bytes(b"a person was here")
    assert write_sample_returns(tmp_path / "a") == first
    assert first[0].read_bytes() == b"a person was here"
    assert len(list((tmp_path / "a").iterdir())) == len(PLAN.units), "no draft is left behind"


def test_who_fills_in_a_return_reads_chinese_first() -> None:
    """Every phrase of the form's own rules is Chinese, then English; what stands in a cell stays as it is."""
    with pytest.raises(BadInput) as caught:
        read(put("填报", H2="abc", I2="Z", K2=None, L2="2023年1月9日", M3=None), NAME)
    assert len(caught.value.problems) == 5
    for problem in caught.value.problems:
        assert re.match(r"[^/]*[\u4e00-\u9fff][^/]* / [^\u4e00-\u9fff]+$", problem.expected), problem.expected
        assert re.match(r"[^/]*[\u4e00-\u9fff][^/]* / [^\u4e00-\u9fff]+$", problem.remedy), problem.remedy
    told = str(caught.value).splitlines()[0]
    assert told.startswith(
        f"{NAME}, sheet 填报, cell H2: 发现 found 'abc'；应为 expected 数字 / a number。处理 Remedy: "
    )
