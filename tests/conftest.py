"""What several rooms' tests need: the replica, and landings and builds made once for the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from raw.feed import declared_feeds
from raw.land import pull
from raw.replica.clock import end_of
from raw.replica.faults import Faults
from raw.replica.sample_returns import write_sample_returns
from raw.replica.server import addresses, serve, switch_on
from warehouse.build import Build, build

EARLY, LATE = date(2022, 12, 31), date(2024, 12, 31)

# Files whose tests build whole warehouses, the longest first: whoever starts them last keeps the other processes waiting.
SLOW_FILES = (
    "tests/dags/test_month.py",
    "tests/warehouse/test_build.py",
    "tests/warehouse/test_evaluation.py",
    "tests/warehouse/test_dbt_models.py",
    "tests/warehouse/test_second_plan.py",
    "tests/test_fifth_feed.py",
    "tests/raw/test_faults_matrix.py",
    "tests/warehouse/test_dbt_runner.py",
)
# These share the landing and the builds of a whole run, which each process would make for itself.
SHARING_FILES = ("tests/warehouse/test_build.py", "tests/warehouse/test_evaluation.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rank = {file: number for number, file in enumerate(SLOW_FILES)}
    items.sort(key=lambda item: rank.get(item.nodeid.split("::", 1)[0], len(rank)))


class FilesTogether(LoadFileScheduling):
    """A file is run by one process, and so are files that share what is costly to make."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return SHARING_FILES[0] if file in SHARING_FILES else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesTogether:
    return FilesTogether(config, log)


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
