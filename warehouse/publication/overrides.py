"""A status that people set: what a page shows then, and how it says so beside what was computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from warehouse.publication import words


def shown(row: Mapping[str, Any], name: Literal["status", "lamp"]) -> str | None:
    """The status or lamp of a row of progress that is shown: of an override in force, else the computed one.

    Releases made before overrides were told beside the computed status have only that one.
    """
    said: str | None = row.get(f"shown_{name}") or row[name]
    return said


def told(row: Mapping[str, Any]) -> words.Word | None:
    """Who set the status of a row of progress, why, until when, and what is computed; None: nobody did."""
    if not row.get("override_id"):
        return None
    table = words.PROJECT_STATUSES | words.STATUSES
    computed = (words.word(table, row["status"]), words.word(words.LAMPS, row["lamp"]))
    zh, en = (" ".join(getattr(part, tongue) for part in computed).strip() for tongue in ("zh", "en"))
    day = row["override_expiry_date"]
    return words.Word(
        f"人工认定 {row['override_id']}（{row['override_approved_by']} 批准，{day} 前有效）："
        f"{row['override_reason_zh']}；计算状态：{zh}",
        f"Set by hand, {row['override_id']} (approved by {row['override_approved_by']}, until {day}): "
        f"{row['override_reason_en']}; computed: {en}",
    )
