"""Seeded defects: what a publisher might say wrongly, and what of ours has to notice.

A defect edits the published tables that the stand-in publishers serve; it is then pulled over HTTP, built and
judged like any other month. Defects that touch different series share a build (``group``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Row = dict[str, str]
Tables = dict[str, list[Row]]
Edit = Callable[[Tables], int]
"""Changes the tables in place; returns how many rows it touched: none would be a defect that is not there."""

CITY, DISTRICT = "CN-370200", "CN-370211"
CUSTOMS, BUREAU, REPORTS, PORT = (
    "customs_monthly_totals", "bureau_statistics", "environment_reports", "port_throughput",
)  # fmt: skip


@dataclass(frozen=True)
class Defect:
    """One defect. ``rules`` are those that claim to notice it: each must fail, as it does not without it.

    ``said`` stands in the words of the refusal, where landing is to refuse the file for this very defect.
    """

    name: str
    what_zh: str
    group: str
    edit: Edit
    rules: tuple[str, ...]
    said: str = ""

    @property
    def series(self) -> tuple[str, ...]:
        """The series that the defect touches; empty where it touches whole tables."""
        return tuple(getattr(self.edit, "series", ()))


@dataclass(frozen=True)
class Rows:
    """The published rows of a series; of all periods and feeds where none is given."""

    series: str
    period: str | None
    measure: str
    area: str
    feed: str | None

    def __call__(self, row: Row) -> bool:
        return (
            row["INDICATOR"] == self.series
            and row["MEASURE"] == self.measure
            and row["REF_AREA"] == self.area
            and self.period in (None, row["TIME_PERIOD"])
            and self.feed in (None, row["FEED"])
        )


def of(
    series: str, period: str | None, measure: str = "LEVEL", area: str = CITY, feed: str | None = None
) -> Rows:
    """The published rows of a series; of all periods where none is given."""
    return Rows(series, period, measure, area, feed)


def changed(which: Callable[[Row], bool], change: Callable[[Row], Row]) -> Edit:
    def edit(tables: Tables) -> int:
        rows = tables["observations"]
        touched = [number for number, row in enumerate(rows) if which(row)]
        for number in touched:
            rows[number] = change(rows[number])
        return len(touched)

    edit.series = (which.series,) if isinstance(which, Rows) else ()
    return edit


def times(factor: float) -> Callable[[Row], Row]:
    return lambda row: row | {"OBS_VALUE": f"{float(row['OBS_VALUE']) * factor:.10g}"}


def to(value: str) -> Callable[[Row], Row]:
    return lambda row: row | {"OBS_VALUE": value}


def with_(**cells: str) -> Callable[[Row], Row]:
    return lambda row: row | cells


def dropped(which: Callable[[Row], bool]) -> Edit:
    def edit(tables: Tables) -> int:
        rows = tables["observations"]
        kept = [row for row in rows if not which(row)]
        tables["observations"] = kept
        return len(rows) - len(kept)

    return edit


def both(*edits: Edit) -> Edit:
    def together(tables: Tables) -> int:
        return min(edit(tables) for edit in edits)

    together.series = tuple(series for edit in edits for series in getattr(edit, "series", ()))
    return together


def retitled(mark: str) -> Edit:
    def edit(tables: Tables) -> int:
        tables["sources"] = [row | {"TITLE": row["TITLE"] + mark} for row in tables["sources"]]
        return len(tables["sources"])

    return edit


def slip(name: str, what: str, series: str, period: str, factor: float, area: str = CITY) -> Defect:
    edit = changed(of(series, period, area=area), times(factor))
    return Defect(name, what, "a", edit, ("fct_observations.no_unit_slip",))


def refused(name: str, what: str, group: str, edit: Edit, feed: str, said: str) -> Defect:
    return Defect(name, what, group, edit, (f"landing.{feed}",), said)


OBS = "fct_observations."
DEFECTS = (
    slip("slip_x10", "十倍之误", "PORT_CONTAINER_THROUGHPUT", "2021", 10),
    slip("slip_x100", "百倍之误", "MARKET_ENTITIES", "2019", 100, DISTRICT),
    slip("slip_x1000", "千倍之误", "PORT_CARGO_THROUGHPUT", "2021", 1000),
    slip("slip_x10000", "亿元误作万元", "MARINE_VA", "2018", 10_000, DISTRICT),
    slip("slip_x1e8", "亿元误作元", "GDP", "2016", 1e8, DISTRICT),
    slip("slip_tenth", "小数点左移", "TRADE_TOTAL", "2022", 0.1),
    slip("slip_wan_as_yi", "万元误作亿元", "GDP", "2023", 1e-4),
    Defect("ytd_falls", "累计数下降", "a", changed(of("GDP", "2022-Q2", "YTD"), to("3000")), (OBS + "year_to_date_never_falls",)),
    Defect("stale_copy", "照抄上季累计", "b", changed(of("GDP", "2022-Q2", "YTD", feed=BUREAU), to("3372.5")), (OBS + "no_stale_copy",)),
    Defect("stale_copy_of_customs", "海关表照抄上月累计", "a", changed(of("TRADE_TOTAL", "2021-07", "YTD", feed=CUSTOMS), to("3975.2")), (f"landing.{CUSTOMS}",), "3975.2"),
    Defect("total_not_sum", "进出口不等于总额", "a", changed(of("TRADE_IMPORT", "2021-05", "YTD"), times(1.1)), (f"landing.{CUSTOMS}",), "3302.45"),
    Defect("yearly_total_not_sum", "年度进出口不等于总额", "a", changed(of("TRADE_IMPORT", "2021", "LEVEL", feed=BUREAU), times(1.1)), (OBS + "exports_and_imports_sum_to_trade",)),
    Defect("level_is_growth", "列错位：水平值取成增速", "a", changed(of("TRADE_TOTAL", "2022-08", "YTD", feed=BUREAU), to("8")), (OBS + "level_is_not_its_growth",)),
    Defect("growth_off", "增速与两年水平值不符", "a", changed(of("TRADE_TOTAL", "2021-11", "YTD", feed=BUREAU), times(1.3)), (OBS + "growth_agrees_with_levels",)),
    Defect("share_over_100", "比重超过100", "a", changed(of("GDP_SHARE_TERTIARY", "2022", area=DISTRICT), times(10)), (OBS + "share_is_a_share",)),
    Defect("shares_not_100", "三次产业比重之和不为100", "a", changed(of("GDP_SHARE_SECONDARY", "2023", area=DISTRICT), times(1.1)), (OBS + "shares_sum_to_hundred",)),
    Defect("growth_times_100", "增速放大百倍", "a", changed(of("GDP", "2021", "YOY"), times(100)), (OBS + "growth_is_possible",)),
    Defect("growth_below_minus_100", "增速低于-100", "a", changed(of("INDUSTRIAL_VA", "2022", "YOY"), to("-138")), (OBS + "growth_is_possible",)),
    Defect("wrong_sign", "负的企业数", "a", changed(of("HIGH_TECH_ENTERPRISES", "2019"), times(-1)), (OBS + "no_negative_quantity",)),
    Defect("wrong_sign_amount", "负的金额", "a", changed(of("MARINE_VA", "2017"), times(-1)), (OBS + "no_negative_quantity",)),
    Defect("dust_swapped", "PM2.5与PM10互换", "a", both(changed(of("PM25", "2022-10"), to("44")), changed(of("PM10", "2022-10"), to("20"))), (OBS + "fine_dust_not_above_coarse",)),
    Defect("milligrams", "微克误作毫克", "a", changed(of("SO2", "2022-01"), times(0.001)), (f"landing.{REPORTS}",), "'0.01'"),
    Defect("micrograms", "毫克误作微克", "a", changed(of("CO", "2022-01"), times(1000)), (f"landing.{REPORTS}",), "'1400'"),
    Defect("dust_hundredfold", "浓度放大百倍", "a", changed(of("PM25", "2021-11"), to("3900")), (OBS + "concentration_is_believable",)),
    Defect("good_days_over_100", "优良率超过100", "a", changed(of("AQI_GOOD_DAYS_RATIO", "2022-01"), times(10)), (f"landing.{REPORTS}",), "'903'"),
    Defect("industries_not_gdp", "三次产业之和不等于地区生产总值", "b", changed(of("VA_PRIMARY", "2020", area=DISTRICT), times(3)), (OBS + "gdp_is_the_sum_of_three_industries",)),
    Defect("district_above_city", "新区大于全市", "b", changed(of("GDP", "2022", area=DISTRICT), times(5)), (OBS + "district_not_above_city",)),
    Defect("swapped_trade", "出口与进口互换", "b", both(
        changed(of("TRADE_EXPORT", "2023-11", "YTD"), to("3729.8")), changed(of("TRADE_IMPORT", "2023-11", "YTD"), to("4326.9"))),
        (OBS + "exports_and_imports_not_swapped",)),
    Defect("part_above_total", "分项大于总额", "b", changed(of("TRADE_GENERAL", "2021-07", "YTD"), times(3)), (OBS + "part_not_above_total",)),
    Defect("part_twice", "加工贸易重复计入", "b", changed(of("TRADE_PROCESSING", "2021-05", "YTD"), times(2.5)), (OBS + "modes_not_above_total",)),
    Defect("out_of_range", "指标值放大十倍", "b", changed(of("URBANISATION_RATE_RESIDENT", "2022", area=DISTRICT), times(10)), ("fct_indicator_values.range.qwc-14.11",)),
    Defect("silent_revision", "不声明的修订", "b", changed(of("MARKET_ENTITIES", None, area=DISTRICT), times(1.01)), ("fct_observation_vintages.no_silent_revision",)),
    Defect("large_revision", "大幅修订", "b", changed(of("URBAN_NEW_JOBS", "2022", area=DISTRICT), times(1.4)), ("fct_indicator_values.large_revision",)),
    Defect("garbled_title", "标题乱码", "b", retitled("锟斤拷"), ("dim_source.titles_are_not_garbled",)),
    Defect("changed_base", "整条序列换基期", "c", changed(of("MARINE_VA", None), times(1.25)), (OBS + "base_is_unchanged",)),
    Defect("feed_silent", "整个数据源不见", "c", dropped(lambda row: row["FEED"] == REPORTS), (OBS + "feed_has_not_fallen_silent", OBS + "series_are_not_lost")),
    Defect("indicator_withdrawn", "指标数据被撤回", "c", dropped(of("GDP", None, "YOY", DISTRICT)), ("fct_indicator_values.value_withdrawn",)),
    # What landing refuses, for the code lists of the file or for the form of a cell.
    refused("wrong_area_code", "地区代码错误", "e", changed(of("FDI_CONTRACTED_USD", "2021"), with_(REF_AREA="CN-379999")), BUREAU, "'CN-379999'"),
    refused("unknown_status", "状态代码错误", "e", changed(of("GRAIN_OUTPUT", "2022"), with_(OBS_STATUS="X")), BUREAU, "'X'"),
    refused("unknown_unit", "单位代码错误", "e", changed(of("VEGETABLE_OUTPUT", "2022"), with_(UNIT_MEASURE="XXX")), BUREAU, "'XXX'"),
    refused("unknown_multiplier", "数量级代码错误", "e", changed(of("EGG_OUTPUT", "2022"), with_(UNIT_MULT="x")), BUREAU, "UNIT_MULT"),
    refused("text_for_number", "数字写成文字", "e", changed(of("TRADE_EXPORT", "2023-04", feed=CUSTOMS), to("四百")), CUSTOMS, "'四百'"),
    refused("negative_export", "负的出口", "e", changed(of("TRADE_EXPORT", "2021-07", feed=CUSTOMS), to("-462.6")), CUSTOMS, "-462.6"),
    refused("negative_boxes", "负的箱量", "e", changed(of("PORT_CONTAINER_THROUGHPUT", "2024-Q1", "YTD", feed=PORT), to("-767")), PORT, "-767"),
    refused("days_over_a_year", "一年超过366天", "e", changed(of("AQI_GOOD_DAYS", "2018-09", "YTD"), to("2300")), REPORTS, "'2300'"),
    refused("negative_dust", "负的浓度", "e", changed(of("PM25", "2024-04", feed=REPORTS), to("-21")), REPORTS, "'-21'"),
    refused("hundredfold_precision", "位数不合的浓度", "e", changed(of("NO2", "2022-10", feed=REPORTS), to("0.25")), REPORTS, "'0.25'"),
    # What only the whole shows.
    Defect("district_slip", "新区数放大百倍", "f", changed(of("GDP", "2017", area=DISTRICT), times(100)), (OBS + "no_unit_slip",)),
    Defect("trade_slip", "亿元误作万元", "f", changed(of("TRADE_TOTAL", "2021", feed=BUREAU), times(1e4)), (OBS + "no_unit_slip", "fct_indicator_values.range.qwc-14.10.CN-370200")),
    Defect("index_slip", "指数小数点错位", "f", changed(of("AQI_COMPOSITE_INDEX", "2022-10"), times(10)), (OBS + "no_unit_slip",)),
    Defect("gas_slip", "二氧化硫放大近十倍", "f", changed(of("SO2", "2022-10"), to("60")), (OBS + "no_unit_slip",)),
    Defect("share_slip", "占比放大十倍", "f", changed(of("MARINE_VA_SHARE_GDP", "2018", area=DISTRICT), times(10)), ("fct_indicator_values.range.qwc-14.04", OBS + "share_is_a_share")),
    Defect("another_share_slip", "另一占比放大十倍", "f", changed(of("FOUR_NEW_ECONOMY_SHARE", "2022", area=DISTRICT), to("329.1")), ("fct_indicator_values.range.qwc-14.07",)),
    Defect("negative_share", "负的比重", "f", changed(of("GDP_SHARE_PRIMARY", "2021"), times(-1)), (OBS + "share_is_a_share", OBS + "shares_sum_to_hundred")),
    Defect("negative_import", "负的进口", "f", changed(of("TRADE_IMPORT", "2024-Q1", "YTD", feed=BUREAU), times(-1)), (OBS + "no_negative_quantity",)),
    Defect("negative_number", "负的市场主体数", "f", changed(of("MARKET_ENTITIES", "2020", area=DISTRICT), times(-1)), (OBS + "no_negative_quantity",)),
    Defect("swapped_quarters", "上半年与一季度互换", "f", both(changed(of("GDP", "2024-Q1", "YTD"), to("7978.67")), changed(of("GDP", "2024-Q2", "YTD"), to("3743.5"))), (OBS + "year_to_date_never_falls",)),
    Defect("jobs_fall", "新增就业累计下降", "f", changed(of("URBAN_NEW_JOBS", "2022-08", "YTD"), to("21.08")), (OBS + "year_to_date_never_falls",)),
    Defect("growth_tenfold", "增速小数点右移", "f", changed(of("GDP", "2022", "YOY", DISTRICT), to("48")), ("fct_indicator_values.range.qwc-14.01",)),
    Defect("growth_hundredfold", "外资增速放大百倍", "f", changed(of("FDI_ACTUAL_USD", "2021-04", "YOY_YTD"), to("3240")), (OBS + "growth_is_possible",)),
    Defect("growth_wrong_sign", "投资增速低于-100", "f", changed(of("INFRASTRUCTURE_INVESTMENT", "2023-04", "YOY_YTD"), to("-162.2")), (OBS + "growth_is_possible",)),
    Defect("rate_tenfold", "城镇化率放大十倍", "f", changed(of("URBANISATION_RATE_RESIDENT", "2023"), to("783")), ("fct_indicator_values.range.qwc-14.11",)),
    Defect("jobs_tenfold", "新增就业放大十倍", "f", changed(of("URBAN_NEW_JOBS", "2022", area=DISTRICT), to("79")), ("fct_indicator_values.range.qwc-14.20.CN-370211",)),
    Defect("month_is_growth", "当月值取成增速", "f", changed(of("TRADE_TOTAL", "2021-11", feed=BUREAU), to("27.3")), (OBS + "level_is_not_its_growth",)),
    Defect("ozone_tenfold", "臭氧放大十倍", "f", changed(of("O3", "2022-10"), to("1410")), (OBS + "concentration_is_believable",)),
    Defect("bonded_over_total", "保税物流大于总额", "f", changed(of("TRADE_BONDED_LOGISTICS", "2023-02", "YTD", feed=CUSTOMS), times(9)), (OBS + "modes_not_above_total", OBS + "part_not_above_total")),
    Defect("private_over_total", "民营大于总额", "f", changed(of("TRADE_PRIVATE", "2023-04", "YTD", feed=CUSTOMS), times(2)), (OBS + "part_not_above_total",)),
    Defect("industry_tenfold", "第三产业放大", "f", changed(of("VA_TERTIARY", "2022", area=DISTRICT), times(10)), (OBS + "gdp_is_the_sum_of_three_industries",)),
    Defect("population_rebased", "人口整条换口径", "f", changed(of("POPULATION_RESIDENT", None, area=DISTRICT), times(1.15)), (OBS + "base_is_unchanged",)),
    Defect("small_revision", "占比小幅修订", "f", changed(of("URBANISATION_RATE_RESIDENT", "2022", area=DISTRICT), to("83.5")), ("fct_indicator_values.notable_revision",)),
    Defect("trade_revised", "累计数大幅修订", "f", changed(of("TRADE_TOTAL", "2025-04", "YTD", feed=BUREAU), times(1.2)), ("fct_indicator_values.large_revision",)),
    Defect("half_the_rows", "版本大量消失", "d", dropped(lambda row: row["FEED"] == BUREAU and row["REF_AREA"] == DISTRICT), ("fct_observation_vintages.vintages_are_not_lost", "fct_target_progress.indicator_has_not_lost_its_data")),
)  # fmt: skip
