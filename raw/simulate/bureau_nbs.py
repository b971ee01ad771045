"""Simulated comparators of nation and city: figures that look like consumer prices and GDP, and are none."""

from __future__ import annotations

from decimal import Decimal
from random import Random

# Range of an index of which 100 is the same period a year before.
_INDEX = {"CPI": (99.5, 103.5), "GDP_INDEX": (104.0, 107.5)}
_CITY_GDP = {"first_year": 2015, "level": 8600.0, "growth": 1.065}


def figure(seed: int, kind: str, region: str, period: str) -> Decimal:
    """One unrounded figure (eight decimals); ``kind`` is CPI, GDP_INDEX or GDP (亿元, of a year)."""
    chance = Random(f"{seed}|{kind}|{region}|{period}")  # noqa: S311 (figures, not secrets)
    if kind in _INDEX:
        value = chance.uniform(*_INDEX[kind])
    else:
        years = int(period[:4]) - _CITY_GDP["first_year"]
        value = _CITY_GDP["level"] * _CITY_GDP["growth"] ** years * chance.uniform(0.99, 1.01)
    return Decimal(value).quantize(Decimal("1e-8"))
