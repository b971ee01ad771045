"""How bad input is told: always a place, what was found, what was expected, and the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Problem:
    """One thing wrong in something a person or a publisher gave us.

    ``where`` names the file and the place in it (key, row, cell); ``found`` and ``expected`` are short
    phrases; ``remedy`` is what the reader of the message should do next. ``passing``: it may well be over
    by itself in a while, as a publisher that cannot be reached.
    """

    where: str
    found: str
    expected: str
    remedy: str
    passing: bool = False

    def __str__(self) -> str:
        found = f"发现 found {self.found}；应为 expected {self.expected}"
        return f"{self.where}: {found}。处理 Remedy: {self.remedy}"

    def as_dict(self) -> dict[str, str]:
        """Return the four phrases by name, for ``problems.json``."""
        phrases = asdict(self)
        del phrases["passing"]
        return phrases


class BadInput(Exception):  # noqa: N818 - it is the input that is bad, not the program
    """Input that is refused, with every problem found in it, not just the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        if not problems:
            raise ValueError("BadInput needs at least one problem")
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @property
    def passing(self) -> bool:
        """Whether trying again later may be all it takes."""
        return all(problem.passing for problem in self.problems)

    @classmethod
    def one(cls, where: str, found: str, expected: str, remedy: str, *, passing: bool = False) -> BadInput:
        """Make a BadInput of a single problem."""
        return cls([Problem(where, found, expected, remedy, passing)])
