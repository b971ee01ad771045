"""The pages of incidents: readable, escaped, for those logged in; a signed link acts only by its button."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import HTTPException
from fastapi.testclient import TestClient

from expectations.findings import Finding, Subject
from expectations.incident_pages import make_app
from expectations.incidents import incident, observe
from expectations.ledger import open_ledger
from expectations.links import acknowledge_link, incident_link, read_token
from raw.errors import BadInput

NOON = datetime(2026, 11, 5, 4, 0, tzinfo=UTC)
BASE = "http://testserver/incidents"
EVIL = "<script>alert(1)</script>"


def nobody() -> None:
    raise HTTPException(status_code=401, detail="log in")


@pytest.fixture(autouse=True)
def _deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPECTATIONS_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    monkeypatch.setenv("EXPECTATIONS_LINK_SECRET", "0123456789abcdef" * 2)
    monkeypatch.setenv("EXPECTATIONS_LINK_BASE", BASE)
    finding = Finding(
        "c", "quality", "block", f"题{EVIL}", "title", "为何 / why", "核对", "check", "units", "2024-12",
        "2024-12-31", ("fgj",), (Subject("indicator", "qwc-14/01", "增速", "growth", f"58 {EVIL}"),), ("v.json",),
    )  # fmt: skip
    with open_ledger() as session:
        observe(session, [finding], scope="gate", now=NOON)


@pytest.fixture
def client() -> Iterator[TestClient]:
    yield TestClient(make_app())


def path_of(link: str | None) -> str:
    assert link is not None
    return link.removeprefix(BASE)


def state() -> tuple[str, str | None]:
    with open_ledger() as session:
        found = incident(session, 1)
        return found.state, found.acknowledged_by


def test_list_and_page_say_what_for_whom_and_what_to_do(client: TestClient) -> None:
    listed = client.get("/").text
    assert "未结事件" in listed
    assert 'href="/1"' in listed
    assert "<td>区发改局</td>" in listed
    page = client.get("/1").text
    for told in ("题", "title", "核对", "check", "区发改局", "qwc-14/01", "v.json", "opened"):
        assert told in page
    assert client.get("/?everything=true").status_code == 200


def test_text_from_feeds_is_escaped_and_nothing_may_be_loaded(client: TestClient) -> None:
    for path in ("/", "/1", path_of(acknowledge_link(1, "unit:fgj"))):
        answer = client.get(path)
        assert EVIL not in answer.text
        assert not re.search(r"<script|src=|https?://", answer.text)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_following_a_link_changes_nothing_its_button_does(client: TestClient) -> None:
    path = path_of(acknowledge_link(1, "unit:fgj"))
    asked = client.get(path)
    assert '<form method="post"' in asked.text
    assert state() == ("open", None)
    done = client.post(path, data={"by": "王", "note": "已联系统计局"})
    assert done.status_code == 200
    assert "已受理" in done.text
    assert state() == ("acknowledged", "王 (unit:fgj)")


def test_a_snoozed_incident_says_until_when(client: TestClient) -> None:
    path = path_of(acknowledge_link(1, "unit:fgj"))
    assert 'value="snooze"' in client.get(path).text
    done = client.post(path, data={"by": "王", "action": "snooze"})
    assert "已暂缓至" in done.text
    assert "已受理。" not in done.text
    assert state() == ("snoozed", None)


def test_what_the_page_does_not_offer_is_refused(client: TestClient) -> None:
    path = path_of(acknowledge_link(1, "unit:fgj"))
    assert client.post(path, data={"by": "王", "action": "resolve"}).status_code == 400
    assert state() == ("open", None)


def test_a_name_is_asked_for(client: TestClient) -> None:
    refused = client.post(path_of(acknowledge_link(1, "engineers")), data={"by": " "})
    assert refused.status_code == 400
    assert "who acknowledges" in refused.text
    assert state() == ("open", None)


def test_without_a_login_only_signed_links_work() -> None:
    client = TestClient(make_app(login=nobody))
    assert client.get("/").status_code == 401
    assert client.get("/1").status_code == 401
    assert client.get(path_of(acknowledge_link(1, "engineers"))).status_code == 200


def test_a_link_that_was_changed_or_is_old_is_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = path_of(acknowledge_link(1, "engineers"))
    changed = path[:-2] + ("aa" if path[-2:] != "aa" else "bb")
    assert client.post(changed, data={"by": "王"}).status_code == 400
    monkeypatch.setenv("EXPECTATIONS_LINK_SECRET", "f" * 32)
    assert client.post(path, data={"by": "王"}).status_code == 400
    monkeypatch.setenv("EXPECTATIONS_LINK_SECRET", "0123456789abcdef" * 2)
    monkeypatch.setattr("expectations.links.VALID_SECONDS", -1)
    expired = client.post(path, data={"by": "王"})
    assert "older than 14 days" in expired.text
    assert state() == ("open", None)


def test_an_incident_that_is_not_there_is_said_so(client: TestClient) -> None:
    for number in ("7", "9" * 25):
        answer = client.get(f"/{number}")
        assert answer.status_code == 400
        assert f"incident {number}" in answer.text


def test_a_deployment_that_is_not_set_up_has_no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    link = path_of(acknowledge_link(1, "engineers"))
    monkeypatch.delenv("EXPECTATIONS_LINK_BASE")
    assert (incident_link(1), acknowledge_link(1, "engineers")) == (None, None)
    monkeypatch.setenv("EXPECTATIONS_LINK_BASE", "javascript:alert(1)")
    with pytest.raises(BadInput, match="EXPECTATIONS_LINK_BASE"):
        incident_link(1)
    monkeypatch.setenv("EXPECTATIONS_LINK_BASE", BASE)
    monkeypatch.setenv("EXPECTATIONS_LINK_SECRET", "short")
    with pytest.raises(BadInput, match="at least 32"):
        acknowledge_link(1, "engineers")
    monkeypatch.delenv("EXPECTATIONS_LINK_SECRET")
    assert acknowledge_link(1, "engineers") is None
    with pytest.raises(BadInput, match="EXPECTATIONS_LINK_SECRET"):
        read_token(link.rpartition("/")[2])
