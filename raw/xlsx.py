"""What any .xlsx from outside must be before it is opened: whole, plain, of sane size; and its values.

Format: ISO/IEC 29500 (Office Open XML). Macros, external links, embedded objects, entity declarations and
oversized archives are refused unopened.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

from openpyxl.utils.exceptions import InvalidFileException

from raw.errors import BadInput, Problem

SAVE_AGAIN = (
    "用表格软件打开，另存为 .xlsx 后重新交来 / "
    "open the file in the spreadsheet program, save it again as .xlsx and send that"
)
_SEND_AGAIN = "重新交来 / send the file again"
_WORKBOOK = "一个 .xlsx 工作簿 / an .xlsx workbook"


@dataclass(frozen=True)
class Limits:
    """How large a workbook may be: as a file, unpacked (both in bytes), and in members of its archive."""

    max_bytes: int
    max_unpacked: int
    max_members: int


def check_container(content: bytes, name: str, limits: Limits, remedy: str) -> None:
    """Refuse everything that is not a plain, whole .xlsx of sane size, before any XML is parsed.

    ``remedy`` says how to come by a file within the limits.
    """
    if not content:
        raise BadInput.one(name, "空文件 / an empty file", _WORKBOOK, _SEND_AGAIN)
    if len(content) > limits.max_bytes:
        raise BadInput.one(
            name,
            f"{len(content)} 字节 / bytes",
            f"不超过 / at most {limits.max_bytes}",
            f"删去图片和粘贴的内容 / remove pictures and pasted matter; or {remedy}",
        )
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise BadInput.one(
            name,
            "旧格式 .xls 或加密的工作簿 / an old .xls or a workbook encrypted with a password",
            "不加密的 .xlsx 工作簿 / an .xlsx workbook without password",
            "取消密码，另存为 .xlsx / remove the password and save as .xlsx",
        )
    if not content.startswith(b"PK"):
        raise BadInput.one(name, "不是 .xlsx / no .xlsx (not a zip archive)", _WORKBOOK, SAVE_AGAIN)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_members(archive, name, limits, remedy)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
        raise BadInput.one(
            name,
            f"损坏或不完整的工作簿 / a broken or truncated workbook ({error})",
            "完整的 .xlsx 工作簿 / a whole .xlsx workbook",
            _SEND_AGAIN,
        ) from error


def _check_members(archive: zipfile.ZipFile, name: str, limits: Limits, remedy: str) -> None:
    members = archive.infolist()
    if len(members) > limits.max_members:
        raise BadInput.one(
            name,
            f"内部文件数 / members in the archive: {len(members)}",
            f"不超过 / at most {limits.max_members}",
            remedy,
        )
    if any(member.flag_bits & 0x1 for member in members):
        raise BadInput.one(
            name,
            "加密的工作簿 / an encrypted archive",
            "不加密的工作簿 / a workbook without password",
            "取消密码 / remove the password",
        )
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise BadInput.one(
            name, "内部有同名文件 / two members of one name in the archive", "各一次 / each once", SAVE_AGAIN
        )
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise BadInput.one(
            name, "压缩包而非工作簿 / a zip archive that is no workbook", _WORKBOOK, SAVE_AGAIN
        )
    left = limits.max_unpacked
    for member in members:
        content = _unpacked(archive, member, left)
        if len(content) > left:
            found = f"解压后过大 / more than {limits.max_unpacked} bytes when unpacked"
            raise BadInput.one(name, found, f"不超过 / at most {limits.max_unpacked}", remedy)
        _check_member(content, member.filename, name)
        left -= len(content)


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> bytes:
    """One member, or as much of it as tells that it is too large; reading it also tests its checksum."""
    with archive.open(member) as stream:
        return stream.read(left + 1)


def _check_member(content: bytes, member: str, name: str) -> None:
    """Look for what is not allowed in a member."""
    part = member.lower()
    if "vbaproject" in part or (part == "[content_types].xml" and b"macroEnabled" in content):
        raise BadInput.one(
            name,
            "含宏 / macros",
            "不含宏的工作簿 / a workbook without macros",
            "另存为 .xlsx / save it as .xlsx",
        )
    if (
        part.startswith(("xl/externallinks/", "xl/embeddings/", "xl/activex/"))
        or part == "xl/connections.xml"
    ):
        raise BadInput.one(
            name,
            f"外部链接或嵌入对象 / an external link or embedded object ({member})",
            "不链接其他文件 / no links to other files",
            "断开链接，粘贴为数值后保存 / "
            "break the links (Data, Edit links), paste the values and save again",
        )
    if part.endswith((".xml", ".rels")):
        _check_xml(content, member, name)


_ENTITY = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_RELATION = re.compile(rb"<[\w:]*Relationship\b[^>]*>")


def _check_xml(content: bytes, member: str, name: str) -> None:
    # A workbook's parts are UTF-8 (or UTF-16, in which the search below would find nothing).
    plain = content.replace(b"\x00", b"")
    if _ENTITY.search(plain):
        raise BadInput.one(name, f"实体声明 / an entity declaration in {member}", "没有 / none", SAVE_AGAIN)
    if not member.endswith(".rels"):
        return
    for relation in _RELATION.findall(plain):
        # A web address in a cell is a relation too, and harmless: nothing follows it.
        if b'"External"' in relation.replace(b"'", b'"') and b"/hyperlink" not in relation:
            raise BadInput.one(
                name,
                f"外部链接 / an external link in {member}",
                "不链接其他文件 / no links to other files",
                "断开链接后保存 / break the links and save again",
            )


_SHEET = "{*}sheets/{*}sheet"


def sheet_names(content: bytes, name: str) -> list[str]:
    """Titles of the sheets of a workbook that passed :func:`check_container`, without reading them."""
    with told_damage(name), zipfile.ZipFile(io.BytesIO(content)) as archive:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 (no entities: checked)
        return [str(sheet.get("name")) for sheet in book.findall(_SHEET)]


@contextmanager
def told_damage(name: str) -> Iterator[None]:
    """Turn what openpyxl raises on a damaged workbook into ``BadInput``."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        SyntaxError,  # the parse errors of both XML parsers, lxml and the standard one
        InvalidFileException,
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
        OverflowError,
        OSError,
    ) as error:
        raise BadInput.one(
            name,
            f"损坏的工作簿 / a damaged workbook ({type(error).__name__}: {error})",
            "可读的 .xlsx 工作簿 / a readable .xlsx workbook",
            SAVE_AGAIN,
        ) from error


@dataclass(frozen=True)
class Extent:
    """How far a sheet may reach, in rows and columns; a stray cell at its far end costs hours to walk to."""

    max_rows: int
    max_columns: int


def check_extent(sheet: Any, name: str, extent: Extent, remedy: str) -> None:  # noqa: ANN401 (stubs lack it)
    """Refuse a sheet that reaches further, before anything walks over its cells."""
    if sheet.max_row > extent.max_rows or sheet.max_column > extent.max_columns:
        raise BadInput.one(
            f"{name}, sheet {sheet.title}",
            f"{sheet.max_row} rows and {sheet.max_column} columns",
            f"at most {extent.max_rows} and {extent.max_columns}",
            remedy,
        )


@dataclass(frozen=True)
class Merged:
    """A merged range by its name (B4:C4), and the first and last row of the sheet it reaches, from 1."""

    name: str
    first_row: int
    last_row: int


@dataclass(frozen=True)
class Sheet:
    """The values of a sheet, rows from the first one on; an empty cell is ``None``.

    Of a merged range all cells but the first are empty.
    """

    rows: list[list[Any]]
    merged: list[Merged]


def sheet_values(content: bytes, name: str, extent: Extent) -> dict[str, Sheet]:
    """What stands in every sheet, by its title.

    For readers that take what a formula gave for a figure: its value is in the file if a spreadsheet program
    saved it there. Raises ``BadInput`` for a damaged workbook and for a sheet that reaches beyond ``extent``,
    and naming every formula without its value, every number that is stored as a percentage, and every hidden
    sheet, row and column in which something stands.
    """
    from openpyxl import load_workbook

    with told_damage(name):
        book = load_workbook(io.BytesIO(content), data_only=True, keep_links=False)
        for sheet in book.worksheets:
            check_extent(sheet, name, extent, "delete the cells far from the table, save it again, send that")
        formulas = load_workbook(io.BytesIO(content), data_only=False, keep_links=False)
        problems = [
            problem
            for sheet in formulas.worksheets
            for row in sheet.iter_rows()
            for cell in row
            if (problem := _cell_problem(cell, book[sheet.title][cell.coordinate].value, name))
        ]
        problems += [problem for sheet in book.worksheets for problem in _hidden_problems(sheet, name)]
    if problems:
        raise BadInput(problems)
    return {
        sheet.title: Sheet(
            rows=[list(row) for row in sheet.iter_rows(values_only=True)],
            merged=[
                Merged(area.coord, area.min_row, area.max_row)
                for area in sorted(sheet.merged_cells.ranges, key=lambda area: area.bounds)
            ],
        )
        for sheet in book.worksheets
    }


def _cell_problem(cell: Any, value: object, name: str) -> Problem | None:  # noqa: ANN401 (stubs lack it)
    """Why the value saved in a cell is not the one a reader of the sheet sees."""
    where = f"{name}, {cell.parent.title}!{cell.coordinate}"
    if cell.data_type == "f" and value is None:
        return Problem(
            where,
            f"公式没有算出的值 / the formula {formula_text(cell.value)!r} without the value it gave",
            "存有结果的单元格 / a cell in which the result was saved",
            "用表格软件打开、重算并保存，或复制后选择性粘贴为数值，再重新交来 / open it in the "
            "spreadsheet program, recalculate and save, or paste the values, and send that",
        )
    if isinstance(value, int | float) and "%" in (cell.number_format or ""):
        # 12 % on the screen is 0.12 in the file: taken as it stands it would be a hundred times too small.
        return Problem(
            where,
            f"百分比格式的数 {value} / {value!r} in a cell formatted as a percentage ({cell.number_format})",
            "常规格式的数，所见即所存 / a plain number, stored as it is shown",
            "把单元格设为常规格式，按显示的数重新填写 / "
            "format the cell as a general number, enter the figure as it is shown, send that",
        )
    return None


def _hidden_problems(sheet: Any, name: str) -> Iterator[Problem]:  # noqa: ANN401 (stubs lack it)
    """Every hidden sheet, row and column in which something stands: nobody published what nobody can see."""
    where = f"{name}, {sheet.title}"
    full = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    if sheet.sheet_state != "visible" and full:
        yield _hidden(where, "隐藏的工作表 / a hidden sheet")
        return
    rows = {number for number, row in sheet.row_dimensions.items() if row.hidden}
    # A run of columns formatted alike is one entry, under the letter of its first.
    columns = {
        number
        for run in sheet.column_dimensions.values()
        if run.hidden and run.min is not None and run.max is not None
        for number in range(run.min, min(run.max, sheet.max_column) + 1)
    }
    for row in sorted({cell.row for cell in full} & rows):
        yield _hidden(f"{where}, row {row}", "隐藏的行 / a hidden row")
    for column in sorted({(cell.column, cell.column_letter) for cell in full if cell.column in columns}):
        yield _hidden(f"{where}, column {column[1]}", "隐藏的列 / a hidden column")


def _hidden(where: str, found: str) -> Problem:
    return Problem(
        where,
        f"{found}，其中有内容 / with something in it",
        "只有看得见的内容 / nothing but what is seen",
        "取消隐藏，或删去后保存 / unhide it if it belongs to the table, else delete it, save and send that",
    )


def formula_text(value: object) -> str:
    """A formula as written, shortened; array and table formulas come as objects that carry their text."""
    text = value if isinstance(value, str) else getattr(value, "text", None) or "a formula"
    return str(text)[:60]


def number_text(value: int | float) -> str:
    """A number at the 15 digits a spreadsheet shows, plain: no exponent, no ``.0``, no noise of binary."""
    if isinstance(value, int):
        return str(value)
    text = format(Decimal(format(value, ".15g")), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
