"""Customs lines: the query platform's CSV quirk by quirk, the two doors, the faults, the simulator."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from raw import fetch
from raw.doors import Extract, Original, customs_query, drop_folder
from raw.errors import BadInput, Problem
from raw.feed import Feed, find_feed
from raw.fetch import BadBody
from raw.land import Landed, probe, pull
from raw.readers import customs_csv, read_part
from raw.replica.clock import end_of
from raw.replica.faults import Fault, Faults
from raw.replica.server import faults_of, serve
from raw.simulate import customs_declarations as simulate

SPECIMENS = Path(__file__).parents[3] / "shared" / "feeds" / "2_customs" / "specimens"
FEED = find_feed("customs_declarations")
LINES = FEED.table("lines")
HEADER = (
    '"数据年月","贸易伙伴编码","贸易伙伴名称","商品编码","商品名称","第一数量","第一计量单位",'
    '"第二数量","第二计量单位","人民币",\n'
)
SOY = '"202401","402","阿根廷","12019019","转基因黄大豆","159525200","千克","0","?","639,240,426",\n'
BLACK = '"202401","502","美国","12019020","黑大豆，种用除外","27803","千克","0","?","317,052",\n'
FACTS = {
    "SUPPLIER": "platform",
    "DIRECTION": "import",
    "PERIOD": "2024",
    "LAST_MONTH": "2024-01",
    "SELECTION": "CODE_TS=12",
    "CODE_LENGTH": "8",
    "CURRENCY": "CNY",
}


@dataclass(frozen=True)
class Lines:
    rows: list[dict[str, str | None]]
    scope: str

    def column(self, name: str) -> list[str | None]:
        return [row[name] for row in self.rows]


def read(
    tmp_path: Path, *parts: str | bytes | Path, control: dict[str, int] | None = None, **facts: str
) -> Lines:
    """What the reader makes of a download."""
    bodies = [part.encode("gb18030") if isinstance(part, str) else part for part in parts]
    names = ["lines.csv"] if len(bodies) == 1 else [f"lines.{n}.csv" for n in range(1, len(bodies) + 1)]
    originals = tuple(Original(name, body) for name, body in zip(names, bodies, strict=True))
    extract = Extract(originals, "x", "text/csv", facts={**FACTS, **facts}, control=control or {})
    target = tmp_path / "part.parquet"
    found = read_part(extract, LINES, target)
    with duckdb.connect() as connection:
        cursor = connection.execute(f"select * from '{target}'")
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    assert found.row_count == len(rows)
    return Lines(rows, found.scope)


def refusal(tmp_path: Path, *parts: str | bytes, **facts: str) -> str:
    with pytest.raises(BadInput) as refused:
        read(tmp_path, *parts, **facts)
    return str(refused.value)


# --- the genuine files, held against totals made with iconv and awk -------------------------------------


@pytest.mark.parametrize(
    ("name", "direction", "year", "last", "rows", "money", "quantity"),
    [
        ("gacc_query_soybean_2023.csv", "import", "2023", "2023-12", 40, 402526956940, 95355428567),
        ("gacc_query_soybean_2024in.csv", "import", "2024", "2024-12", 36, 359701179444, 100883410028),
        ("gacc_query_soybean_2025out.csv", "export", "2025", "2025-10", 23, 5477246, 511365),
    ],
)
def test_genuine_files_have_the_totals_of_another_route(
    tmp_path: Path, name: str, direction: str, year: str, last: str, rows: int, money: int, quantity: int
) -> None:
    if not SPECIMENS.is_dir():
        pytest.skip("the genuine files are not beside this repository")
    lines = read(tmp_path, SPECIMENS / name, DIRECTION=direction, PERIOD=year, LAST_MONTH=last)
    assert len(lines.rows) == rows
    assert sum(int(str(text).replace(",", "")) for text in lines.column("人民币")) == money
    assert sum(int(str(text)) for text in lines.column("第一数量")) == quantity
    assert set(lines.column("第二计量单位")) == {"?"} and set(lines.column("第二数量")) == {"0"}


def test_the_list_of_provinces_is_no_file_of_lines(tmp_path: Path) -> None:
    if not SPECIMENS.is_dir():
        pytest.skip("the genuine files are not beside this repository")
    told = refusal(tmp_path, (SPECIMENS / "province_codes_registration_place.csv").read_bytes())
    assert "header: 发现 found text in UTF-8；应为 expected GB18030" in told


# --- the quirks of the format ----------------------------------------------------------------------------


def test_text_is_gb18030_kept_verbatim_with_row_numbers_and_places(tmp_path: Path) -> None:
    lines = read(tmp_path, HEADER + SOY + BLACK)
    assert lines.column("商品名称") == ["转基因黄大豆", "黑大豆，种用除外"]
    assert lines.column("人民币") == ["639,240,426", "317,052"]
    assert lines.column("_row_number") == [1, 2]
    assert lines.column("_place") == ["row 1", "row 2"]
    assert lines.scope == (
        "SUPPLIER=platform|DIRECTION=import|PERIOD=2024|SELECTION=CODE_TS=12|CODE_LENGTH=8|CURRENCY=CNY"
    )


def test_characters_outside_gbk_take_four_bytes(tmp_path: Path) -> None:
    assert read(tmp_path, HEADER + SOY.replace("大豆", "㐀豆")).column("商品名称") == ["转基因黄㐀豆"]


def test_the_comma_at_the_end_makes_a_nameless_column_that_stays_empty(tmp_path: Path) -> None:
    assert "" not in read(tmp_path, HEADER + SOY).rows[0]
    assert "row 1: 发现 found '9' after the last column" in refusal(tmp_path, HEADER + SOY[:-1] + "9\n")


def test_no_comma_at_the_end_means_the_file_was_saved_again(tmp_path: Path) -> None:
    assert "no comma at its end" in refusal(tmp_path, (HEADER + SOY).replace(",\n", "\n"))


def test_lines_that_end_in_cr_lf_mean_the_file_was_saved_again(tmp_path: Path) -> None:
    assert "CR LF" in refusal(tmp_path, (HEADER + SOY).replace("\n", "\r\n"))


def test_commas_stand_in_money_only(tmp_path: Path) -> None:
    assert "column 第一数量: 发现 found '159,525,200'" in refusal(
        tmp_path, HEADER + SOY.replace("159525200", "159,525,200")
    )


@pytest.mark.parametrize("money", ["639240426", "639.240.426", "63,92", "约639,240,426", "", "639,240,426.5"])
def test_money_is_whole_with_a_comma_before_every_three_digits(tmp_path: Path, money: str) -> None:
    found = f"'{money}'" if money else "nothing"
    told = refusal(tmp_path, HEADER + SOY.replace("639,240,426", money))
    assert f"row 1, column 人民币: 发现 found {found}" in told


def test_money_below_zero_is_refused(tmp_path: Path) -> None:
    told = refusal(tmp_path, HEADER + SOY.replace("639,240,426", "-639,240,426"))
    assert "row 1, column 人民币: 发现 found '-639,240,426'" in told


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"0","?"', '"77","?"', "row 2, column 第二数量: 发现 found '77' in the unit '?'；应为 expected 0, or a quantity"),
        ('"0","?"', '"77",""', "row 2, column 第二数量: 发现 found '77' in the unit ''"),
        ('"27803","千克"', '"27803","?"', "row 2, column 第一数量: 发现 found '27803' in the unit '?'"),
        ('"27803","千克"', '"0.5","-"', "row 2, column 第一数量: 发现 found '0.5' in the unit '-'"),
    ],
)  # fmt: skip
def test_a_quantity_in_no_unit_is_refused_and_not_dropped(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert said in refusal(tmp_path, HEADER + SOY + BLACK.replace(old, new))


@pytest.mark.parametrize("quantity", ["0", "0.0", "-", ""])
def test_no_quantity_in_no_unit_is_how_the_platform_says_nothing(tmp_path: Path, quantity: str) -> None:
    lines = read(tmp_path, HEADER + SOY + BLACK.replace('"0","?"', f'"{quantity}","?"'))
    assert lines.column("第二数量") == ["0", quantity or None]


@pytest.mark.parametrize("character", ["\x00", "\t", "\x1f", "\x7f"])
def test_a_control_character_in_a_text_is_damage(tmp_path: Path, character: str) -> None:
    told = refusal(tmp_path, HEADER + SOY.replace("千克", f"千{character}克"))
    assert "column 第一计量单位" in told and "text without control characters" in told


def test_columns_come_in_the_order_of_the_request(tmp_path: Path) -> None:
    swapped = (
        '"商品编码","商品名称","数据年月","贸易伙伴编码","贸易伙伴名称","第一数量","第一计量单位",'
        '"第二数量","第二计量单位","人民币",\n'
        '"12019019","转基因黄大豆","202401","402","阿根廷","159525200","千克","0","?","639,240,426",\n'
    )
    (ours,), (theirs,) = read(tmp_path, swapped).rows, read(tmp_path, HEADER + SOY).rows
    assert ours == theirs


def test_all_four_dimensions_without_a_month(tmp_path: Path) -> None:
    """The 13 named columns of the documented example; the month then comes from what is said beside it."""
    lines = read(
        tmp_path,
        '"商品编码","商品名称","贸易伙伴编码","贸易伙伴名称","贸易方式编码","贸易方式名称","注册地编码",'
        '"注册地名称","第一数量","第一计量单位","第二数量","第二计量单位","美元",\n'
        '"12019019","转基因黄大豆","402","阿根廷","10","一般贸易","37","山东省","1","千克","0","?","88,000",\n',
        PERIOD="2024-03",
        LAST_MONTH="2024-03",
        CURRENCY="USD",
    )
    assert lines.column("数据年月") == ["202403"]
    assert lines.column("美元") == ["88,000"] and lines.column("人民币") == [None]
    assert lines.column("注册地编码") == ["37"]


def test_a_dimension_that_was_not_asked_for_is_the_total(tmp_path: Path) -> None:
    (row,) = read(tmp_path, HEADER + SOY).rows
    assert [row[name] for name in ("贸易方式编码", "注册地编码", "国内地区编码", "关区编码")] == ["_T"] * 4


def test_a_year_without_months_is_refused(tmp_path: Path) -> None:
    cut = HEADER.replace('"数据年月",', "") + SOY.replace('"202401",', "")
    assert "no column '数据年月'" in refusal(tmp_path, cut)


@pytest.mark.parametrize("name", LINES.facts)
def test_what_the_file_does_not_say_must_be_said(tmp_path: Path, name: str) -> None:
    assert f"nobody says its {name}" in refusal(tmp_path, HEADER + SOY, **{name: ""})


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DIRECTION", "0", "text of the pattern import|export"),
        ("CURRENCY", "USD", "found 人民币；应为 expected 美元, because CURRENCY is USD"),
        ("CODE_LENGTH", "6", "found codes of 8 digits；应为 expected 6"),
        ("PERIOD", "2024-01/2024-03", "PERIOD: 发现 found"),
        ("PERIOD", "2023", "LAST_MONTH: 发现 found '2024-01'；应为 expected a month of 2023"),
        ("LAST_MONTH", "2024-02", "no line of 202402, the last is 202401"),
    ],
)
def test_what_is_said_must_agree_with_the_file(tmp_path: Path, name: str, value: str, told: str) -> None:
    assert told in refusal(tmp_path, HEADER + SOY, **{name: value})


def test_lines_of_another_period_are_refused(tmp_path: Path) -> None:
    later = SOY.replace("202401", "202403")
    assert "lines of 202403；应为 expected 2024 up to 202401" in refusal(tmp_path, HEADER + SOY + later)


def test_a_leading_zero_stays_and_a_lost_one_is_noticed(tmp_path: Path) -> None:
    horse = SOY.replace("12019019", "01012100")
    assert read(tmp_path, HEADER + horse, SELECTION="all").column("商品编码") == ["01012100"]
    assert "column 商品编码: 发现 found '1012100'" in refusal(
        tmp_path, HEADER + horse.replace("01012100", "1012100")
    )


def test_code_lengths_are_never_mixed(tmp_path: Path) -> None:
    chapter = SOY.replace("12019019", "12")
    assert "codes of 2, 8 digits" in refusal(tmp_path, HEADER + SOY + chapter)
    assert read(tmp_path, HEADER + chapter, CODE_LENGTH="2").column("商品编码") == ["12"]


def test_a_name_may_hold_a_line_break_and_a_doubled_quote(tmp_path: Path) -> None:
    lines = read(tmp_path, HEADER + SOY.replace("黄大豆", '黄""大""豆\n（其他）') + BLACK)
    assert lines.column("商品名称") == ['转基因黄"大"豆\n（其他）', "黑大豆，种用除外"]
    assert lines.column("_row_number") == [1, 2]


def test_a_dash_stands_for_missing(tmp_path: Path) -> None:
    assert read(tmp_path, HEADER + SOY.replace("159525200", "-")).column("第一数量") == ["-"]


@pytest.mark.parametrize("code", ["BR", "BRA", "076", "840", "100", "703"])
def test_a_partner_of_another_code_list_is_refused(tmp_path: Path, code: str) -> None:
    """ISO and M49 name other countries by the same look of a code: 076 is Brazil there, 410 is here."""
    assert f"column 贸易伙伴编码: 发现 found '{code}'" in refusal(
        tmp_path, HEADER + SOY.replace('"402"', f'"{code}"')
    )


@pytest.mark.parametrize("code", ["199", "221", "502", "699", "701", "702"])
def test_partners_are_numbered_by_continent(tmp_path: Path, code: str) -> None:
    assert read(tmp_path, HEADER + SOY.replace('"402"', f'"{code}"')).column("贸易伙伴编码") == [code]


def test_the_ten_digits_of_the_tariff_are_no_code_of_the_statistics(tmp_path: Path) -> None:
    told = refusal(tmp_path, HEADER + SOY.replace("12019019", "1201901990"))
    assert "column 商品编码: 发现 found '1201901990'" in told


def test_a_byte_order_mark_means_the_file_was_saved_again(tmp_path: Path) -> None:
    assert "an unknown column" in refusal(tmp_path, b"\x84\x31\x95\x33" + (HEADER + SOY).encode("gb18030"))


def test_only_the_combinations_that_traded_have_a_row_in_the_order_of_the_request(tmp_path: Path) -> None:
    lines = read(tmp_path, HEADER + BLACK + SOY)
    assert list(zip(lines.column("贸易伙伴编码"), lines.column("商品编码"), strict=True)) == [
        ("502", "12019020"),
        ("402", "12019019"),
    ]


def test_the_platform_registers_by_province_only(tmp_path: Path) -> None:
    header = HEADER.replace('"第一数量"', '"注册地编码","注册地名称","第一数量"')
    line = SOY.replace('"159525200"', '"3702","青岛市","159525200"')
    assert "column 注册地编码: 发现 found '3702'" in refusal(tmp_path, header + line)
    seed = Path(__file__).parents[2] / "dbt_project/seeds/reference/customs_registration_places.csv"
    listed = [tuple(row.split(",")[:2]) for row in seed.read_text("utf-8").splitlines()[1:]]
    assert len(listed) == 31 and ("37", "山东省") in listed
    if SPECIMENS.is_dir():
        theirs = (SPECIMENS / "province_codes_registration_place.csv").read_text("utf-8-sig").splitlines()[1:]
        assert listed == [tuple(row.split(",")) for row in theirs if row]


def test_a_combination_with_full_width_digits_is_refused(tmp_path: Path) -> None:
    assert "column 第一数量: 发现 found '１２'" in refusal(
        tmp_path, HEADER + SOY.replace("159525200", "１２")
    )


# --- what must not get in --------------------------------------------------------------------------------


def test_utf_8_under_the_name_of_gb18030(tmp_path: Path) -> None:
    assert "text in UTF-8；应为 expected GB18030" in refusal(tmp_path, (HEADER + SOY).encode())
    assert "text in UTF-8" in refusal(tmp_path, (HEADER + SOY).encode("utf-8-sig"))


def test_bytes_that_are_not_gb18030(tmp_path: Path) -> None:
    spoilt = (HEADER + SOY).encode("gb18030").replace("转".encode("gb18030"), b"\xff\xff")
    assert "row 1, column 商品名称" in refusal(tmp_path, spoilt) and "GB18030" in refusal(tmp_path, spoilt)
    assert "not GB18030" in refusal(tmp_path, (HEADER + SOY).encode("utf-16"))


def test_quotes_that_do_not_close(tmp_path: Path) -> None:
    told = refusal(tmp_path, HEADER + SOY.replace('豆","', '豆,"') + BLACK)
    assert "quotes that do not close" in told or "a cell between two quotes" in told


@pytest.mark.parametrize("kept", range(1, len(SOY.encode("gb18030")) - 1, 7))
def test_a_last_line_that_breaks_off(tmp_path: Path, kept: int) -> None:
    told = refusal(tmp_path, (HEADER + BLACK).encode("gb18030") + SOY.encode("gb18030")[:kept])
    assert "row 2" in told or "what is no CSV" in told


def test_a_line_that_stands_twice(tmp_path: Path) -> None:
    told = refusal(tmp_path, HEADER + SOY + BLACK + SOY.replace("639,240,426", "1"))
    assert (
        "row 3: 发现 found a duplicate line" in told
        and "商品编码=12019019" in told
        and "in row 1 already" in told
    )


def test_an_unknown_column_and_a_missing_one(tmp_path: Path) -> None:
    told = refusal(tmp_path, (HEADER + SOY).replace('"第一数量"', '"数量"'))
    assert "an unknown column '数量'" in told and "no column '第一数量'" in told


def test_problems_by_the_million_are_told_as_the_first_and_a_number(tmp_path: Path) -> None:
    wrong = "".join(SOY.replace("12019019", f"12{n:06d}").replace("639,240,426", "x") for n in range(500))
    told = refusal(tmp_path, HEADER + wrong)
    assert len(told.splitlines()) == customs_csv.SHOWN_PROBLEMS and "more like these" in told


def test_blocks_and_row_numbers_go_on_over_their_borders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customs_csv, "BLOCK_BYTES", 1000)
    body = tmp_path / "lines.csv"
    text = HEADER + "".join(SOY.replace("12019019", f"12{n:06d}").replace("黄", "黄\n") for n in range(100))
    body.write_bytes(text.encode("gb18030"))
    lines = read(tmp_path, body)
    assert lines.column("_row_number") == list(range(1, 101))
    body.write_bytes((text + SOY.replace("12019019", "12000003").replace("黄", "黄\n")).encode("gb18030"))
    with pytest.raises(BadInput, match="row 101: 发现 found a duplicate line"):
        read(tmp_path, body)


# --- parts of 10,000 rows --------------------------------------------------------------------------------


def many(first: int, count: int) -> str:
    return HEADER + "".join(SOY.replace("12019019", f"12{n:06d}") for n in range(first, first + count))


def test_parts_are_one_download_and_a_place_names_its_part(tmp_path: Path) -> None:
    lines = read(tmp_path, many(0, 10_000), many(10_000, 3))
    assert len(lines.rows) == 10_003
    assert lines.rows[-1]["_place"] == "lines.2.csv, row 3"


def test_exactly_ten_thousand_rows_and_no_part_after_it(tmp_path: Path) -> None:
    assert "exactly 10000 rows, and no part after it" in refusal(tmp_path, many(0, 10_000))
    assert len(read(tmp_path, many(0, 10_000), control={"row_count": 10_000}).rows) == 10_000


def test_a_part_that_was_downloaded_twice(tmp_path: Path) -> None:
    assert "a duplicate part: the very bytes of lines.1.csv" in refusal(tmp_path, many(0, 3), many(0, 3))
    assert "lines.2.csv, row 1: 发现 found a duplicate line" in refusal(tmp_path, many(0, 3), many(2, 3))


def test_parts_with_different_columns(tmp_path: Path) -> None:
    other = (HEADER + SOY).replace('"贸易伙伴编码","贸易伙伴名称",', "").replace('"402","阿根廷",', "")
    assert "download all parts again with the same choices" in refusal(tmp_path, many(0, 3), other)


# --- the drop folder -------------------------------------------------------------------------------------


@dataclass
class Dropping:
    root: Path

    @property
    def inbox(self) -> Path:
        return self.root / "inbox" / "customs_declarations"

    def put(self, name: str, text: str, **said: object) -> None:
        """Put a file there that came whole some time ago; what is said of it, its rows included, beside it."""
        self.inbox.mkdir(parents=True, exist_ok=True)
        (self.inbox / name).write_bytes(text.encode("gb18030"))
        drop_folder.mark_settled(self.inbox / name)
        if said:
            self.say(name, **{"row_count": text.count("\n") - 1, **said})

    def say(self, name: str, **said: object) -> None:
        """Say beside a file what it does not say, the day before which nobody had it included."""
        sidecar = self.inbox / f"{name}.facts.json"
        sidecar.write_text(json.dumps({"known_from": "2024-03-20", **said}), "utf-8")
        drop_folder.mark_settled(sidecar)

    def pull(self, as_of: date = date(2024, 3, 31)) -> list[Landed]:
        return pull(only("drop_folder"), as_of, landing_root=self.root / "landing")

    def refusal(self) -> str:
        with pytest.raises(BadInput) as refused:
            self.pull()
        return str(refused.value)

    def receipts(self, folder: str) -> list[dict[str, object]]:
        return [
            json.loads(path.read_text("utf-8"))
            for path in sorted(self.inbox.glob(f"{folder}/*/receipt.json"))
        ]


def only(door: str, **changed: object) -> Feed:
    """The feed with one of its doors."""
    request = {**LINES.doors[door], **changed}
    return FEED.model_copy(update={"tables": {"lines": LINES.model_copy(update={"doors": {door: request}})}})


@pytest.fixture
def dropping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dropping:
    monkeypatch.setenv("RAW_INBOX", str(tmp_path / "inbox"))
    return Dropping(tmp_path)


def test_a_file_is_landed_moved_and_acknowledged(dropping: Dropping) -> None:
    dropping.put("soy.csv", HEADER + SOY, **FACTS, row_count=1)
    (landed,) = dropping.pull()
    (receipt,) = dropping.receipts("done")
    assert receipt["landed_in"] == str(landed.vintage_dir) and receipt["files"] == ["soy.csv"]
    assert sorted(path.name for path in dropping.inbox.glob("done/*/*")) == [
        "receipt.json", "soy.csv", "soy.csv.facts.json",
    ]  # fmt: skip
    assert [path.name for path in dropping.inbox.iterdir()] == ["done"]
    assert (landed.vintage_dir / "soy.csv.facts.json").is_file()
    assert landed.manifest["facts"] == FACTS and landed.manifest["origin"] == "published"
    assert dropping.pull() == []


def test_a_file_can_be_looked_at_without_landing_it(dropping: Dropping) -> None:
    dropping.put("soy.csv", HEADER + SOY, **FACTS)
    for _, _, read, part in probe(only("drop_folder"), date(2024, 3, 31)):
        (row,) = pq.read_table(part).to_pylist()
        assert read.row_count == 1 and row["人民币"] == "639,240,426" and row["_place"] == "row 1"
    assert (dropping.inbox / "soy.csv").is_file() and not (dropping.root / "landing").exists()


def test_a_bad_file_is_quarantined_moved_and_told_why(dropping: Dropping) -> None:
    dropping.put("soy.csv", HEADER + SOY, **FACTS, row_count=2)
    dropping.put("good.csv", HEADER + SOY, **{**FACTS, "SELECTION": "all"})
    assert "row_count 1；应为 expected 2" in dropping.refusal()
    (receipt,) = dropping.receipts("rejected")
    assert receipt["landed_in"] is None and "row_count 1" in str(receipt["problems"])
    assert len(dropping.receipts("done")) == 1
    assert list((dropping.root / "landing").glob("*/lines/quarantine/*/soy.csv"))


def test_without_a_sidecar_a_file_waits_and_is_told_of(dropping: Dropping) -> None:
    dropping.put("soy.csv", HEADER + SOY)
    assert "soy.csv.facts.json: 发现 found no sidecar" in dropping.refusal()
    assert (dropping.inbox / "soy.csv").is_file()
    dropping.say("soy.csv", **FACTS, row_count=1)
    assert len(dropping.pull()) == 1


def test_half_a_file_is_never_landed_as_a_whole_one(dropping: Dropping) -> None:
    """A copy that stops at the end of a line is well-formed: only the sender's own number of rows tells."""
    half = HEADER + SOY
    dropping.put("soy.csv", half)
    dropping.say("soy.csv", **FACTS)
    told = dropping.refusal()
    assert "soy.csv.facts.json: 发现 found no row_count" in told and "do not count the file" in told
    assert (dropping.inbox / "soy.csv").is_file(), "who dropped it adds what is missing beside it"
    dropping.say("soy.csv", **FACTS, row_count=2)
    assert "row_count 1；应为 expected 2" in dropping.refusal()
    assert not list((dropping.root / "landing").glob("*/lines/vintage=*"))


@pytest.mark.parametrize("fresh", ["soy.1.csv", "soy.2.csv", "soy.csv.facts.json"])
def test_a_download_still_being_copied_is_announced_and_left_for_the_next_pull(
    dropping: Dropping, caplog: pytest.LogCaptureFixture, fresh: str
) -> None:
    dropping.put("soy.1.csv", many(0, 5))
    dropping.put("soy.2.csv", many(5, 5))
    dropping.say("soy.csv", **FACTS, row_count=10)
    dropping.put("other.csv", HEADER + BLACK, **{**FACTS, "SELECTION": "all"})
    (dropping.inbox / fresh).touch()
    (other,) = dropping.pull()
    assert other.manifest["facts"]["SELECTION"] == "all", "the files that have settled go on"
    assert f"written within 30 s ({fresh}), may still be on its way; left for the next pull" in caplog.text
    assert len(list(dropping.inbox.glob("soy.*"))) == 3, "nothing is torn from who writes it"
    drop_folder.mark_settled(dropping.inbox / fresh)
    (landed,) = dropping.pull()
    assert landed.manifest["row_count"] == 10


def test_an_empty_file_just_begun_is_no_mistake_yet(dropping: Dropping) -> None:
    dropping.put("soy.csv", "")
    (dropping.inbox / "soy.csv").touch()
    assert dropping.pull() == []
    drop_folder.mark_settled(dropping.inbox / "soy.csv")
    assert "found 0 bytes" in dropping.refusal()


def test_a_file_from_a_machine_whose_clock_is_ahead_is_taken_all_the_same(
    dropping: Dropping, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropping.put("soy.csv", HEADER + SOY, **FACTS)
    ahead = time.time() + 86_400
    os.utime(dropping.inbox / "soy.csv", (ahead, ahead))
    assert dropping.pull() == []
    later = time.time() + drop_folder.SETTLED_SECONDS
    monkeypatch.setattr(drop_folder.time, "time", lambda: later)
    assert len(dropping.pull()) == 1


def test_a_sidecar_with_a_slip_in_a_name(dropping: Dropping) -> None:
    dropping.put("soy.csv", HEADER + SOY, **FACTS, DIRECTON="import")
    assert "'DIRECTON' (did you mean 'DIRECTION'?)" in dropping.refusal()


def test_parts_wait_for_the_one_that_is_missing(dropping: Dropping) -> None:
    dropping.put("soy.1.csv", many(0, 5))
    dropping.put("soy.3.csv", many(10, 5))
    dropping.say("soy.csv", **FACTS, row_count=15)
    assert "a missing or an extra part" in dropping.refusal()
    dropping.put("soy.2.csv", many(5, 5))
    (landed,) = dropping.pull()
    assert landed.manifest["row_count"] == 15 and len(landed.manifest["files"]) == 3


def test_the_sidecar_may_say_how_many_parts_there_are(dropping: Dropping) -> None:
    dropping.put("soy.1.csv", many(0, 5))
    dropping.say("soy.csv", **FACTS, row_count=10, parts=2)
    assert "soy.1.csv to soy.2.csv, each once" in dropping.refusal()


def test_a_reloaded_year_replaces_it_and_a_withdrawn_line_goes(dropping: Dropping) -> None:
    feb = SOY.replace("202401", "202402")
    dropping.put("2024-02-20_soy.csv", HEADER + SOY + BLACK, **FACTS, known_from=None)
    (first,) = dropping.pull(date(2024, 2, 28))
    dropping.put(
        "2024-03-20_soy.csv",
        HEADER + SOY.replace("639,240,426", "640,000,000") + feb,
        **{**FACTS, "LAST_MONTH": "2024-02"},
    )
    (second,) = dropping.pull(date(2024, 3, 31))
    assert first.manifest["scope"] == second.manifest["scope"]
    assert [landed.manifest["row_count"] for landed in (first, second)] == [2, 2]


def test_last_months_file_under_this_months_name(dropping: Dropping) -> None:
    month = {"PERIOD": "2024-01", "LAST_MONTH": "2024-01"}
    bare = (HEADER + SOY).replace('"数据年月",', "").replace('"202401",', "")
    dropping.put("jan.csv", bare, **{**FACTS, **month})
    dropping.pull()
    dropping.put("feb.csv", bare, **{**FACTS, "PERIOD": "2024-02", "LAST_MONTH": "2024-02"})
    assert "the very bytes of customs_declarations/lines/vintage=2024-03-31" in dropping.refusal()


def test_a_file_is_not_known_before_the_day_it_arrived(
    dropping: Dropping, caplog: pytest.LogCaptureFixture
) -> None:
    december = SOY.replace("202401", "202412")
    said = {**FACTS, "LAST_MONTH": "2024-12", "known_from": None}
    dropping.put("soy.csv", HEADER + december, **said)
    old = time.time() - 5 * 365 * 86_400
    os.utime(dropping.inbox / "soy.csv", (old, old))
    today = datetime.now(UTC).astimezone().date()
    assert dropping.pull(date(2023, 2, 1)) == []
    assert dropping.pull(today - timedelta(days=1)) == [], "an old date of the content tells nothing"
    assert f"arrived on {today}, so it was not known by 2023-02-01; left where it is" in caplog.text
    assert sorted(path.name for path in dropping.inbox.iterdir()) == ["soy.csv", "soy.csv.facts.json"]
    (landed,) = dropping.pull(today)
    assert landed.manifest["known_from"] == str(today)


def test_a_file_may_say_from_when_it_was_known(dropping: Dropping, caplog: pytest.LogCaptureFixture) -> None:
    dropping.put("soy.csv", HEADER + SOY, **FACTS, known_from="2024-02-20")
    assert dropping.pull(date(2024, 2, 19)) == []
    assert "said to be known from 2024-02-20, so not by 2024-02-19" in caplog.text
    (landed,) = dropping.pull(date(2024, 2, 20))
    assert landed.manifest["known_from"] == "2024-02-20"


def test_of_two_days_that_are_said_the_later_counts(dropping: Dropping) -> None:
    dropping.put("2024-02-20_soy.csv", HEADER + SOY, **FACTS, known_from="2024-03-01")
    assert dropping.pull(date(2024, 2, 29)) == []
    assert len(dropping.pull(date(2024, 3, 1))) == 1


@pytest.mark.parametrize(("name", "known_from"), [("soy.csv", "2024-01-30"), ("2024-01-30_soy.csv", None)])
def test_nobody_knows_a_month_before_its_end(dropping: Dropping, name: str, known_from: str | None) -> None:
    dropping.put(name, HEADER + SOY, **FACTS, known_from=known_from)
    told = dropping.refusal()
    assert "figures of 2024-01, which ends on 2024-01-31；应为 expected none" in told
    assert "after 2024-01-30, the day it is known from" in told
    assert len(dropping.receipts("rejected")) == 1


def test_a_month_to_come_is_refused_on_the_day_it_arrives(dropping: Dropping) -> None:
    said = {**FACTS, "PERIOD": "2099", "LAST_MONTH": "2099-01"}
    dropping.put("soy.csv", HEADER + SOY.replace("202401", "209901"), **said, known_from=None)
    with pytest.raises(BadInput, match="figures of 2099-01"):
        dropping.pull(datetime.now(UTC).astimezone().date())


def test_a_year_in_a_name_is_no_part(dropping: Dropping) -> None:
    dropping.put("soy.csv", HEADER + SOY, **FACTS)
    dropping.put("soy.2024.csv", HEADER + BLACK, **{**FACTS, "SELECTION": "all"})
    first, second = dropping.pull()
    assert [one.manifest["facts"]["SELECTION"] for one in (first, second)] == ["all", "CODE_TS=12"]
    dropping.put("soy.2025.csv", HEADER + BLACK)
    dropping.say("soy.csv", **FACTS, row_count=1)
    assert "soy.2025.csv.facts.json: 发现 found no sidecar" in dropping.refusal()


def test_a_file_with_a_sidecar_of_its_own_is_no_part(dropping: Dropping) -> None:
    dropping.put("soy.1.csv", HEADER + SOY, **FACTS)
    dropping.put("soy.2.csv", HEADER + BLACK, **{**FACTS, "SELECTION": "all"})
    assert len(dropping.pull()) == 2


def test_a_lone_number_without_a_sidecar_is_told_by_its_own_name(dropping: Dropping) -> None:
    dropping.put("soy.12.csv", HEADER + SOY)
    assert "soy.12.csv.facts.json: 发现 found no sidecar" in dropping.refusal()


def test_a_sidecar_without_its_file_is_told_once_it_is_not_just_ahead_of_it(dropping: Dropping) -> None:
    dropping.inbox.mkdir(parents=True)
    dropping.say("soy.csv", **FACTS, row_count=1)
    sidecar = dropping.inbox / "soy.csv.facts.json"
    sidecar.touch()
    assert dropping.pull() == []
    drop_folder.mark_settled(sidecar)
    assert "soy.csv.facts.json: 发现 found a sidecar without its file" in dropping.refusal()
    assert sidecar.is_file()
    dropping.put("soy.csv", HEADER + SOY)
    assert len(dropping.pull()) == 1


def test_a_wrong_count_is_to_be_corrected_in_the_sidecar(dropping: Dropping) -> None:
    dropping.put("soy.csv", HEADER + SOY, **FACTS, row_count=2)
    assert f"correct row_count in {dropping.inbox / 'soy.csv.facts.json'}" in dropping.refusal()


def test_a_sidecar_may_begin_with_a_byte_order_mark(dropping: Dropping) -> None:
    dropping.put("soy.csv", HEADER + SOY, **FACTS)
    sidecar = dropping.inbox / "soy.csv.facts.json"
    sidecar.write_text(sidecar.read_text("utf-8"), "utf-8-sig")
    drop_folder.mark_settled(sidecar)
    assert len(dropping.pull()) == 1


@pytest.mark.parametrize(
    ("selection", "told"),
    [
        (
            "CODE_TS=1202",
            "column 商品编码: 发现 found lines of 12019019；应为 expected 1202, as SELECTION says",
        ),
        ("CODE_TS=12;ORIGIN_COUNTRY=502", "column 贸易伙伴编码: 发现 found lines of 402；应为 expected 502"),
        ("CODE_TS=12;CODE_TS=13", "SELECTION: 发现 found 'CODE_TS=12;CODE_TS=13'"),
        ("HS=12", "SELECTION: 发现 found 'HS=12'；应为 expected all, or as in CODE_TS=1201"),
        ("CODE_TS", "SELECTION: 发现 found 'CODE_TS'"),
    ],
)
def test_the_selection_must_fit_the_codes_of_the_file(tmp_path: Path, selection: str, told: str) -> None:
    assert told in refusal(tmp_path, HEADER + SOY, SELECTION=selection)


@pytest.mark.parametrize(
    "selection", ["all", "CODE_TS=12019019", "CODE_TS=13,1201;ORIGIN_COUNTRY=402,502", "TRADE_MODE=10"]
)
def test_a_selection_that_fits_is_taken(tmp_path: Path, selection: str) -> None:
    assert len(read(tmp_path, HEADER + SOY, SELECTION=selection).rows) == 1


def test_simulated_lines_without_their_mark_are_refused(dropping: Dropping) -> None:
    for file in simulate.drop(dropping.inbox, "2021-05", 7, lines_per_month=50):
        sidecar = drop_folder.sidecar_of(file)
        said = json.loads(sidecar.read_text("utf-8"))
        assert said.pop("origin") == "simulated"
        sidecar.write_text(json.dumps(said), "utf-8")
        drop_folder.mark_settled(sidecar)
    assert "commodities called 模拟商品" in dropping.refusal()
    assert not list((dropping.root / "landing").glob("*/lines/vintage=*"))


# --- the stand-in and its faults -------------------------------------------------------------------------

DAY = date(2021, 3, 25)


@contextmanager
def stand_in(monkeypatch: pytest.MonkeyPatch, day: date = DAY, seed: int | None = 7) -> Iterator[Faults]:
    monkeypatch.setattr(fetch, "_be_polite", lambda url, interval: None)
    monkeypatch.setattr(fetch.Policy, "first_pause", 0.01)
    with serve(now=end_of(day), seed=seed) as running:
        monkeypatch.setenv("RAW_CUSTOMS_DECLARATIONS_URL", f"{running.url}/customs_declarations")
        yield running.faults


def query(root: Path, as_of: date = DAY, first_year: int = 2021, month: str | None = None) -> list[Landed]:
    return pull(only("customs_query", first_year=first_year), as_of, landing_root=root, month=month)


def test_without_a_seed_there_is_honestly_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with stand_in(monkeypatch, seed=None):
        assert query(tmp_path) == []


def test_a_large_answer_comes_in_parts_marked_as_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stand_in(monkeypatch, date(2022, 1, 25)):
        landed = query(tmp_path, date(2022, 1, 25))
    assert [one.manifest["row_count"] for one in landed] == [11_985, 11_985]
    assert {len(one.manifest["files"]) for one in landed} == {2}
    assert {one.manifest["origin"] for one in landed} == {"simulated"}
    assert landed[0].manifest["control"]["row_count"] == {"expected": 11_985, "found": 11_985}


@pytest.mark.parametrize("spoilt", [1, 2])
def test_a_part_that_cannot_be_had_leaves_out_its_download_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoilt: int
) -> None:
    """Exports of 2021 come first, in two parts: without one of them the other is nothing."""
    asked = 0
    download = customs_query._download

    def spoiling(*question: object) -> fetch.Fetched:
        nonlocal asked
        asked += 1
        if asked == spoilt:
            raise BadBody(Problem("the address", "status 403 Forbidden", "status 200", "ask"), b"<html>")
        return download(*question)

    monkeypatch.setattr(customs_query, "_download", spoiling)
    with stand_in(monkeypatch, date(2022, 1, 25)), pytest.raises(BadInput) as refused:
        query(tmp_path, date(2022, 1, 25))
    assert str(refused.value).startswith("export 2021, the address: 发现 found status 403 Forbidden")
    (manifest,) = (tmp_path / "customs_declarations/lines").glob("vintage=*/manifest.json")
    landed = json.loads(manifest.read_text("utf-8"))
    assert landed["facts"]["DIRECTION"] == "import" and len(landed["files"]) == 2
    (kept,) = (tmp_path / "customs_declarations/lines/quarantine").glob("*/lines.body")
    assert kept.read_bytes() == b"<html>"


def test_a_service_that_is_down_is_asked_no_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Years of downloads are due; after three without an answer the others are not asked for."""
    asked: list[tuple[int, str]] = []

    def silent(feed: Feed, request: object, page: object, direction: str, year: int) -> None:
        asked.append((year, direction))
        raise BadInput.one("the address", "no answer", "an answer", "wait", passing=True)

    monkeypatch.setattr(customs_query, "_extract", silent)
    with stand_in(monkeypatch, date(2025, 1, 25)), pytest.raises(BadInput) as refused:
        query(tmp_path, date(2025, 1, 25), first_year=2020)
    assert asked == [(2020, "export"), (2020, "import"), (2021, "export")]
    assert [problem.where for problem in refused.value.problems] == [
        "export 2020, the address", "import 2020, the address", "export 2021, the address",
    ]  # fmt: skip


def test_a_later_release_corrects_the_months_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in (DAY, date(2021, 4, 25)):
        with stand_in(monkeypatch, day):
            landed = query(tmp_path, day, month="2021-03")
    parts = sorted(tmp_path.glob("customs_declarations/lines/vintage=*/part.parquet"))
    with duckdb.connect() as connection:
        told = [
            connection.execute(
                f"select count(*) from '{part}' where DIRECTION = 'import' and \"数据年月\" = '202102'"
            ).fetchone()
            for part in parts
        ]
    assert told == [(0,), (985,), (0,), (1000,)]
    assert all(one.is_new for one in landed)


def test_with_a_month_its_year_is_asked_for_and_the_one_before_which_is_finalised_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stand_in(monkeypatch, date(2022, 3, 25)):
        landed = query(tmp_path, date(2022, 3, 25), first_year=2020, month="2022-02")
    said = [(one.manifest["facts"]["PERIOD"], one.manifest["facts"]["LAST_MONTH"]) for one in landed]
    assert sorted(set(said)) == [("2021", "2021-12"), ("2022", "2022-02")]


def test_january_alone_is_not_out_before_it_comes_with_february(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stand_in(monkeypatch, date(2022, 2, 25)):
        landed = query(tmp_path, date(2022, 2, 25))
    assert {one.manifest["facts"]["PERIOD"] for one in landed} == {"2021"}


def test_a_stand_in_of_a_later_day_says_nothing_about_an_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stand_in(monkeypatch):
        assert query(tmp_path, date(2021, 3, 20)) == []


LANDS = {Fault.SILENT_REVISION, Fault.COLUMN_MOVED, Fault.WRONG_CONTENT_TYPE, Fault.PATH_LIKE_NAME}
SLOW = {Fault.SLOW_DRIP, Fault.ZIP_BOMB}


@pytest.mark.parametrize("fault", sorted(set(faults_of("customs_declarations")) - SLOW))
def test_every_fault_ends_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    with stand_in(monkeypatch) as faults:
        faults.on("customs_declarations", fault, 1)
        try:
            landed, told = query(tmp_path), ""
        except BadInput as error:
            landed, told = [], str(error)
    retried = fault in (Fault.STATUS_429, Fault.STATUS_500, Fault.STATUS_504, Fault.CONNECTION_RESET)
    if fault in LANDS or retried:
        assert len(landed) == 2
        return
    assert "Remedy:" in told
    parts = list(tmp_path.glob("customs_declarations/lines/vintage=*"))
    assert len(parts) <= 1, "the spoilt download is not landed"
    assert list(tmp_path.glob("customs_declarations/lines/quarantine/*/problems.json"))


# --- the simulator ---------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    ways = [simulate.drop(tmp_path / name, "2021-05", 7, lines_per_month=50) for name in ("a", "b")]
    other = simulate.drop(tmp_path / "c", "2021-05", 8, lines_per_month=50)
    texts = [[path.read_bytes() for path in way] for way in (*ways, other)]
    assert texts[0] == texts[1] != texts[2]


def test_simulated_lines_add_up_to_the_published_totals(tmp_path: Path, dropping: Dropping) -> None:
    """Qingdao, January to May 2021: exports 1695.9, imports 1460.5; the first print of May is 0.4 % short."""
    simulate.drop(dropping.inbox, "2021-05", 7, lines_per_month=200)
    landed = dropping.pull(date(2021, 6, 30))
    assert {one.manifest["origin"] for one in landed} == {"simulated"}
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select DIRECTION, sum(replace(\"人民币\", ',', '')::bigint) / 1e8, "
            "sum(replace(\"人民币\", ',', '')::bigint) filter (\"行政区划编码\" = '370211') / 1e8 "
            f"from '{dropping.root}/landing/customs_declarations/lines/*/part.parquet' group by all order by all"
        ).fetchall()
    share = simulate.west_coast_share("2021-05")
    for (direction, total, west), published in zip(rows, (1695.9, 1460.5), strict=True):
        expected = published * (1 - 0.004 / 5)
        assert total == pytest.approx(expected, abs=1e-6), direction
        assert west == pytest.approx(expected * share, abs=1e-6)


def test_the_west_coasts_first_quarter_of_2024_is_the_published_one() -> None:
    year = simulate.city_totals(2024)
    total = sum(year[direction][month] for direction in year for month in range(3))
    assert total * simulate.west_coast_share("2024-03") == pytest.approx(827.3e8)


def test_quirks_are_in_the_simulated_files_too(tmp_path: Path) -> None:
    path = simulate.drop(tmp_path, "2021-05", 7, lines_per_month=300)[0]
    text = path.read_bytes().decode("gb18030")
    assert text.count("\n（其他）") and '"0","?"' in text and '"个"' in text and "，种用除外" in text


def test_every_simulated_code_is_in_the_code_lists() -> None:
    seeds = Path(__file__).parents[2] / "dbt_project" / "seeds" / "reference"

    def listed(name: str) -> set[str]:
        return {line.split(",")[0] for line in (seeds / f"{name}.csv").read_text("utf-8").splitlines()[1:]}

    assert set(simulate.PARTNERS) <= listed("customs_partners")
    assert set(simulate.MODES) <= listed("customs_trade_modes")
    assert {district for district, _, _ in simulate.PLACES} <= listed("customs_districts")
    assert {office for _, _, office in simulate.PLACES} <= listed("customs_offices")


def test_landing_two_files_of_one_name_keeps_both_receipts(dropping: Dropping) -> None:
    for value in ("1", "2"):
        dropping.put("soy.csv", HEADER + SOY.replace("639,240,426", value), **FACTS)
        dropping.pull()
    assert len(dropping.receipts("done")) == 2
    shutil.rmtree(dropping.inbox / "done")


def test_a_file_of_a_name_as_long_as_they_come_is_moved_with_its_receipt(dropping: Dropping) -> None:
    name = "海" * 78 + ".csv"
    dropping.put(name, HEADER + SOY, **FACTS)
    (landed,) = dropping.pull()
    (receipt,) = dropping.receipts("done")
    assert receipt["files"] == [name] and receipt["landed_in"] == str(landed.vintage_dir)
    assert [path.name for path in dropping.inbox.iterdir()] == ["done"]
    assert dropping.pull() == []


def test_a_name_too_long_for_a_sidecar_is_told_and_keeps_no_other_out(dropping: Dropping) -> None:
    dropping.put("海" * 83 + ".csv", HEADER + SOY)
    dropping.put("soy.csv", HEADER + SOY, **FACTS)
    assert "a name of 253 bytes" in dropping.refusal()
    assert len(dropping.receipts("done")) == 1
