"""Station hours: each quirk of their wire formats, the stand-in with its faults, and what landing makes of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from raw.errors import BadInput
from raw.feed import Feed, find_feed
from raw.fetch import Policy
from raw.land import Landed, pull, vintages
from raw.readers import Rows, check_rows, read
from raw.readers.china_sites_csv import TYPES
from raw.readers.cnemc_live_json import FIELDS
from raw.replica.answers import Answer, Asked, UnanswerableError
from raw.replica.clock import CHINA, end_of
from raw.replica.faults import TRANSPORT_FAULTS, Fault, Faults, zip_bomb
from raw.replica.publishers.environment_air import Publisher
from raw.replica.server import Running, addresses, serve
from raw.simulate import environment_air as simulated

FEED = "environment_air"
MONTH, AS_OF = "2022-10", date(2022, 11, 12)
NAME = "china_sites_20220104.csv"


@pytest.fixture(scope="module")
def feed() -> Feed:
    return find_feed(FEED)


def taken(feed: Feed, table: str, text: str | bytes, name: str) -> Rows:
    declared = feed.table(table)
    content = text if isinstance(text, bytes) else text.encode()
    rows = read(declared.format, content, declared, name)
    check_rows(rows, declared, name)
    return rows


def wide(header: str, *cells: str, hours: tuple[int, ...] = (0,), day: str = "20220104") -> str:
    """A wide file in which every type of every hour has the same cells."""
    lines = [f"{day},{hour},{kind},{','.join(cells)}" for hour in hours for kind in TYPES]
    return "\n".join([f"date,hour,type,{header}", *lines]) + "\n"


# --- the wide layout -------------------------------------------------------------------------------------


def test_a_wide_row_is_melted_to_one_record_a_station_and_hour(feed: Feed) -> None:
    rows = taken(feed, "station_hours", wide("1001A,1314A", "34", "12", hours=(0, 16)), NAME)
    assert [(r["DATE"], r["HOUR"], r["STATION"], r["PM2.5"], r["CO_24h"]) for r in rows.records] == [
        ("2022-01-04", "0", "1001A", "34", "34"), ("2022-01-04", "0", "1314A", "12", "12"),
        ("2022-01-04", "16", "1001A", "34", "34"), ("2022-01-04", "16", "1314A", "12", "12"),
    ]  # fmt: skip
    assert rows.places[3] == "column 1314A, row 16"


def test_a_station_that_stands_twice_in_the_header_counts_once(feed: Feed) -> None:
    """1961A and 1966A stand twice in the header of 2022-01-04, 1966A being a West Coast station."""
    text = wide("1961A,1961A,1965A,1966A,1966A", "17", "17", "", "12", "12")
    rows = taken(feed, "station_hours", text, NAME)
    assert [(r["STATION"], r["PM10"]) for r in rows.records] == [("1961A", "17"), ("1966A", "12")]


def test_a_station_that_stands_twice_with_other_figures_is_refused(feed: Feed) -> None:
    with pytest.raises(BadInput, match="1966A a second time, with '13' beside '12'"):
        taken(feed, "station_hours", wide("1966A,1966A", "12", "13"), NAME)


def test_stations_are_found_by_name_wherever_they_stand(feed: Feed) -> None:
    one = taken(feed, "station_hours", wide("1001A,1314A", "1", "2"), NAME)
    other = taken(feed, "station_hours", wide("1314A,3734A,1001A", "2", "", "1"), NAME)
    assert {r["STATION"]: r["SO2"] for r in one.records} == {r["STATION"]: r["SO2"] for r in other.records}


def test_an_empty_cell_is_missing_and_never_a_zero(feed: Feed) -> None:
    text = wide("1001A,1314A", "1", "2").replace("0,NO2,1,2", "0,NO2,1,")
    assert [r["NO2"] for r in taken(feed, "station_hours", text, NAME).records] == ["1", None]


def test_whole_hours_may_be_absent_but_an_hour_is_whole(feed: Feed) -> None:
    assert len(taken(feed, "station_hours", wide("1314A", "2", hours=(0, 1, 5)), NAME).records) == 3
    cut = "".join(wide("1314A", "2", hours=(0, 1)).splitlines(keepends=True)[:-3])
    with pytest.raises(BadInput, match="hour 1 without O3_8h_24h, CO, CO_24h"):
        taken(feed, "station_hours", cut, NAME)


def test_yesterdays_file_under_todays_name_is_refused(feed: Feed) -> None:
    with pytest.raises(BadInput, match="20220103；应为 expected 20220104, as its name says"):
        taken(feed, "station_hours", wide("1314A", "2", day="20220103"), NAME)


def test_junk_files_of_a_copy_are_left_alone(
    feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAW_INBOX", str(tmp_path))
    folder = tmp_path / FEED
    folder.mkdir()
    (folder / "._china_sites_20220306.csv").write_bytes(b"\0\5\x16\7")
    (folder / "2022-03-07_china_sites_20220306.csv").write_text(wide("1314A", "2", day="20220306"))
    (folder / "2022-03-07_2022-03-06T10.csv").write_text(simulated.archive_hour(date(2022, 3, 6), 10, 1))
    (folder / "2022-03-07_2022-03-06T11.csv").write_text(simulated.archive_hour(date(2022, 3, 6), 11, 1))
    with serve(now=end_of(date(2022, 3, 7))) as running:
        monkeypatch.setenv("RAW_ENVIRONMENT_AIR_URL", addresses(running.url)["RAW_ENVIRONMENT_AIR_URL"])
        landed = pull(feed, date(2022, 3, 7), landing_root=tmp_path / "landing", month="2022-03")
    assert [(one.manifest["table"], one.manifest["scope"]) for one in landed] == [
        ("station_hours", "DATE=2022-03-06"),
        ("archive_hours", "DATE=2022-03-06|HOUR=10"),
        ("archive_hours", "DATE=2022-03-06|HOUR=11"),
    ]


def test_a_file_whose_name_fits_no_table_is_told_once_and_keeps_no_other_out(
    feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAW_INBOX", str(tmp_path))
    folder = tmp_path / FEED
    folder.mkdir()
    (folder / "2022-03-07_China_Sites_20220305.csv").write_text(wide("1314A", "2", day="20220305"))
    (folder / "2022-03-07_china_sites_20220306.csv").write_text(wide("1314A", "2", day="20220306"))
    with serve(now=end_of(date(2022, 3, 7))) as running:
        monkeypatch.setenv("RAW_ENVIRONMENT_AIR_URL", addresses(running.url)["RAW_ENVIRONMENT_AIR_URL"])
        with pytest.raises(BadInput, match="fits no table") as refused:
            pull(feed, date(2022, 3, 7), landing_root=tmp_path / "landing", month="2022-03")
    assert [Path(problem.where).name for problem in refused.value.problems] == [
        "2022-03-07_China_Sites_20220305.csv"
    ]
    landed = vintages(tmp_path / "landing", FEED, "station_hours", date(2022, 3, 7))
    assert [vintage.scope for vintage in landed] == ["DATE=2022-03-06"]


# --- the other layouts -----------------------------------------------------------------------------------

ARCHIVE = (
    "timepoint,stationcode,longitude,latitude,area,positionname,primarypollutant,aqi,pm10,pm10_24h,pm2_5,pm2_5_24h,"
    "o3,o3_24h,o3_8h,o3_8h_24h,no2,no2_24h,so2,so2_24h,co,co_24h\n"
)


def test_the_swapped_ozone_of_the_archive_is_put_back(feed: Feed) -> None:
    line = '2022-01-05T01:00:00,9001A,1,2,某市,某点,"颗粒物(PM10),细颗粒物(PM2.5)",,10,11,12,13,141,142,143,144,15,16,17,18,0.9,1\n'
    (row,) = taken(feed, "archive_hours", ARCHIVE + line, "2022-01-05T01.csv").records
    assert (row["O3"], row["O3_24h"], row["O3_8h"], row["O3_8h_24h"]) == ("142", "141", "144", "143")
    assert (row["DATE"], row["HOUR"]) == ("2022-01-05", "1")
    assert row["AQI"] is None and row["PM10"] == "10", "the index may be empty though pollutants are there"
    assert row["PRIMARY_POLLUTANT"] == "颗粒物(PM10),细颗粒物(PM2.5)"


def test_another_hour_under_this_hours_name_is_refused(feed: Feed) -> None:
    content = simulated.archive_hour(date(2022, 1, 5), 1, 7)
    assert taken(feed, "archive_hours", content, "2022-01-06_2022-01-05T01.csv").records
    for name in ("2022-01-05T02.csv", "2022-01-06T01.csv"):
        with pytest.raises(
            BadInput, match=f"found '2022-01-05T01:00:00'；应为 expected {name[:13]}:00:00, as its name"
        ):
            taken(feed, "archive_hours", content, name)


def test_both_layouts_of_one_hour_give_the_same_rows(feed: Feed) -> None:
    day, hour = date(2022, 10, 5), 16
    long = taken(feed, "archive_hours", simulated.archive_hour(day, hour, 7), f"{day}T{hour}.csv").records
    replica = Publisher(datetime(2022, 12, 1, tzinfo=UTC), 7)
    body = replica.answer(Asked("/data/china_sites_20221005.csv"), frozenset()).body
    melted = taken(feed, "station_hours", body, "china_sites_20221005.csv").records
    of_hour = {r["STATION"]: r for r in melted if r["HOUR"] == str(hour)}
    assert {r["STATION"]: {k: v for k, v in r.items() if k != "PRIMARY_POLLUTANT"} for r in long} == of_hour


def test_a_scrape_is_keyed_by_name_and_its_repeated_rows_count_once(feed: Feed) -> None:
    head = "Date,Hour,WatchPoint,AQI,Level,PrimaryPollution,PM2.5,PM10,CO,NO2,O3_1h,O3_8h,SO2\n"
    line = (
        '20200402,08,仰口,52,良,"\n      颗粒物(PM10)\n      \n      细颗粒物(PM2.5)\n",31,54,NaN,43,,72,9\n'
    )
    (row,) = taken(feed, "watch_point_hours", head + line + line, "watch_points.csv").records
    assert (row["DATE"], row["HOUR"], row["WATCH_POINT"]) == ("2020-04-02", "08", "仰口")
    assert (row["CO"], row["O3_1h"], row["PM10"]) == (None, None, "54")
    assert row["PRIMARY_POLLUTANT"] == "颗粒物(PM10),细颗粒物(PM2.5)"
    with pytest.raises(BadInput, match="duplicate period"):
        taken(feed, "watch_point_hours", head + line + line.replace(",54,", ",55,"), "watch_points.csv")


def test_aqistudy_has_no_header_and_a_mark_glued_to_its_first_city(feed: Feed) -> None:
    line = "青岛,2013-12-02,119,100~139,轻度污染,129,225.5,82.4,1.6,76,35,43\n"
    (row,) = taken(feed, "city_days", b"\xef\xbb\xbf" + line.encode(), "aqistudy_qingdao_daily_x.csv").records
    assert (row["CITY"], row["DATE"], row["RANK"], row["PM10"]) == ("青岛", "2013-12-02", "43", "225.5")
    (row,) = taken(feed, "city_months", line.replace("12-02", "12"), "aqistudy_qingdao_monthly.csv").records
    assert row["MONTH"] == "2013-12"
    with pytest.raises(BadInput, match="3 cells；应为 expected 12"):
        taken(feed, "city_days", "青岛,2013-12-02,119\n", "aqistudy_qingdao_daily_x.csv")


STATIONS = "监测点编码,监测点名称,城市,经度,纬度,对照点\n"
LIST = "站点列表-2022.02.13起.csv"


def test_what_the_station_list_says_in_odd_places_has_columns_of_its_own(feed: Feed) -> None:
    """A dash or nothing for a coordinate, days within the name in two forms, a background station that is closed."""
    lines = (
        "9001A,甲监测中心(停运150702),某市,117.151,39.097,Y\n"
        "9002A,乙政府,某市,-,-,N\n"
        "9003A,丙监测站,某市,,,N\n"
        "9004A,丁村（停运20201117）,某市,118.5857,37.4442,Y\n"
        "9005A,戊支队(启用161031),某市,119.6533,29.1128,N\n"
        "9006A,己(对照点),某市,120.6659,36.2403,Y\n"
    )
    rows = taken(feed, "station_list", STATIONS + lines, LIST).records
    assert [tuple(list(row.values())[1:]) for row in rows] == [
        ("甲监测中心", "某市", "117.151", "39.097", "Y", None, "2015-07-02"),
        ("乙政府", "某市", None, None, "N", None, None),
        ("丙监测站", "某市", None, None, "N", None, None),
        ("丁村", "某市", "118.5857", "37.4442", "Y", None, "2020-11-17"),
        ("戊支队", "某市", "119.6533", "29.1128", "N", "2016-10-31", None),
        ("己(对照点)", "某市", "120.6659", "36.2403", "Y", None, None),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (STATIONS + "9001A,甲(停运),某市,117,39,N\n", r"found '甲\(停运\)'；应为 expected a day"),
        (STATIONS + "9001A,甲(停运151341),某市,117,39,N\n", "row 1, column 监测点名称"),
        (STATIONS + "9001A,甲,某市,117,39,否\n", "IS_BACKGROUND"),
        (STATIONS + "9001A,甲,某市,东经117,39,N\n", "LONGITUDE"),
        (STATIONS + "9001A,甲,某市,117,39,N\n9001A,甲,某市,117,39,N\n", "duplicate"),
        (STATIONS.replace("对照点", "备注") + "9001A,甲,某市,117,39,N\n", "is it this list"),
    ],
)
def test_what_is_no_such_list_is_refused(feed: Feed, text: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        taken(feed, "station_list", text, LIST)


def live(**said: object) -> str:
    """The live list of one station at 01:00 of 2022-01-05 in Beijing, every number a text."""
    station = {
        **dict.fromkeys(FIELDS.values(), "7"),
        "StationCode": "1314A", "PositionName": "黄岛区子站", "TimePoint": "/Date(1641315600000)/",
        "TimePointStr": "2022-01-05 01:00", "PrimaryPollutant": "—", "Quality": "良", "Measure": "",
    }  # fmt: skip
    return json.dumps([{**station, **said}], ensure_ascii=False)


def test_the_live_list_says_utc_text_and_dashes(feed: Feed) -> None:
    content = live(O3="141", O3_24h="142", O3_8h="143", O3_8h_24h="144", CO="0.9", PM2_5="—", AQI=None)
    (row,) = taken(feed, "live_hours", content, "cnemc_live_370200.json").records
    assert (row["DATE"], row["HOUR"], row["STATION"]) == ("2022-01-05", "1", "1314A")
    assert (row["PM2.5"], row["AQI"], row["PRIMARY_POLLUTANT"]) == (None, None, None)
    assert (row["O3"], row["O3_24h"], row["O3_8h"], row["O3_8h_24h"]) == ("141", "142", "143", "144")
    assert (row["CO"], row["PM10"]) == ("0.9", "7")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (live(TimePoint="/Date(1641315660000)/"), r"element 1, TimePoint: .* expected a full hour"),
        (live(TimePoint="2022-01-05T01:00:00"), "element 1, TimePoint"),
        (live(TimePoint="/Date(999999997200000)/"), "element 1, TimePoint"),
        (live(PM10=["7"]), "element 1: 发现 found no text or number in PM10"),
        (live().replace('"PM10_24h"', '"Pm10_24h"'), "element 1: 发现 found no PM10_24h"),
        (live(NO2="缺测"), "NO2"),
        ('{"Message": "出错"}', "an array of stations"),
        ("[]", "an array of stations"),
        ("<html>", "no JSON"),
    ],
)
def test_what_is_no_live_list_is_refused(feed: Feed, content: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        taken(feed, "live_hours", content, "cnemc_live_370200.json")


def test_a_kept_answer_and_a_list_of_stations_go_to_their_tables(
    feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAW_INBOX", str(tmp_path))
    folder = tmp_path / FEED
    folder.mkdir()
    (folder / "2022-03-07_cnemc_live_370200.json").write_text(live(), encoding="utf-8")
    (folder / f"2022-03-07_{LIST}").write_text(
        STATIONS + "1314A,黄岛区子站,青岛,120.1983,35.9608,N\n", encoding="utf-8"
    )
    with serve(now=end_of(date(2022, 3, 7))) as running:
        monkeypatch.setenv("RAW_ENVIRONMENT_AIR_URL", addresses(running.url)["RAW_ENVIRONMENT_AIR_URL"])
        landed = pull(feed, date(2022, 3, 7), landing_root=tmp_path / "landing", month="2022-03")
    assert [(one.manifest["table"], one.manifest["scope"]) for one in landed] == [
        ("live_hours", "DATE=2022-01-05|HOUR=1"),
        ("station_list", "all"),
    ]


# --- fetching --------------------------------------------------------------------------------------------


@contextmanager
def mirror(
    monkeypatch: pytest.MonkeyPatch, now: datetime, *, seed: int | None = 7, faults: Faults | None = None
) -> Iterator[Running]:
    monkeypatch.setattr("raw.fetch._be_polite", lambda *_: None)
    monkeypatch.setenv("RAW_INBOX", "/nonexistent")
    with serve(now=now, seed=seed, faults=faults) as running:
        monkeypatch.setenv("RAW_ENVIRONMENT_AIR_URL", f"{running.url}/{FEED}")
        yield running


def sums(landed: list[Landed]) -> set[str]:
    return {str(one.manifest["sha256"]) for one in landed}


def test_without_a_seed_there_is_nothing_and_that_is_no_error(
    feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mirror(monkeypatch, end_of(AS_OF), seed=None) as running:
        assert pull(feed, AS_OF, landing_root=tmp_path) == []
        assert len(running.requests) == 7, "every seventh day of 43: where none has a file, no other is asked"


def without(days: set[int]) -> Callable[[Publisher, Asked, frozenset[Fault]], Answer]:
    """The stand-in's answers, but for those days of October, which it does not have."""
    whole = Publisher.answer
    gone = {f"china_sites_202210{day:02}.csv" for day in days}

    def answer(stand_in: Publisher, asked: Asked, active: frozenset[Fault]) -> Answer:
        if asked.path[-1] in gone:
            raise UnanswerableError(404, "no such file")
        return whole(stand_in, asked, active)

    return answer


@pytest.mark.parametrize("gone", [set(range(1, 9)), set(range(20, 32)), {*range(1, 12), *range(19, 32)}])
def test_a_month_without_its_first_or_last_days_lands_the_rest_with_a_warning(
    feed: Feed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    gone: set[int],
) -> None:
    monkeypatch.setattr(Publisher, "answer", without(gone))
    as_of = date(2022, 10, 31)
    with mirror(monkeypatch, end_of(as_of)):
        landed = pull(feed, as_of, landing_root=tmp_path, month=MONTH)
    kept = [day for day in range(1, 32) if day not in gone]
    assert sorted(str(one.manifest["scope"]) for one in landed) == [f"DATE=2022-10-{day:02}" for day in kept]
    (told,) = [record for record in caplog.records if "no file of" in record.message]
    assert (told.levelname, told.message.count("2022-10-")) == ("WARNING", len(gone))


def test_a_day_that_is_refused_keeps_no_other_out(
    feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults()
    faults.on(FEED, Fault.STATUS_403, 1)
    as_of = date(2022, 10, 3)
    with mirror(monkeypatch, end_of(as_of), faults=faults) as running:
        with pytest.raises(BadInput) as caught:
            pull(feed, as_of, landing_root=tmp_path, month=MONTH)
        assert len(running.requests) == 3
    (problem,) = caught.value.problems
    assert "china_sites_20221001.csv" in problem.where and "status 403" in problem.found
    scopes = [one.scope for one in vintages(tmp_path, FEED, "station_hours", as_of)]
    assert scopes == ["DATE=2022-10-02", "DATE=2022-10-03"]


def test_a_month_is_its_days_and_the_hour_that_closes_it_and_comes_once(
    feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mirror(monkeypatch, end_of(AS_OF)) as running:
        landed = pull(feed, AS_OF, landing_root=tmp_path, month=MONTH)
        assert sorted(str(one.manifest["scope"]) for one in landed) == [
            *(f"DATE=2022-10-{day:02}" for day in range(1, 32)), "DATE=2022-11-01",
        ]  # fmt: skip
        assert {one.manifest["origin"] for one in landed} == {"simulated"}
        # Asked again with the marks of what has landed, the publisher says 304 to each.
        assert pull(feed, AS_OF, landing_root=tmp_path, month=MONTH) == []
        assert len(running.requests) == 64
    assert len(vintages(tmp_path, FEED, "station_hours", AS_OF)) == 32


def test_the_file_of_today_grows_and_the_next_day_it_is_final(
    feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today, next_day = date(2022, 10, 3), date(2022, 10, 4)
    for moment in (datetime(2022, 10, 3, 9, 40, tzinfo=CHINA), end_of(next_day)):
        with mirror(monkeypatch, moment):
            pull(feed, moment.date(), landing_root=tmp_path, month=MONTH)
    known = [v for v in vintages(tmp_path, FEED, "station_hours", next_day) if v.scope == f"DATE={today}"]
    assert [v.vintage_date for v in known] == [today, next_day]
    assert known[0].manifest["row_count"] < known[1].manifest["row_count"]


def test_a_month_read_again_after_its_confirmation_brings_the_correction(
    feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for no month, the pull reads the month before again; the provisional spike of SO2 is gone."""
    early, late = date(2022, 11, 1), date(2022, 11, 11)
    for as_of in (early, late):
        with mirror(monkeypatch, end_of(as_of)):
            pull(feed, as_of, landing_root=tmp_path)
    known = [v for v in vintages(tmp_path, FEED, "station_hours", late) if v.scope == "DATE=2022-10-07"]
    assert [v.vintage_date for v in known] == [early, late]
    assert [simulated.SPIKE[3].encode() in v.original.read_bytes() for v in known] == [True, False]


def test_a_file_written_later_is_not_known_earlier(
    feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mirror keeps no history: asked for a past day it has only what stands there now."""
    with mirror(monkeypatch, end_of(AS_OF)):
        landed = pull(feed, date(2022, 11, 5), landing_root=tmp_path, month=MONTH)
    # Of October all was written again on the tenth of November; the first of November was not.
    assert [one.manifest["scope"] for one in landed] == ["DATE=2022-11-01"]


# --- what is simulated -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("area", "month", "share"),
    [
        ("CN-370211", "2022-10", "93.5"), ("CN-370211", "2020-10", "87.1"), ("CN-370200", "2022-10", "100"),
        ("CN-370200", "2021-11", "83.3"), ("CN-370200", "2022-01", "90.3"), ("CN-370200", "2024-04", "93.1"),
    ],
)  # fmt: skip
def test_the_bad_days_drawn_give_the_published_share(area: str, month: str, share: str) -> None:
    valid = len(simulated._days(month)) - len(simulated._invalid_days(month, 7))
    places = len(share.partition(".")[2])
    assert simulated.published_share(area, month) == share
    assert f"{100 * (1 - len(simulated.bad_days(area, month, 7)) / valid):.{places}f}" == share


def test_the_same_seed_gives_the_same_bytes() -> None:
    rows = [simulated.wide_rows(date(2022, 10, 5), 23, seed, confirmed=True) for seed in (7, 7, 8)]
    assert rows[0] == rows[1] != rows[2]


# --- faults ----------------------------------------------------------------------------------------------

TWO_DAYS = end_of(date(2022, 10, 2))


def of_day(day: str) -> Answer:
    return Publisher(TWO_DAYS, 7).answer(Asked(f"/data/china_sites_{day}.csv"), frozenset())


RETRIED = {
    Fault.STATUS_429, Fault.STATUS_500, Fault.STATUS_504, Fault.SLOW_DRIP, Fault.CONNECTION_RESET,
}  # fmt: skip
HARMLESS = {Fault.PATH_LIKE_NAME, Fault.SILENT_REVISION}


@pytest.mark.parametrize("fault", sorted(TRANSPORT_FAULTS | Publisher.content_faults))
def test_every_fault_ends_as_landed_in_the_end_or_as_kept_and_announced(
    feed: Feed, fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two days are asked for; the fault hits the first one once."""
    quick = Policy(first_pause=0.01, longest_pause=0.02, read_timeout=0.4)
    monkeypatch.setattr("raw.doors.daily_file.Policy", lambda **limits: Policy(**{**vars(quick), **limits}))
    zip_bomb()  # made beforehand: making it takes longer than the client waits
    now = TWO_DAYS
    good = {hashlib.sha256(of_day(f"2022100{day}").body).hexdigest() for day in (1, 2)}
    faults = Faults()
    faults.retry_after_seconds, faults.delay_seconds = 0, 0.6
    faults.on(FEED, fault, 1)
    broken = tmp_path / "broken"
    with mirror(monkeypatch, now, faults=faults):
        if fault in RETRIED | HARMLESS:
            landed = pull(feed, now.date(), landing_root=broken, month=MONTH)
            assert len(landed) == 2
            assert (sums(landed) == good) is (fault is not Fault.SILENT_REVISION)
            return
        with pytest.raises(BadInput, match="Remedy: "):
            pull(feed, now.date(), landing_root=broken, month=MONTH)
    kept = list((broken / FEED / "station_hours/quarantine").glob("*/problems.json"))
    assert len(kept) == 1
    assert {v.sha256 for v in vintages(broken, FEED, "station_hours", now.date())} <= good
