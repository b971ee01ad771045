"""The period in a Chinese title: the whole phrase or none, and never the year for a part of it."""

from __future__ import annotations

import pytest

from raw.doors.html_index import period_of_title
from raw.readers.port_table import period_in
from raw.title_period import names_a_year, title_period

# Phrase → as the port's table has it (by month), as the bureau's pages have it (by quarter).
UNDERSTOOD = {
    "2024年": ("2024", "2024"),
    "2024年度": ("2024", "2024"),
    "2024年全年": ("2024", "2024"),
    "2024年一般公共预算": ("2024", "2024"),
    "2024年1-4季度": ("2024", "2024"),
    "2024年上半年": ("2024-06", "2024-Q2"),
    "2024年一季度": ("2024-03", "2024-Q1"),
    "2024年第一季度": ("2024-03", "2024-Q1"),
    "2024年1季度": ("2024-03", "2024-Q1"),
    "2024年前三季度": ("2024-09", "2024-Q3"),
    "2024年1-3季度": ("2024-09", "2024-Q3"),
    "2024年一至三季度": ("2024-09", "2024-Q3"),
    "2024年1-2月": ("2024-02", "2024-02"),
    "2024年1-3月": ("2024-03", "2024-Q1"),
    "2024年1月-6月": ("2024-06", "2024-Q2"),
    "2024年1月至6月": ("2024-06", "2024-Q2"),
    "2024年一月至六月": ("2024-06", "2024-Q2"),
    "2024年1—7月份": ("2024-07", "2024-07"),
    "2024年1——7月": ("2024-07", "2024-07"),
    "2024年1～7月": ("2024-07", "2024-07"),
    "2024年 1 – 7 月": ("2024-07", "2024-07"),
    "2024年01-07月": ("2024-07", "2024-07"),
    "２０２４年１－７月": ("2024-07", "2024-07"),
    "2024年1月-10月": ("2024-10", "2024-10"),
    "2024年1月至10月": ("2024-10", "2024-10"),
    "2024年元至十月": ("2024-10", "2024-10"),
    "2024年1-12月": ("2024-12", "2024-12"),
    "2024年前7个月": ("2024-07", "2024-07"),
    "2024年前十一个月": ("2024-11", "2024-11"),
    "2024年7月": ("2024-07", "2024-07"),
    "2024年3月": ("2024-03", "2024-03"),
    "2024年十月": ("2024-10", "2024-10"),
    "2024年十二月": ("2024-12", "2024-12"),
    "2024年元月": ("2024-01", "2024-01"),
    "2024年7月末": ("2024-07", "2024-07"),
}
REFUSED = (
    "2024年二季度", "2024年四季度", "2024年第2季度", "2024年第三季度", "2024年三季度", "2024年2-3季度",
    "2024年下半年", "2024年半年", "2024年2-3月", "2024年2月-3月", "2024年二至三月", "2024年11-12月", "2024年1-13月",
    "2024年13月", "2024年0月", "2024年十三月", "2024年二十月", "2024年011月", "2024年7、8月", "2024年7月和8月",
    "2024年7月上旬", "2024年统计月报", "2024年Q2", "2024年H1", "2024年首季", "2024年第5周", "2024年以来", "2024年初",
    "2024年1-…", "2024年10月28日", "2024年1月1日至7月31日", "2020-2024年", "2020年至2024年", "2020——2024年", "2023/2024年", "2023、2024年", "12024年",
    "2024年与2023年", "2024年1-7月与2023年1-7月", "2024年全市1-8月", "1-8月", "统计执法公告", "",
)  # fmt: skip


@pytest.mark.parametrize("tail", ["", "港口货物、集装箱吞吐量", "全市经济运行情况"])
@pytest.mark.parametrize(("phrase", "periods"), UNDERSTOOD.items())
def test_a_phrase_is_read_whole(phrase: str, periods: tuple[str, str], tail: str) -> None:
    assert (period_in(phrase + tail), period_of_title(phrase + tail)) == periods


@pytest.mark.parametrize("tail", ["", "港口货物、集装箱吞吐量", "全市经济运行情况"])
@pytest.mark.parametrize("phrase", REFUSED)
def test_what_is_no_period_from_january_on_is_none_and_never_the_year(phrase: str, tail: str) -> None:
    assert title_period(phrase + tail) is None


def test_a_period_said_twice_is_one_and_a_day_beside_it_is_none() -> None:
    for title in (
        "2024年1-7月港口吞吐量 2024年8月28日发布",
        "一、2024年1-7月港口吞吐量",
        "2024年1-7月港口吞吐量（据“2024年1-7月港口吞吐量”）",
        "2024年1-7月港口吞吐量（据“1-7月港口吞吐量”）",
    ):
        assert period_in(title) == "2024-07"
    assert period_in("2024年港口吞吐量（据“2024年公报”）") == "2024"


def test_the_words_are_kept_as_printed() -> None:
    period = title_period("《2024年前三季度港口吞吐量》")
    assert period is not None
    assert (period.printed, period.last_month, period.is_cumulative) == ("2024年前三季度", 9, True)


def test_a_title_that_names_a_year_is_told_from_one_that_says_nothing() -> None:
    assert names_a_year("2024年二季度") and not names_a_year("港口吞吐量")
