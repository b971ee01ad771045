"""What every command of ``python -m expectations`` is made of."""

from __future__ import annotations

import argparse
import unicodedata
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    Subparsers: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Subparsers = object


LARGEST = 2**31 - 1
MOST_DAYS = 366


def number(text: str) -> int:
    """For argparse: a whole number from 1 on that a database can hold."""
    found = int(text)
    if not 1 <= found <= LARGEST:
        raise argparse.ArgumentTypeError(f"{text}: 应为 expected 1–{LARGEST}")
    return found


def days(text: str) -> int:
    """For argparse: one day to a year."""
    found = int(text)
    if not 1 <= found <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text}: 应为 expected 1–{MOST_DAYS}")
    return found


def display_width(text: str) -> int:
    """Columns that a text takes in a terminal: a wide or full-width character takes two (UAX #11)."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def padded(text: str, width: int) -> str:
    """The text, filled with spaces to so many columns of a terminal."""
    return text + " " * max(0, width - display_width(text))
