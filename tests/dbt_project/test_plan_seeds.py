"""The plan as data: complete, without loose ends, and every figure where the plan prints it.

The plan's own text is no part of the repository. Where it stands beside it (``../shared/plan/outline.txt``)
the printed words and figures are looked up in it; elsewhere those tests are skipped and say so.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

import pytest
import yaml

from warehouse.paths import DBT_PROJECT

SEEDS = DBT_PROJECT / "seeds/plan"
OUTLINE = DBT_PROJECT.parent.parent / "shared/plan/outline.txt"
NUMERALS = "零一二三四五六七八九十"
Row = dict[str, str]


PLAN = "qwc-14"


def every_plan(name: str) -> list[Row]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def seed(name: str) -> list[Row]:
    """The rows of a seed that belong to the plan whose text is looked up here, or to no plan."""
    return [row for row in every_plan(name) if row.get("plan_id", PLAN) == PLAN]


def listed(joined: str) -> list[str]:
    return [part for part in joined.split(";") if part]


def in_words(number: int) -> set[str]:
    """How the plan writes a whole number in characters: 15 is 十五, 100 is 百, 1000 is 千."""
    if number in (100, 1000):
        return {"百" if number == 100 else "千"}
    tens, ones = divmod(number, 10)
    if not tens:
        return {NUMERALS[ones]}
    return {("" if tens == 1 else NUMERALS[tens]) + "十" + (NUMERALS[ones] if ones else "")}


def figures(printed: str) -> set[Decimal]:
    return {Decimal(number) for number in re.findall(r"\d+(?:\.\d+)?", printed)}


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.fixture(scope="module")
def outline() -> list[str]:
    """Lines of the plan's text without blanks; page numbers are emptied."""
    if not OUTLINE.exists():
        pytest.skip(f"规划文本不在 the plan's text is not at {OUTLINE}")
    lines = [squeezed(line) for line in OUTLINE.read_text(encoding="utf-8").split("\n")]
    return ["" if re.fullmatch(r"—?\d{1,3}—?", line) else line for line in lines]


def lines_of(outline: list[str], row: Row, first: str = "plan_line_from", last: str = "plan_line_to") -> str:
    return "".join(outline[int(row[first]) - 1 : int(row[last])])


def test_counts_are_those_of_the_plan() -> None:
    assert len(seed("indicators")) == len(seed("targets")) == len(seed("baselines")) == 25
    assert Counter(row["attribute"] for row in seed("indicators")) == {"expected": 19, "binding": 6}
    assert Counter(row["role"] for row in seed("text_targets")) == {"baseline": 67, "target": 72}
    of_box = Counter(int(row["box_no"]) for row in seed("projects"))
    printed = [12, 13, 12, 9, 9, 34, 6, 12, 55, 17, 15, 4, 13, 2, 15, 9, 6, 3, 10, 18, 7]
    assert [of_box[box] for box in range(1, 22)] == printed
    assert sum(printed) == 281
    sections = seed("plan_sections")
    assert {int(row["chapter_no"]) for row in sections} == set(range(1, 13))
    assert [row["section_id"] for row in sections if row["text_status"] == "omitted"] == ["3.2"]


def test_every_seed_file_is_described_column_by_column() -> None:
    described = {
        one["name"]: one
        for file in sorted(SEEDS.glob("_*__seeds.yml"))
        for one in yaml.safe_load(file.read_text(encoding="utf-8"))["seeds"]
    }
    assert set(described) == {file.stem for file in SEEDS.glob("*.csv")}
    for name, one in described.items():
        with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        assert list(one["config"]["column_types"]) == header, name
        assert [column["name"] for column in one["columns"]] == header, name
        assert re.search(r"[一-鿿]", one["description"]) and re.search(r"[A-Za-z]{3}", one["description"]), (
            name
        )


def test_no_two_rows_share_a_key_and_ids_follow_their_pattern() -> None:
    for name, column, pattern in (
        ("text_targets", "text_target_id", r"[BT]\d{3}"),
        ("projects", "project_id", r"P\d{2}-\d{2}"),
        ("decisions", "decision_id", r"DEC-[A-Z]?\d{1,2}"),
        ("omissions", "omission_id", r"O\d{3}"),
    ):
        ids = [row[column] for row in seed(name)]
        assert len(ids) == len(set(ids)), name
        assert [one for one in ids if not re.fullmatch(pattern, one)] == [], name


@pytest.mark.parametrize("name", ["text_targets", "projects", "project_targets", "omissions"])
def test_printed_words_stand_at_the_cited_lines(name: str, outline: list[str]) -> None:
    absent = [
        (row["printed_zh"], row["plan_line_from"], row["plan_line_to"])
        for row in seed(name)
        if squeezed(row["printed_zh"]) not in lines_of(outline, row)
    ]
    assert absent == []


def test_the_citation_names_the_same_lines_section_and_box() -> None:
    chapters = {row["section_id"]: row for row in seed("plan_sections")}
    for row in seed("text_targets") + seed("projects") + seed("omissions"):
        first, last = row["plan_line_from"], row["plan_line_to"]
        lines = first if first == last else f"{first}–{last}"
        place = chapters[row["section_id"]]
        chapter, section = (
            f"第{in_words(int(place[column])).pop()}" for column in ("chapter_no", "section_no")
        )
        box = f" 专栏{row['box_no']}" if row["box_no"] else ""
        expected = f"{chapter}章{section}节{box}（纲要文本第{lines}行）"
        assert row["citation"].startswith(expected), (row["citation"], expected)


def test_sections_and_boxes_stand_at_their_lines(outline: list[str]) -> None:
    for row in seed("plan_sections"):
        number = in_words(int(row["section_no"] if int(row["section_no"]) else row["chapter_no"])).pop()
        kind = "节" if int(row["section_no"]) else "章"
        title = f"第{number}{kind}{row['title_zh']}" + ("（略）" if row["text_status"] == "omitted" else "")
        assert outline[int(row["plan_line"]) - 1] == title
    for row in seed("plan_boxes"):
        assert outline[int(row["plan_line"]) - 1] == f"专栏{row['box_no']}{row['title_zh']}"


def test_a_cited_line_lies_in_the_cited_section() -> None:
    starts = [(int(row["plan_line"]), row["section_id"]) for row in seed("plan_sections")]
    for row in seed("text_targets") + seed("projects") + seed("omissions"):
        inside = [section for line, section in starts if line <= int(row["plan_line_from"])][-1]
        assert row["section_id"] == inside, row["printed_zh"]


@pytest.mark.parametrize(
    ("words", "least"),
    [
        (r"一批", 19),
        (r"全覆盖|覆盖全|全员|覆盖城乡", 14),
        (r"到2025年", 9),
        (r"[一二三四五六七八九]大(?:计划|中心|高地|学校|载体|产业|攻坚|对接|特色)", 6),
    ],
)
def test_what_reads_like_a_target_is_one_or_is_left_out_with_a_reason(
    words: str, least: int, outline: list[str]
) -> None:
    """From chapter 3 on: each such word lies in the lines of a target, a project or an omission."""
    told = {
        line
        for row in seed("text_targets") + seed("projects") + seed("omissions")
        for line in range(int(row["plan_line_from"]), int(row["plan_line_to"]) + 1)
    }
    line_of = [number for number, line in enumerate(outline, 1) for _ in line]
    text = "".join(outline)
    found = [line_of[hit.start()] for hit in re.finditer(words, text) if line_of[hit.start()] > 371]
    assert len(found) >= least
    assert [line for line in found if line not in told and line + 1 not in told] == []


def test_an_omission_is_no_target_and_no_project() -> None:
    taken = {squeezed(row["printed_zh"]) for row in seed("text_targets")} | {
        squeezed(row["name_zh"]) for row in seed("projects")
    }
    assert [row["omission_id"] for row in seed("omissions") if row["printed_zh"] in taken] == []
    assert Counter(row["omission_class"] for row in seed("omissions"))["named_works"] >= 30


def test_figures_are_those_of_the_printed_words() -> None:
    """In digits, in characters, or read from the words; what is read rests on a decision."""
    decided = {row["target_id"] for row in seed("decision_targets")}
    for row in seed("text_targets"):
        printed, basis = row["figure_printed"], row["figure_basis"]
        value = row["target_value"] or row["baseline_value"]
        assert printed in row["printed_zh"]
        if basis == "printed":
            assert Decimal(value) in figures(printed), row["text_target_id"]
        elif basis == "worded":
            assert any(word in printed for word in in_words(int(value))), row["text_target_id"]
        elif basis == "read":
            doubled = (printed, value) == ("翻番", "2")
            assert doubled or row["text_target_id"] in decided, row["text_target_id"]
        else:
            assert row["target_value"] == "", row["text_target_id"]


def test_thresholds_and_quantities_are_printed() -> None:
    for row in seed("text_targets"):
        if row["threshold_value"]:
            value, printed = int(row["threshold_value"]), row["threshold_printed"]
            assert printed in row["printed_zh"]
            # 亿元 alone is one of it.
            spelt = value in figures(printed) or any(word in printed for word in in_words_or_none(value))
            assert spelt or printed == row["threshold_unit"], row["text_target_id"]
    for row in seed("projects"):
        if row["quantity_value"]:
            printed, value = row["quantity_printed"], int(row["quantity_value"])
            assert printed in row["printed_zh"]
            if row["quantity_basis"] == "printed":
                assert value in figures(printed), row["project_id"]
            elif row["quantity_basis"] == "worded":
                assert any(word in printed for word in in_words(value)), row["project_id"]
            else:
                assert (printed, value) == ("全覆盖", 100), row["project_id"]


def in_words_or_none(number: int) -> set[str]:
    return in_words(number) if number < 100 or number in (100, 1000) else set()


def test_units_of_figures_in_digits_are_printed_beside_them() -> None:
    not_printed = {
        row["text_target_id"]
        for row in seed("text_targets")
        if row["figure_basis"] == "printed" and row["unit"].removesuffix("/年") not in row["figure_printed"]
    }
    # 人才总量达到100万: that persons are meant is said in its note.
    assert not_printed == {"T008"}


def cited_lines(citation: str) -> tuple[int, int]:
    """First and last line of a citation of one place."""
    first, last = re.findall(r"第(\d+)(?:–(\d+))?行", citation)[-1]
    return int(first), int(last or first)


def test_every_row_of_the_table_is_carried_over_as_its_own_lines_print_it(outline: list[str]) -> None:
    """Number, name, unit, attribute, baseline, target and units, in this order and nothing between them.

    A number that has a line to itself was emptied as a page number is.
    A baseline and a target exchanged, or the figures of two indicators, would stand in the table all the same.
    """
    targets = {row["indicator_code"]: row for row in seed("targets")}
    baselines = {row["indicator_code"]: row for row in seed("baselines")}
    spellings: dict[str, set[str]] = {}
    for row in seed("unit_aliases"):
        spellings.setdefault(row["unit_id"], set()).add(row["alias_zh"])
    attributes = {"expected": "预期性", "binding": "约束性"}
    ends = []
    for row in seed("indicators"):
        code = row["indicator_code"]
        first, last = cited_lines(row["citation"])
        printed = "".join(outline[first - 1 : last])
        # Units of 1 and 20 are not printed (DEC-G1).
        unit = "" if code in ("01", "20") else f"（{re.escape(row['unit'])}）"
        units = "".join(
            f"(?:{'|'.join(sorted(spellings[one]))})" for one in listed(row["responsible_unit_ids"])
        )
        expected = (
            f"(?:安全)?(?:{int(code)})?{re.escape(squeezed(row['name_zh']))}{unit}{attributes[row['attribute']]}"
            f"{re.escape(baselines[code]['baseline_printed'])}{re.escape(squeezed(targets[code]['target_printed']))}"
            f"{units}"
        )
        assert re.fullmatch(expected, printed), (code, expected, printed)
        assert (
            cited_lines(targets[code]["citation"])
            == cited_lines(baselines[code]["citation"])
            == (first, last)
        )
        ends.append((first, last))
    assert all(last < first for (_, last), (first, _) in pairwise(ends))
    assert {row["citation"].split("（")[0] for row in seed("indicators")} == {"第二章第三节 主要指标表"}


def test_figures_of_the_table_are_those_of_the_printed_words() -> None:
    for row in seed("targets"):
        if row["target_value"]:
            assert Decimal(row["target_value"]) in figures(row["target_printed"]), row["indicator_code"]
    for row in seed("baselines"):
        if row["baseline_value"]:
            assert Decimal(row["baseline_value"]) == Decimal(row["baseline_printed"]), row["indicator_code"]


def test_the_plan_is_named_and_dated_as_it_was_issued(outline: list[str]) -> None:
    (plan,) = seed("plans")
    issued = "".join(outline[1:14])
    assert f"《{plan['name_zh']}》" in issued
    assert plan["document_no"] in issued
    year, month, day = (int(part) for part in plan["adopted_on"].split("-"))
    assert f"{year}年{month}月{day}日" in issued
    assert f"{year}年{month}月{day}日印发" in outline[1961]


def test_boxes_of_one_title_are_translated_alike_and_told_apart_by_a_note() -> None:
    titles: dict[str, list[Row]] = {}
    for row in seed("plan_boxes"):
        titles.setdefault(row["title_zh"], []).append(row)
    shared = [rows for rows in titles.values() if len(rows) > 1]
    assert [[row["box_no"] for row in rows] for rows in shared] == [["1", "2", "3"]]
    for rows in titles.values():
        assert len({row["title_en"] for row in rows}) == 1
        assert len({row["note_zh"] for row in rows}) == len(rows)
        assert all(bool(row["note_zh"]) == bool(row["note_en"]) == (len(rows) > 1) for row in rows)


def test_the_doubts_of_the_register_are_carried_over() -> None:
    """What the register of ambiguities names stands in a decision or beside the figure."""
    decisions = {row["decision_id"]: row["decision_zh"] + row["reason_zh"] for row in seed("decisions")}
    assert "沙尘" in decisions["DEC-15"]
    assert "沙尘" in decisions["DEC-I15"]
    assert "疫情" in decisions["DEC-01"]
    doubtful = {
        row["indicator_code"]
        for row in seed("baselines")
        if row["baseline_status"] not in ("stated", "missing")
    }
    assert {"01", "06"} <= doubtful


def test_units_resolve_and_every_printed_spelling_is_an_alias(outline: list[str]) -> None:
    units = {row["unit_id"]: row for row in seed("responsible_units")}
    aliases = seed("unit_aliases")
    spellings = [row["alias_zh"] for row in aliases]
    assert len(spellings) == len(set(spellings))
    for unit in units.values():
        own = {row["alias_zh"] for row in aliases if row["unit_id"] == unit["unit_id"]}
        assert own == {unit["name_zh"], *listed(unit["aliases"])}
    named = {unit for row in seed("indicators") for unit in listed(row["responsible_unit_ids"])}
    named |= {unit for row in seed("text_targets") for unit in listed(row["responsible_unit_ids"])}
    assert named <= set(units)
    table = "".join(outline[289:372])
    printed = {row["alias_zh"] for row in aliases if row["alias_kind"] == "printed"}
    assert {name for name in printed if name not in table} == set()
    assert set(re.findall(r"区[一-鿿]{2,8}?(?:局|指挥部)", table)) <= printed


def test_a_text_target_that_repeats_an_indicator_has_its_unit() -> None:
    owners = {row["indicator_code"]: row["responsible_unit_ids"] for row in seed("indicators")}
    for row in seed("text_targets"):
        if row["role"] == "target" and row["indicator_code"]:
            assert row["responsible_unit_ids"] == owners[row["indicator_code"]], row["text_target_id"]


def test_projects_have_parents_in_their_box_and_no_cycle() -> None:
    projects = {row["project_id"]: row for row in seed("projects")}
    headings = {row["project_type"] for row in seed("project_types") if row["measured_by"] == "heading"}
    for row in projects.values():
        seen = {row["project_id"]}
        parent = row["parent_project_id"]
        while parent:
            assert parent not in seen, f"{row['project_id']} is its own ancestor"
            assert projects[parent]["box_no"] == row["box_no"]
            assert projects[parent]["project_type"] in headings, parent
            seen.add(parent)
            parent = projects[parent]["parent_project_id"]
    with_children = {row["parent_project_id"] for row in projects.values()}
    childless = {
        one for one, row in projects.items() if row["project_type"] in headings and one not in with_children
    }
    assert childless == set(), "a heading without projects has no progress: give it a type with stages"


def test_the_same_project_in_two_boxes_is_decided_to_count_once() -> None:
    once = {
        row["target_id"]
        for row in seed("decision_targets")
        if row["effect"] == "counted_once" and row["target_type"] == "project"
    }
    linked = {row["project_id"]: row["same_as_project_id"] for row in seed("projects")}
    assert {one for pair in linked.items() if pair[1] for one in pair} == once
    pairs = {frozenset(pair) for pair in linked.items() if pair[1]}
    # The forum is told in boxes 1 and 7, the school that moves twice in one sentence of box 16.
    assert {frozenset({"P01-03", "P07-01"}), frozenset({"P16-03", "P16-06"})} <= pairs
    types = {row["project_id"]: row["project_type"] for row in seed("projects")}
    for one, other in pairs:
        assert linked[one] == other and linked[other] == one, "each entry names the other"
        assert types[one] == types[other], "a stage of one entry is a stage of the other"


def test_stages_follow_one_another_and_points_rest_on_a_decision() -> None:
    staged = {row["project_type"] for row in seed("project_types") if row["measured_by"] == "staged"}
    stages: dict[str, list[Row]] = {}
    for row in seed("project_stages"):
        stages.setdefault(row["project_type"], []).append(row)
    assert set(stages) == staged
    decisions = {row["decision_id"] for row in seed("decisions")}
    for kind, rows in stages.items():
        assert [int(row["stage_no"]) for row in rows] == list(range(1, len(rows) + 1)), kind
        points = [Decimal(row["cumulative_points_pct"]) for row in rows if row["cumulative_points_pct"]]
        assert len(points) in (0, len(rows)), kind
        if points:
            assert points[0] == 0 and points[-1] == 100 and points == sorted(set(points)), kind
            assert {row["points_decision_id"] for row in rows} <= decisions, kind
        else:
            assert {row["points_decision_id"] for row in rows} == {""}, kind


def test_a_required_stage_is_one_of_the_type_and_its_words_are_cited(outline: list[str]) -> None:
    stages = {(row["project_type"], row["stage_id"]) for row in seed("project_stages")}
    asked = [row for row in seed("projects") if row["required_stage_id"]]
    decided = {row["target_id"] for row in seed("decision_targets") if row["effect"] == "required_stage"}
    assert {row["project_id"] for row in asked} == decided
    for row in asked:
        assert (row["project_type"], row["required_stage_id"]) in stages
    for row in seed("projects"):
        if row["required_stage_id"] or row["required_modifiers"]:
            words = lines_of(outline, row, "required_line_from", "required_line_to")
            assert row["required_printed_zh"] in words, row["project_id"]
        else:
            assert row["required_printed_zh"] == row["required_line_from"] == "", row["project_id"]


def test_a_soft_project_has_a_soft_word_and_the_decision_on_it() -> None:
    soft = {
        row["modifier"]: row["words_zh"].split("、")
        for row in seed("target_modifiers")
        if row["effect"] == "soft"
    }
    decided = {row["target_id"] for row in seed("decision_targets") if row["decision_id"] == "DEC-T6"}
    softened = [row for row in seed("projects") if row["required_modifiers"]]
    assert {row["project_id"] for row in softened} == {one for one in decided if one.startswith("P")}
    for row in softened:
        words = [word for one in listed(row["required_modifiers"]) for word in soft[one]]
        assert any(word in row["required_printed_zh"] for word in words), row["project_id"]


# Verbs of DEC-P6 and the stage each asks for; the farthest of those in one phrase counts.
VERBS = (
    (r"建成", ("completed", "established")),
    (r"启动|实施|加快(?!推进|推动).*建设", ("started",)),
    (r"[纳列]入.*规划", ("approved",)),
    (r"规划|研究(?!院|中心)", ("proposed",)),
)
# What a project's name goes on with after the place or road it is about.
WORKS = re.compile(r"工程|项目|拓宽|快速化|改造|改建|改线|西延|高架|市政化|岸线|生态|前期研究|新建|建设|迁建")


def asked_by_verb(outline: list[str]) -> Iterator[tuple[Row, str, tuple[str, ...]]]:
    """Each project of building or restoring beside a verb of DEC-P6: row, phrase, stages it may ask for."""
    for phrase in re.findall(r"[^，。；：！]+", "".join(outline[371:])):
        stages = next((stages for verb, stages in VERBS if re.search(verb, phrase)), None)
        for row in seed("projects"):
            if stages is None or row["project_type"] not in ("build", "restoration", "platform", "area"):
                continue
            parts = re.split(r"[、\-—“”]", re.sub(r"（.*?）", "", row["name_zh"]))
            places = [place for place in (WORKS.split(part)[0] for part in parts) if len(place) >= 3]
            if any(place in phrase for place in places):
                yield row, phrase, stages


def test_every_verb_of_the_decision_beside_a_project_has_its_stage(outline: list[str]) -> None:
    """In text and boxes alike; works that only share a name are told apart by the decision, by their id."""
    (decision,) = (row for row in seed("decisions") if row["decision_id"] == "DEC-P6")
    found = list(asked_by_verb(outline))
    # A list of names has no verb, and a study is no works: neither asks for anything.
    bare = re.compile(r"专栏\d+|^地铁13号线二期北段|前期研究|依托|胶州湾高速")
    asking = [
        (row, phrase, stages)
        for row, phrase, stages in found
        if not bare.search(phrase) and (row["project_type"] in ("build", "restoration") or "建成" in phrase)
    ]
    assert len(asking) >= 20
    order = ["proposed", "approved", "started", "established", "completed"]
    for row, phrase, stages in asking:
        if row["project_id"] in decision["decision_zh"]:
            assert row["required_stage_id"] == "", row["project_id"]
            continue
        reached = row["required_stage_id"]
        assert reached, f"{row['project_id']} {row['name_zh']}: {phrase}"
        assert order.index(reached) >= min(order.index(stage) for stage in stages), (
            row["project_id"],
            phrase,
        )


def test_to_strive_for_a_project_is_never_firm(outline: list[str]) -> None:
    names = {"P08-04": "LNG接收站二期", "P08-05": "三期码头", "P09-17": "地铁6号线二期", "P09-18": "12号线"}
    striven = [phrase for phrase in re.findall(r"[^，。；]+", "".join(outline)) if phrase.startswith("争取")]
    modifiers = {row["project_id"]: listed(row["required_modifiers"]) for row in seed("projects")}
    for project, name in names.items():
        assert any(name in phrase for phrase in striven), name
        assert "strive" in modifiers[project], project


def test_school_projects_add_up_to_the_totals_of_the_text() -> None:
    """60 + 31 + 9 + 6 + 2 + 1 = 109 schools; of the 91 000 places the kindergartens' are not printed."""
    quantity = {row["project_id"]: int(row["quantity_value"] or 0) for row in seed("projects")}
    total: Counter[str] = Counter()
    for row in seed("project_targets"):
        if row["link_basis"] == "part_of_figure":
            total[row["target_id"]] += quantity[row["project_id"]]
    assert total == {"T042": 109, "T043": 73060}


def test_same_figure_links_carry_the_same_figure() -> None:
    targets = {row["text_target_id"]: row for row in seed("text_targets")}
    projects = {row["project_id"]: row for row in seed("projects")}
    same = [row for row in seed("project_targets") if row["link_basis"] == "same_figure"]
    assert len(same) == 20
    for row in same:
        target, project = targets[row["target_id"]], projects[row["project_id"]]
        assert Decimal(target["target_value"]) == Decimal(project["quantity_value"]), row["project_id"]
        assert target["unit"] == project["quantity_unit"], row["project_id"]


def test_decisions_choose_one_of_their_options_in_both_languages() -> None:
    for row in seed("decisions"):
        letters = [re.findall(r"(?:^|; )([A-Z]): ", row[column]) for column in ("options", "options_en")]
        assert letters[0] == letters[1], row["decision_id"]
        assert letters[0] == sorted(set(letters[0])) and row["chosen_option"] in letters[0], row[
            "decision_id"
        ]


def test_letter_and_parameter_of_a_decision_agree() -> None:
    """A pair in the row itself is the chosen letter's, or a value of its own: never that of another letter."""
    listed: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for row in seed("decision_options"):
        listed.setdefault((row["decision_id"], row["option"]), set()).add(
            (row["parameter"], row["parameter_value"])
        )
    for row in seed("decisions"):
        pair = (row["parameter"], row["parameter_value"])
        others = {
            found
            for (decision, option), pairs in listed.items()
            if decision == row["decision_id"] and option != row["chosen_option"]
            for found in pairs
        }
        chosen = listed.get((row["decision_id"], row["chosen_option"]), set())
        assert pair in chosen or pair not in others, row["decision_id"]


def test_options_set_parameters_that_are_read() -> None:
    read = {row["parameter"]: row["parameter_values"] for row in seed("decision_parameters")}
    letters = {
        (row["decision_id"], letter)
        for row in seed("decisions")
        for letter in re.findall(r"(?:^|; )([A-Z]): ", row["options"])
    }
    for row in seed("decision_options"):
        assert (row["decision_id"], row["option"]) in letters, row
        values = read[row["parameter"]].split(";")
        assert len(values) == 1 or row["parameter_value"] in values, row


def test_a_decision_cites_the_lines_of_all_it_touches() -> None:
    """Where it cites the lines of its targets; none breaks off with "and so on"."""
    lines = {("indicator", row["indicator_code"]): row["citation"] for row in seed("indicators")}
    lines |= {("text_target", row["text_target_id"]): row["citation"] for row in seed("text_targets")}
    for row in seed("decisions"):
        assert not row["citation"].endswith("等"), row["decision_id"]
        assert len(re.findall(r"[A-Z]: ", row["options"])) > 1, row["decision_id"]
        if "decision_targets" in row["citation"]:
            for target in seed("decision_targets"):
                key = (target["target_type"], target["target_id"])
                if target["decision_id"] == row["decision_id"] and key in lines:
                    (place,) = re.findall(r"第[\d–]+行", lines[key])
                    assert place in row["citation"], (row["decision_id"], key)


def test_a_sign_that_is_not_printed_rests_on_a_decision() -> None:
    decided = {row["target_id"] for row in seed("decision_targets") if row["effect"] == "operator"}
    signs = {"at_least", "at_most", "exceed"}
    for row in seed("text_targets"):
        bare = not signs & set(listed(row["modifiers"])) and row["figure_basis"] in ("printed", "worded")
        # A size class alone is a threshold, decided as such (DEC-T5).
        if (
            row["role"] == "target"
            and bare
            and row["operator"] in ("ge", "le")
            and row["text_target_id"] != "T004"
        ):
            assert row["text_target_id"] in decided, row["text_target_id"]


def test_every_letter_of_a_decision_that_is_read_says_what_it_means() -> None:
    """A letter without a parameter would be chosen and change nothing."""
    meant = {(row["decision_id"], row["option"]) for row in every_plan("decision_options")}
    for row in every_plan("decisions"):
        if row["parameter"]:
            letters = re.findall(r"(?:^|; )([A-Z]): ", row["options"])
            assert {(row["decision_id"], letter) for letter in letters} <= meant, row["decision_id"]


def test_points_of_stages_are_the_equal_steps_the_decision_names() -> None:
    number_of = Counter(row["project_type"] for row in seed("project_stages"))
    for row in seed("project_stages"):
        if row["cumulative_points_pct"]:
            step = 100 * Decimal(int(row["stage_no"]) - 1) / (number_of[row["project_type"]] - 1)
            assert round(step, 2) == Decimal(row["cumulative_points_pct"]), (
                row["project_type"],
                row["stage_id"],
            )


def test_every_decision_says_what_it_touches() -> None:
    bridged = {row["decision_id"] for row in seed("decision_targets")}
    assert {row["decision_id"] for row in seed("decisions")} == bridged


def test_a_decision_an_indicator_reads_touches_that_indicator() -> None:
    touched = {(row["decision_id"], row["target_id"]) for row in seed("decision_targets")}
    for row in seed("decisions"):
        if row["indicator_code"]:
            assert (row["decision_id"], row["indicator_code"]) in touched, row["decision_id"]


def test_what_is_read_soft_or_open_rests_on_a_decision() -> None:
    touched = {(row["target_id"], row["effect"]) for row in seed("decision_targets")}
    effect = {row["modifier"]: row["effect"] for row in seed("target_modifiers")}
    for row in seed("text_targets"):
        if row["role"] != "target":
            continue
        one = row["text_target_id"]
        modifiers = listed(row["modifiers"])
        if row["target_kind"] == "coverage" and row["figure_basis"] == "read":
            assert (one, "target") in touched, one
        if any(effect[modifier] == "soft" for modifier in modifiers):
            assert (one, "status") in touched, one
        if "size_class" in modifiers:
            assert (one, "definition") in touched, one
        if row["target_kind"] == "cumulative_sum":
            assert (one, "period") in touched, one
        if row["duplicate_of"]:
            assert (one, "counted_once") in touched, one


def test_a_linear_path_rests_on_the_decision_on_paths() -> None:
    """A twin in the text follows the letter that its indicator follows."""
    decided = {
        (row["target_type"], row["target_id"])
        for row in seed("decision_targets")
        if row["effect"] == "phasing" and row["target_type"] != "plan"
    }
    linear = {
        ("indicator", row["indicator_code"]) for row in seed("targets") if row["phasing"] == "linear"
    } | {
        ("text_target", row["text_target_id"])
        for row in seed("text_targets")
        if row["role"] == "target" and row["phasing"] == "linear"
    }
    assert linear - decided == set()


def test_comparators_are_those_of_the_relative_targets() -> None:
    kinds = {"relative_region": "region", "relative_series": "series", "floor": "own_baseline"}
    relative = {
        ("indicator", row["indicator_code"]): row for row in seed("targets") if row["target_kind"] in kinds
    }
    relative |= {
        ("text_target", row["text_target_id"]): row
        for row in seed("text_targets")
        if row["target_kind"] in kinds
    }
    comparators = {(row["target_type"], row["target_id"]): row for row in seed("comparators")}
    assert set(comparators) == set(relative)
    city = seed("plans")[0]["comparator_area_code"]
    for key, row in comparators.items():
        assert row["comparator_kind"] == kinds[relative[key]["target_kind"]], key
        assert row["operator"] == relative[key]["operator"], key
        assert row["area_code"] == (city if row["comparator_kind"] == "region" else ""), key
        stated = relative[key].get("comparator_indicator_code")
        assert stated is None or stated == row["comparator_indicator_code"], key


def test_every_assigned_target_has_an_assignment_or_says_it_was_not_published() -> None:
    owed = {row["indicator_code"] for row in seed("targets") if row["target_kind"] == "assigned_by_superior"}
    rows = seed("superior_assignments")
    assert {row["indicator_code"] for row in rows} == owed
    for row in rows:
        if row["assignment_status"] == "not_published":
            kept = [
                row[c]
                for c in ("assigned_value", "document_no", "document_title", "document_date", "base_year")
            ]
            assert kept == [""] * 5, "no value may be invented"


def test_milestones_hold_nothing_the_plan_does_not_print() -> None:
    """The plan decomposes no target by year; what a method derives stands in a model."""
    assert [row for row in seed("milestones") if row["origin"] == "printed"] == []


def test_kinds_are_those_the_contract_knows() -> None:
    contract = yaml.safe_load((SEEDS / "_text_targets__seeds.yml").read_text(encoding="utf-8"))
    (described,) = (one for one in contract["seeds"] if one["name"] == "text_targets")
    (kind,) = (column for column in described["columns"] if column["name"] == "target_kind")
    known = set(kind["data_tests"][0]["accepted_values"]["arguments"]["values"])
    assert len(known) == 15
    assert {row["target_kind"] for row in seed("text_targets")} <= known
    assert {row["target_kind"] for row in seed("targets")} <= known
    kinds = {row["text_target_id"]: row["target_kind"] for row in seed("text_targets")}
    of_text = {
        "T002": "period_average_growth", "T003": "relative_series", "T008": "level", "T012": "service_radius",
        "T015": "threshold_count", "T038": "ceiling", "T046": "level_without_baseline", "B016": "rank",
    }  # fmt: skip
    assert {one: kinds[one] for one in of_text} == of_text


def test_a_target_has_a_year_and_a_level_its_baseline() -> None:
    for row in seed("text_targets"):
        one, target = row["text_target_id"], row["role"] == "target"
        assert row["target_year"] == ("2025" if target else ""), one
        assert (row["target_value"] == "") or target, one
        if target:
            with_baseline = bool(row["baseline_value"])
            assert with_baseline == bool(row["baseline_year"]) == bool(row["baseline_source"]), one
            assert with_baseline or row["target_kind"] != "level", one
            assert not (with_baseline and row["target_kind"] == "level_without_baseline"), one
