"""Great Expectations' own pages on a judged build: Data Docs, readable without a network.

Their site loads its styles and scripts from seven hosts and numbers its elements at random. Here it is
carried over page by page: scripts and outside addresses left out, a small style sheet put in, the random
numbers replaced by counted ones, so that the same build gives the same bytes. The index is ours.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from expectations.suite import Suite
from warehouse.verdict import Verdict

FOLDER = "data_docs"
INDEX = "index.html"
_LEVELS = {"block": ("拦截", "block"), "hold": ("扣留", "hold"), "note": ("提示", "note")}
_DROPPED = re.compile(
    r"<(?:script|style|footer)\b.*?</(?:script|style|footer)>|<link\b[^>]*>|<img\b[^>]*>|<(?:form|button)\b.*?</(?:form|button)>|<!--.*?-->",
    re.DOTALL | re.IGNORECASE,
)
_OUTSIDE = re.compile(r"""\s(?:href|src)=["'](?:https?:)?//[^"']*["']""", re.IGNORECASE)
_RANDOM = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
# The moment at which theirs opened the file.
_LOADED_AT = re.compile(r"\d{8}T\d{6}\.\d{6}Z")
_RULES = re.compile(r"(?:\.\./)+expectations/([a-z0-9_]+)\.html")
_HOME = re.compile(r"(?:\.\./)+index\.html")
TEMPLATES = Path(__file__).with_name("templates")


def write_docs(site: Path, target: Path, verdict: Verdict, suites: Sequence[Suite]) -> Path:
    """Carry the site that Great Expectations built over to ``target``; returns its index.

    ``target`` holds ``index.html``, ``results/<mart>.html`` (what was found) and ``rules/<mart>.html`` (what
    is demanded).
    """
    shutil.rmtree(target, ignore_errors=True)
    pages = {path.parents[2].name: path for path in sorted(site.glob("validations/*/*/*/*.html"))}
    _write(target / "results", pages)
    _write(target / "rules", {path.stem: path for path in sorted(site.glob("expectations/*.html"))})
    index = target / INDEX
    index.write_text(_index(verdict, suites), encoding="utf-8")
    return index


def _write(folder: Path, pages: Mapping[str, Path]) -> None:
    folder.mkdir(parents=True)
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(readable(page.read_text(encoding="utf-8")), encoding="utf-8")


def readable(page: str) -> str:
    """A page of theirs without scripts, outside addresses and random numbers, with our style sheet."""
    kept = _LOADED_AT.sub("—", _OUTSIDE.sub("", _DROPPED.sub("", page)))
    kept = _HOME.sub(f"../{INDEX}", _RULES.sub(r"../rules/\1.html", kept))
    numbers: dict[str, str] = {}
    kept = _RANDOM.sub(lambda found: numbers.setdefault(found[0], f"n{len(numbers) + 1}"), kept)
    return kept.replace("</head>", f"{_style()}</head>", 1)


def _index(verdict: Verdict, suites: Sequence[Suite]) -> str:
    template = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)
    return template.get_template("data_docs_index.html").render(
        verdict=verdict,
        style=_style(),
        levels=_LEVELS,
        failing=[*verdict.blocking, *verdict.holding, *verdict.notes],
        suites=[_counted(suite, verdict) for suite in suites],
    )


def _style() -> str:
    return f"<style>\n{(TEMPLATES / 'data_docs.css').read_text(encoding='utf-8')}</style>\n"


def _counted(suite: Suite, verdict: Verdict) -> dict[str, Any]:
    results = [result for result in verdict.results if result.suite == suite.mart]
    return {
        "mart": suite.mart,
        "title": suite.title,
        "rules": len({check.rule.id for check in suite.checks}),
        "checks": len(results),
        "failed": [sum(not r.success and r.severity == level for r in results) for level in _LEVELS],
    }
