"""Several steps send at once, as the pulls of a month do: each alert goes out once, and nobody waits for a service."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from expectations.alerts.channels import Outcome, Parcel
from expectations.alerts.dispatch import dispatch, tell
from expectations.alerts.routes import Channel, Routes, load_routes
from expectations.incidents import observe
from expectations.ledger import Delivery, open_ledger
from tests.expectations.test_incidents import NOON, SLIP

AT_ONCE = 6


class SlowService:
    """Takes its time over each parcel, and meanwhile notes something in the same ledger, as another step would."""

    def __init__(self, url: str) -> None:
        self.url, self.sent, self._lock = url, list[str](), threading.Lock()

    def __call__(
        self, channel: Channel, routes: Routes, addresses: Sequence[str], parcel: Parcel, now: datetime
    ) -> Outcome:
        time.sleep(0.2)
        with self._lock:
            self.sent.append(f"{parcel.key} {', '.join(addresses)}")
            number = len(self.sent)
        began = time.monotonic()
        with open_ledger(self.url) as session:
            observe(session, [replace(SLIP, cause_key=f"meanwhile {number}")], scope=f"m{number}", now=now)
        assert time.monotonic() - began < 5, "the ledger was locked while a service was waited for"
        return Outcome(True, "")


def sent_together(url: str) -> SlowService:
    routes, service = load_routes(), SlowService(url)
    with open_ledger(url) as session:
        tell(session, observe(session, [SLIP], scope="gate", now=NOON), routes, now=NOON)

    def send(_: int) -> None:
        with open_ledger(url) as session:
            dispatch(session, routes, now=NOON, sender=service)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(send, range(AT_ONCE)))
    return service


def all_sent_once(service: SlowService) -> None:
    with open_ledger(service.url) as session:
        states = session.scalars(sa.select(Delivery.state)).all()
    assert set(states) == {"sent"}
    assert len(states) > 1
    assert len(service.sent) == len(set(service.sent)) == len(states)


def test_each_alert_goes_out_once(tmp_path: Path) -> None:
    all_sent_once(sent_together(f"sqlite:///{tmp_path / 'ledger.sqlite'}"))


def test_each_alert_goes_out_once_from_postgresql(postgres: str) -> None:
    all_sent_once(sent_together(postgres))


def test_what_a_process_left_when_it_died_is_sent_by_the_next(tmp_path: Path) -> None:
    url, routes = f"sqlite:///{tmp_path / 'ledger.sqlite'}", load_routes()
    with open_ledger(url) as session:
        tell(session, observe(session, [SLIP], scope="gate", now=NOON), routes, now=NOON)

    def dies(*_: object) -> Outcome:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), open_ledger(url) as session:
        dispatch(session, routes, now=NOON, sender=dies)
    service = SlowService(url)
    with open_ledger(url) as session:
        soon = dispatch(session, routes, now=NOON + timedelta(minutes=1), sender=service)
    claimed = len(service.sent)
    with open_ledger(url) as session:
        later = dispatch(session, routes, now=NOON + timedelta(minutes=11), sender=service)
    assert (soon.sent, later.sent) == (claimed, 1), "only the one it had claimed had to wait"
    all_sent_once(service)
