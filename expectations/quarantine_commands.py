"""``python -m expectations quarantine list | show | dispose``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime

from expectations import quarantine
from expectations.command import Subparsers, number, padded
from expectations.hold import rerun
from expectations.ledger import QuarantineItem, open_ledger
from expectations.observing import after_disposition
from raw.land import landing_root
from warehouse.paths import data_root

_STATES = {
    "held": "扣留 held",
    "corrected": "已更正 corrected",
    "accepted": "核实 accepted",
    "rejected": "不采用 rejected",
}
_KINDS = {"figure": "数据 figure", "row": "行 row", "file": "文件 file"}


def add_commands(commands: Subparsers) -> None:
    """Add ``quarantine`` with its three verbs."""
    parser = commands.add_parser("quarantine", help="扣留 / what is held back: list, show, dispose")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="列出 / list what is held")
    listing.add_argument("--all", action="store_true", help="含已处置的 / with what was decided")
    listing.set_defaults(run=_list)
    show = verbs.add_parser("show", help="依据与处置 / evidence and dispositions")
    show.add_argument("item", type=number)
    show.set_defaults(run=_show)
    dispose = verbs.add_parser("dispose", help="处置 / decide: corrected, accepted, rejected")
    dispose.add_argument("item", type=number)
    dispose.add_argument("disposition", choices=["corrected", "accepted", "rejected"])
    dispose.add_argument("--by", required=True, help="处置人 / who decides")
    dispose.add_argument("--note", default="", help="说明 / why")
    dispose.add_argument(
        "--rerun", action="store_true", help="并重建、重查该月 / and build and judge the month again"
    )
    dispose.set_defaults(run=_dispose)


def _list(options: argparse.Namespace) -> int:
    with open_ledger() as session:
        found = quarantine.items(session, open_only=not options.all)
        for item in found:
            print(_line(item))
    if not found:
        print("没有扣留的内容 / nothing is held")
    return 0


def _line(item: QuarantineItem) -> str:
    state, kind = padded(_STATES[item.state], 18), padded(_KINDS[item.item_kind], 12)
    return f"{item.item_id:5}  {state}{kind}{item.reference_month}  {item.rule}: {_about(item)}"


def _about(item: QuarantineItem) -> str:
    figure = item.evidence.get("figure")
    if figure:
        names = (
            "series_code",
            "area_code",
            "measure",
            "reference_period",
            "value",
            "landing_id",
            "row_number",
        )
        return " ".join(str(figure[name]) for name in names)
    return item.item_key if item.item_kind == "file" else json.dumps(item.evidence["row"], ensure_ascii=False)


def _show(options: argparse.Namespace) -> int:
    with open_ledger() as session:
        print("\n".join(_details(quarantine.item(session, options.item))))
    return 0


def _details(item: QuarantineItem) -> Iterator[str]:
    yield _line(item)
    yield f"规则 rule: {item.rule}: {item.what_zh} / {item.what_en}"
    yield f"怎么办 remedy: {item.remedy}"
    yield f"扣留于 held at: {item.held_at.isoformat()}，截止日 as of {item.as_of_date}"
    yield f"依据 evidence: {json.dumps(item.evidence, ensure_ascii=False, indent=2, sort_keys=True)}"
    for one in item.dispositions:
        yield f"{one.disposed_at.isoformat()}  {_STATES[one.disposition]}  {one.disposed_by}: {one.note}"


def _dispose(options: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    with open_ledger() as session:
        item = quarantine.dispose(
            session, options.item, options.disposition, by=options.by, note=options.note, now=now
        )
        print(_line(item))
    after_disposition(now)
    if not options.rerun:
        print("下次建库生效；立即重建用 --rerun / holds from the next build on; --rerun builds it now")
        return 0
    made, verdict = rerun(
        item.reference_month, date.fromisoformat(item.as_of_date), "official",
        landing_root=landing_root(), data_root=data_root(), now=now,
    )  # fmt: skip
    outcome = "可以发布 may be released" if verdict.passed else "不得发布 must not be released"
    print(f"{made.path}: {outcome}")
    return 0 if verdict.passed else 1
