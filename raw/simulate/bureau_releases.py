"""Simulated figures of the city's districts, for table pages that look like the bureau's and are none."""

from __future__ import annotations

from random import Random

CITY, WEST_COAST = "青岛市", "青岛西海岸新区"
PARTS = ("黄岛区", "保税港区")
DISTRICTS = (
    "市南区", "市北区", "李沧区", "崂山区", WEST_COAST, "城阳区", "即墨区", "胶州市", "平度市", "莱西市",
)  # fmt: skip
# Level of one quarter for the whole city: 亿元 of GDP, 万元 of trade.
_SIZES = {"地区生产总值": 3900.0, "外贸进出口总额": 22_000_000.0}


def ranking(
    seed: int, subject: str, year: int, quarter: int, decimals: int
) -> list[tuple[str, str, str, str]]:
    """Rows of number, name, cumulative value, growth; the West Coast's two parts below it, unnumbered."""
    chance = Random(f"{seed}|{subject}|{year}|{quarter}")  # noqa: S311 (figures, not secrets)
    total = _SIZES[subject] * quarter * 1.05 ** (year - 2022)
    weights = {name: chance.uniform(0.5, 1.5) * (4 if name == WEST_COAST else 1) for name in DISTRICTS}
    values = {
        name: round(total * weight / sum(weights.values()), decimals) for name, weight in weights.items()
    }
    rows = [("1", CITY, f"{sum(values.values()):.{decimals}f}", _growth(chance))]
    for number, name in enumerate(DISTRICTS, start=2):
        rows.append((str(number), name, f"{values[name]:.{decimals}f}", _growth(chance)))
        if name == WEST_COAST:
            first = round(values[name] * 0.9, decimals)
            for part, value in zip(PARTS, (first, values[name] - first), strict=True):
                rows.append(("", part, f"{value:.{decimals}f}", _growth(chance)))
    return rows


def _growth(chance: Random) -> str:
    return f"{chance.uniform(-3, 12):.1f}%"
