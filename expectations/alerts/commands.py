"""``python -m expectations alerts test | pending | retry | routes``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, date, datetime

from expectations.alerts.calendar import is_certain
from expectations.alerts.channels import Parcel
from expectations.alerts.dispatch import dispatch, retry, send_over, undelivered
from expectations.alerts.routes import Routes, load_routes, routes_path
from expectations.command import Subparsers
from expectations.ledger import open_ledger
from expectations.links import acknowledge_link
from raw.errors import BadInput

_TEST = (
    "这是一条测试提醒，无需处理。收到即说明渠道可用。\n"
    "This is a test alert: nothing is to be done. That you read it shows that the channel works.\n"
)


def add_commands(commands: Subparsers) -> None:
    """Add ``alerts`` with its four verbs."""
    alerts = commands.add_parser("alerts", help="提醒 / alerts: test, pending, retry, routes")
    verbs = alerts.add_subparsers(required=True, metavar="VERB")
    test = verbs.add_parser("test", help="向渠道或对象发一条测试提醒 / send a test alert")
    whom = test.add_mutually_exclusive_group()
    whom.add_argument("--channel", help="只发此渠道 / only this channel")
    whom.add_argument("--audience", default="engineers", help="engineers | statisticians | unit:<unit_id>")
    test.set_defaults(run=_test)
    pending = verbs.add_parser("pending", help="未能发出的 / what could not be sent")
    pending.set_defaults(run=_pending)
    again = verbs.add_parser("retry", help="立即重发未能发出的 / try all of it again now")
    again.set_defaults(run=_retry)
    routes = verbs.add_parser("routes", help="检查 routes.yml / check it and show who hears of what")
    routes.set_defaults(run=_routes)


def _test(options: argparse.Namespace) -> int:
    routes, now = load_routes(), datetime.now(UTC)
    channels, addresses = _tested(routes, options.channel, options.audience)
    parcel = Parcel(
        f"test-{now:%Y%m%dT%H%M%S}", "【测试】[test] 提醒渠道测试 / test of the alert channels", _TEST, "note"
    )
    failed = False
    for name in channels:
        outcome = send_over(routes.channels[name], routes, addresses, parcel, now)
        failed = failed or not outcome.sent
        print(f"{name}: {'已发 sent' if outcome.sent else f'未发 NOT sent: {outcome.reason}'}")
    return int(failed)


def _tested(routes: Routes, channel: str | None, audience: str) -> tuple[list[str], list[str]]:
    """The channels to try and the mail addresses they need; raises BadInput for one that is not there."""
    if channel is None:
        found = routes.audience(audience)
        if found is None:
            known = [*routes.audiences, *(f"unit:{unit}" for unit in routes.units)]
            raise BadInput.one(
                f"{routes_path()}: {audience}", "nothing", f"one of {', '.join(known)}", "add it"
            )
        return list(found.channels), list(found.addresses)
    if channel not in routes.channels:
        raise BadInput.one(
            f"{routes_path()}: channels.{channel}",
            "nothing",
            f"one of {', '.join(routes.channels)}",
            "add it",
        )
    return [channel], list(routes.audiences["engineers"].addresses)


def _pending(_options: argparse.Namespace) -> int:
    with open_ledger() as session:
        waiting = undelivered(session)
        for delivery in waiting:
            state = "放弃 given up" if delivery.state == "given_up" else "待重试 waits"
            print(f"{delivery.delivery_id}  {state}  {delivery.channel} → {delivery.target}")
            print(f"    {delivery.message.title}")
            print(f"    {delivery.attempts} 次 tries; {delivery.last_error}")
    if not waiting:
        print("没有未能发出的提醒 / every alert was sent")
    return int(bool(waiting))


def _retry(_options: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    with open_ledger() as session:
        retry(session, now=now)
        report = dispatch(session, load_routes(), now=now)
    print(report)
    return int(report.kept + report.given_up > 0)


def _routes(_options: argparse.Namespace) -> int:
    routes = load_routes()
    print("\n".join(_table(routes)))
    links = acknowledge_link(0, "engineers")
    print(f"签名链接 signed links: {'有 yes' if links else '未配置 not set up'}")
    for year in (date.today().year, date.today().year + 1):
        known = "已知 known" if is_certain(date(year, 1, 1)) else "未知，按周一至周五 not known: Mon–Fri"
        print(f"节假日 holidays {year}: {known}")
    return 0


def _table(routes: Routes) -> Iterator[str]:
    yield f"{routes_path()}"
    for route in routes.routes:
        yield f"  {', '.join(route.kinds)} ({', '.join(route.severities)}) → {', '.join(route.to)}"
    for name, audience in {**routes.audiences, **routes.units}.items():
        yield f"  {name} {audience.name_zh}: {', '.join(audience.channels)}: {', '.join(audience.addresses)}"
