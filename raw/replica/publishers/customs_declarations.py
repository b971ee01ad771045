"""A stand-in for the query platform of the customs: its form page, its count of rows, its CSV.

What it serves is simulated, from a seed; without one it has no month yet. Like the platform it gives no more
than 10,000 rows in one download, whatever is asked, and knows no city.
"""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime
from functools import cache
from html import escape

from raw.doors.customs_query import COUNT, CURRENCY_TYPES, DIRECTIONS, DOWNLOAD, FORM_PAGE
from raw.readers.customs_csv import ENCODING, MONEY, OUTER_FIELDS, PART_ROWS
from raw.replica.answers import Answer, Asked, UnanswerableError
from raw.replica.clock import CHINA
from raw.replica.faults import TABLE_FAULTS, Cells, Fault, WireTable, spoil, spoil_text
from raw.simulate import customs_declarations as simulate

HTML = "text/html; charset=utf-8"
FIRST_YEAR = 2020


class Publisher:
    """The platform without HTTP: a form in, a page or a CSV out."""

    content_faults = TABLE_FAULTS | {Fault.CUT_SHORT, Fault.WRONG_ENCODING}

    def __init__(self, now: datetime, seed: int | None = None) -> None:
        self._today = now.astimezone(CHINA).date()
        self._seed = seed

    def is_data(self, asked: Asked) -> bool:
        """Faults are for the downloads."""
        return "/".join(asked.path) == DOWNLOAD

    def answer(self, asked: Asked, active: frozenset[Fault]) -> Answer:
        """Answer one request."""
        match asked.method, "/".join(asked.path):
            case "GET", page if page == FORM_PAGE:
                return Answer(200, self._page().encode(), HTML)
            case "POST", page if page == COUNT:
                count = len(self._rows(asked.form))
                text = f'<div id="div1"></div><p class="c-666">共 <span>{count}</span> 条</p>'
                return Answer(200, text.encode(), HTML)
            case "POST", page if page == DOWNLOAD:
                return Answer(200, self._csv(asked.form, active), "text/csv; charset=GBK")
        raise UnanswerableError(404, f"no such page; there are {FORM_PAGE}, {COUNT} and {DOWNLOAD}")

    def _months(self) -> list[str]:
        """The months that are out, oldest first."""
        if self._seed is None:
            return []
        months = [
            f"{year}-{month:02d}"
            for year in range(FIRST_YEAR, self._today.year + 1)
            for month in range(1, 13)
        ]
        return [month for month in months if simulate.released_on(month) <= self._today]

    def _page(self) -> str:
        latest = self._months()[-1].replace("-", "") if self._months() else ""
        options = {"ORIGIN_COUNTRY": simulate.PARTNERS, "TRADE_MODE": simulate.MODES}
        selects = "".join(
            f'<select name="{name}">'
            + "".join(f'<option value="{code}">{escape(text)}</option>' for code, text in codes.items())
            + "</select>"
            for name, codes in options.items()
        )
        return f'<form><input type="hidden" name="currentStartTime" value="{latest}">{selects}</form>'

    def _rows(self, form: dict[str, str]) -> list[Cells]:
        """The lines that a form asks for, all of them."""
        try:
            direction = {code: name for name, code in DIRECTIONS.items()}[form["iEType"]]
            currency = {code: name for name, code in CURRENCY_TYPES.items()}[form["currencyType"]]
            first, last = (f"{form['year']}-{int(form[name]):02d}" for name in ("startMonth", "endMonth"))
            fields = {form[f"outerField{n}"]: form[f"outerValue{n}"] for n in range(1, 5)}
        except (KeyError, ValueError) as error:
            raise UnanswerableError(400, f"the form lacks or garbles {error}") from error
        if (
            form.get("monthFlag") != "1"
            or form.get("codeLength") != "8"
            or list(fields) != list(OUTER_FIELDS)
        ):
            raise UnanswerableError(
                501, "here only by month, by 8 digits and by all four fields in their order"
            )
        months = tuple(month for month in self._months() if first <= month <= last)
        if not months or self._seed is None:
            return []
        wanted = simulate.Wanted(
            direction, months, self._today, self._seed, columns=simulate.PLATFORM_COLUMNS, currency=currency
        )
        rows = _lines(wanted)
        for field, codes in fields.items():
            if codes:
                rows = [row for row in rows if row[OUTER_FIELDS[field][0]] in codes.split(",")]
        return rows

    def _csv(self, form: dict[str, str], active: frozenset[Fault]) -> bytes:
        rows = self._rows(form)[:PART_ROWS]
        currency = "CNY" if form.get("currencyType") == "rmb" else "USD"
        money = MONEY[currency]
        columns = [money if name in MONEY.values() else name for name in simulate.PLATFORM_COLUMNS]
        table = spoil(WireTable(columns, rows, money, last_month=self._last_month(form)), active)
        if Fault.UNIT_CHANGED in active:
            table = _in_the_other_currency(table, currency)
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=",\n")
        writer.writerow(table.columns)
        writer.writerows([row[name] for name in table.columns] for row in table.rows)
        return spoil_text(text.getvalue().encode(ENCODING), active, encoding=ENCODING)

    def _last_month(self, form: dict[str, str]) -> list[Cells]:
        """What the same form gave a month ago."""
        end = int(form["endMonth"])
        return self._rows({**form, "endMonth": str(end - 1)})[:PART_ROWS] if end > 1 else []


def _in_the_other_currency(table: WireTable, currency: str) -> WireTable:
    """The money column under the other currency's name: the only place where the unit is said."""
    other = MONEY["USD" if currency == "CNY" else "CNY"]
    columns = [other if name == MONEY[currency] else name for name in table.columns]
    rows = [{**row, other: row.get(MONEY[currency], "")} for row in table.rows]
    return replace(table, columns=columns, rows=rows)


@cache
def _lines(wanted: simulate.Wanted) -> list[Cells]:
    """Simulated lines as rows of text."""
    body = b"".join(block for block, _ in simulate.blocks(wanted))
    text = simulate.header(wanted.columns, wanted.currency).decode(ENCODING) + body.decode(ENCODING)
    return [{name: cell for name, cell in row.items() if name} for row in csv.DictReader(io.StringIO(text))]
