"""What several rooms' tests need: the replica, and landings and builds made once for the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from raw.feed import declared_feeds
from raw.land import pull
from raw.replica.clock import end_of
from raw.replica.faults import Faults
from raw.replica.sample_returns import write_sample_returns
from raw.replica.server import addresses, serve, switch_on
from warehouse.build import Build, build

EARLY, LATE = date(2022, 12, 31), date(2024, 12, 31)


@dataclass(frozen=True)
class House:
    """A landing, an inbox and a data root of a test's own."""

    root: Path

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @contextmanager
    def environment(self) -> Iterator[pytest.MonkeyPatch]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("RAW_INBOX", str(self.inbox))
            patch.setenv("RAW_LANDING", str(self.landing))
            patch.setenv("WAREHOUSE_DATA", str(self.data))
            yield patch

    def pull(self, as_of: date, *faults: str) -> None:
        """Pull every declared feed from stand-ins of that day, with faults named FEED:NAME."""
        switched = Faults()
        for fault in faults:
            switch_on(switched, fault)
        with self.environment() as patch, serve(faults=switched, now=end_of(as_of)) as replica:
            for name, url in addresses(replica.url).items():
                patch.setenv(name, url)
            for feed in declared_feeds():
                pull(feed, as_of, landing_root=self.landing)

    def build(self, month: str, as_of: date, kind: str = "official") -> Build:
        with self.environment():
            return build(month, as_of, landing_root=self.landing, data_root=self.data, kind=kind)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An empty house with the sample returns in its inbox."""
    made = House(tmp_path)
    write_sample_returns(made.inbox / "unit_returns")
    return made


@pytest.fixture(scope="session")
def landed_house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house that has pulled as of two dates; tests only read it."""
    made = House(tmp_path_factory.mktemp("house"))
    write_sample_returns(made.inbox / "unit_returns")
    for as_of in (EARLY, LATE):
        made.pull(as_of)
    return made


@pytest.fixture(scope="session")
def early_build(landed_house: House) -> Build:
    """December 2022 as known at the end of 2022."""
    return landed_house.build("2022-12", EARLY)


@pytest.fixture(scope="session")
def late_build(landed_house: House) -> Build:
    """December 2024 as known at the end of 2024."""
    return landed_house.build("2024-12", LATE)
