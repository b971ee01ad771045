"""A feed file means one thing, and what is wrong in it is told by file, key, expectation and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from raw.__main__ import main
from raw.errors import BadInput
from raw.feed import Feed, declared_feeds, find_feed, load_feed, parse_as_of, parse_month
from raw.fetch import check_address


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The feed file that `new` writes."""
    monkeypatch.setenv("RAW_FEEDS", str(tmp_path))
    assert main(["new", "tide_gauges"]) == 0
    return tmp_path / "tide_gauges.yml"


def changed(path: Path, old: str, new: str) -> Path:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def refused(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        load_feed(path)
    return str(caught.value)


def test_declared_feeds_of_the_house_are_valid() -> None:
    names = [feed.feed for feed in declared_feeds()]
    assert names == sorted(names)
    assert {"bureau_statistics", "unit_returns"} <= set(names)


def test_new_writes_a_feed_that_is_valid_as_written(written: Path) -> None:
    feed = find_feed("tide_gauges")
    assert feed.feed == "tide_gauges"
    assert feed.tables["observations"].key == ["TIME_PERIOD"]


def test_new_does_not_overwrite(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = written.read_bytes()
    assert main(["new", "tide_gauges"]) == 2
    assert "edit that file" in capsys.readouterr().err
    assert written.read_bytes() == before


@pytest.mark.parametrize("name", ["../etc", "Tides", "a__b", "1tide", "tide-gauges"])
def test_new_refuses_bad_names(written: Path, name: str) -> None:
    assert main(["new", name]) == 2
    assert [path.name for path in written.parent.iterdir()] == ["tide_gauges.yml"]


def test_unknown_key_is_told_with_its_place_and_a_guess(written: Path) -> None:
    message = refused(changed(written, "        required: true", "        requird: true"))
    assert "tide_gauges.yml, key tables.observations.columns.TIME_PERIOD.requird" in message
    assert "did you mean 'required'?" in message
    assert "Remedy: correct or remove the key" in message


def test_unknown_key_of_the_door(written: Path) -> None:
    message = refused(changed(written, "extensions:", "extension:"))
    assert (
        "key request.extension: 发现 found an unknown key 'extension' (did you mean 'extensions'?)" in message
    )
    assert "max_bytes" in message


def test_all_problems_are_told_at_once(written: Path) -> None:
    changed(written, "origin: published", "origin: guessed")
    changed(written, 'cron: "0 9 20 * *"', 'cron: "monthly"')
    message = refused(changed(written, "licence:", "license:"))
    assert "key origin: 发现 found 'guessed'；应为 expected 'published', 'returned' or 'simulated'" in message
    assert "key schedule.cron" in message
    assert "did you mean 'licence'?" in message
    assert "key licence: 发现 found nothing" in message


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("format: csv ", "format: cvs ", "did you mean 'csv'?"),
        ("door: drop_folder", "door: drop_foldr", "did you mean 'drop_folder'?"),
        ("key: [TIME_PERIOD]", "key: [TIME_PERIDO]", "did you mean 'TIME_PERIOD'?"),
        ("scope: all", "scope: [OBS_VALUE]", "every column of `scope` to stand in `key`"),
        (
            "# must_have: {column: STATION,",
            "must_have: {column: STATION,",
            "`must_have` to name declared columns; 'STATION' is not one",
        ),
        ("feed: tide_gauges", "feed: tides", "'tide_gauges', the name of the file"),
        ("      OBS_VALUE:", "      time_period:", "different names in staging"),
        ("      OBS_VALUE:", "      潮位:", "to have a `name`"),
        ("      OBS_VALUE:", "      GROUP:", "to have a `name`"),
        ("      OBS_VALUE:", "      ORIGIN:", "added by staging"),
        ("# pattern: '\\d+' ", "pattern: '(' ", "a regular expression"),
        ("  url: https", "  url: gopher", "String should match pattern"),
        ("        required: true", "        required: false", "`required: true` on every column of `key`"),
    ],
)
def test_what_is_refused(written: Path, old: str, new: str, expected: str) -> None:
    assert expected in refused(changed(written, old, new))


def test_a_key_that_stands_twice_is_refused(written: Path) -> None:
    message = refused(changed(written, "origin: published", "origin: published\norigin: simulated"))
    assert "the key 'origin' stands twice" in message
    assert "line" in message


def test_yaml_words_stay_text(written: Path) -> None:
    """In YAML 1.1 `NO` is false and 2022-01-01 is a date; a column may be called NO."""
    changed(written, "      OBS_VALUE:", "      NO:")
    assert "NO" in load_feed(written).tables["observations"].columns


def test_a_column_with_a_chinese_name(written: Path) -> None:
    changed(written, "      OBS_VALUE:", "      潮位:")
    table = load_feed(changed(written, "# name: value_cny", "name: tide_level_m")).tables["observations"]
    assert table.staging_name("潮位") == "tide_level_m"
    assert table.staging_name("TIME_PERIOD") == "time_period"


def test_broken_yaml_names_the_file(written: Path) -> None:
    written.write_text("feed: [", encoding="utf-8")
    assert str(written) in refused(written)


@pytest.mark.parametrize("content", ["", "- a list", "just text"])
def test_no_mapping_at_all(written: Path, content: str) -> None:
    written.write_text(content, encoding="utf-8")
    assert str(written) in refused(written)


def test_problems_of_all_files_are_told(written: Path) -> None:
    other = written.with_name("wind.yml")
    other.write_text(written.read_text(encoding="utf-8"), encoding="utf-8")
    changed(written, "origin: published", "origin: x")
    with pytest.raises(BadInput) as caught:
        declared_feeds()
    assert "tide_gauges.yml, key origin" in str(caught.value)
    assert "wind.yml, key feed" in str(caught.value)


def test_base_url_comes_from_the_environment_first(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = yaml.safe_load(written.read_text(encoding="utf-8"))
    content["request"] = {"base_url": "https://publisher.example/api/"}
    feed = Feed.model_validate(content)
    assert feed.base_url == "https://publisher.example/api"
    monkeypatch.setenv("RAW_TIDE_GAUGES_URL", "http://127.0.0.1:8421/")
    assert feed.base_url == "http://127.0.0.1:8421"


def test_no_base_url_is_told(written: Path) -> None:
    with pytest.raises(BadInput, match="RAW_TIDE_GAUGES_URL"):
        _ = load_feed(written).base_url


def test_unknown_feed_has_a_guess(written: Path) -> None:
    with pytest.raises(BadInput, match="did you mean 'tide_gauges'"):
        find_feed("tide_gauge")


@pytest.mark.parametrize("text", ["2022-13-01", "2022-1-1", "20220101", "2022-W01-1", "yesterday", ""])
def test_bad_as_of(text: str) -> None:
    with pytest.raises(BadInput, match="--as-of"):
        parse_as_of(text)


@pytest.mark.parametrize("text", ["2022-13", "2022", "2022-1", "2022-01-01"])
def test_bad_month(text: str) -> None:
    with pytest.raises(BadInput, match="--month"):
        parse_month(text)


# Files of customs are declared elsewhere: what is said of them there is theirs.
NEVER_MET = re.compile("从未见过|从未实测|没有见过|未见真实|[Nn]ever met|ever seen")


@pytest.mark.parametrize(
    "feed", [one for one in declared_feeds() if "customs" not in one.feed], ids=lambda feed: feed.feed
)
def test_what_was_never_met_stands_under_its_own_key(feed: Feed) -> None:
    assert [note for note in feed.notes if NEVER_MET.search(note)] == []
    assert feed.never_met, "no feed of this house has met its publisher yet"


@pytest.mark.parametrize("feed", declared_feeds(), ids=lambda feed: feed.feed)
def test_a_publisher_whose_address_is_refused_says_so_and_what_to_do(feed: Feed) -> None:
    try:
        check_address(feed.publisher.url)
    except BadInput:
        told = [text for text in feed.never_met if feed.publisher.url in text]
        assert told and all(f"RAW_{feed.feed.upper()}_URL" in text for text in told)
