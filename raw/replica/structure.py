"""What the bureaus' data look like: the SDMX data structure, its code lists, and what is available.

Messages are SDMX-JSON 2.0.0 (``application/vnd.sdmx.structure+json;version=2.0.0``), written by pysdmx. Names
are Chinese, descriptions English. Every code of CL_INDICATOR carries an annotation of type UNIT_MEASURE: the
unit its levels are published in. A rate of change (MEASURE YOY, YOY_YTD) is in per cent whatever that unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache

from pysdmx.io.json.sdmxjson2.writer.v2_0.structure import write
from pysdmx.model import (
    Agency,
    Annotation,
    AvailabilityConstraint,
    Code,
    Codelist,
    Component,
    Components,
    Concept,
    ConceptScheme,
    ConstraintAttachment,
    CubeKeyValue,
    CubeRegion,
    CubeValue,
    Dataflow,
    DataStructureDefinition,
    DataType,
    Role,
)
from pysdmx.model.message import Header

from raw.replica.table import DIMENSIONS, Figure, rows

AGENCY, FLOW, VERSION = "CN_QWC", "DF_PLAN_STATISTICS", "1.0"
STRUCTURE_ID = f"{AGENCY}:{FLOW}({VERSION})"
DSD, SCHEME = "DSD_PLAN_STATISTICS", "CS_PLAN_STATISTICS"
FLOW_URN = f"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow={STRUCTURE_ID}"
# In the order of the columns: SDMX-CSV 2.0 has dimensions first, then the measure, then attributes.
ATTRIBUTES = (
    "UNIT_MEASURE", "UNIT_MULT", "DECIMALS", "OBS_STATUS", "STAGE", "SOURCE", "SOURCE_TITLE", "PUBLISHER",
    "PUBLISHED_DATE", "SOURCE_URL", "TAGS",
)  # fmt: skip
COLUMNS = ("STRUCTURE", "STRUCTURE_ID", "ACTION", *DIMENSIONS, "OBS_VALUE", *ATTRIBUTES)

_CONCEPTS: dict[str, tuple[str, str]] = {
    "FREQ": ("频率", "Frequency"),
    "REF_AREA": ("地区", "Reference area, GB/T 2260 code after CN-"),
    "INDICATOR": ("指标", "Statistical series"),
    "MEASURE": ("度量", "Level of the period, cumulative level since January, or a rate of change"),
    "SCOPE": ("口径", "What the figure covers within the area"),
    "TIME_PERIOD": ("时期", "Reference period: 2022, 2022-Q3 or 2022-10"),
    "OBS_VALUE": ("数值", "The figure, with the digits printed"),
    "UNIT_MEASURE": ("计量单位", "Unit of measure"),
    "UNIT_MULT": ("单位倍数", "Power of ten of the unit: 4 is 万, 8 is 亿"),
    "DECIMALS": ("小数位数", "Digits printed after the point"),
    "OBS_STATUS": ("数据状态", "Observation status, SDMX CL_OBS_STATUS"),
    "STAGE": ("发布阶段", "Preliminary, final or revised; empty when the source does not say"),
    "SOURCE": ("来源编号", "Source the figure was published in"),
    "SOURCE_TITLE": ("来源标题", "Title of the source"),
    "PUBLISHER": ("发布机构", "Who published the source"),
    "PUBLISHED_DATE": ("发布日期", "When it was published: a day, a month, a year, or empty when unknown"),
    "SOURCE_URL": ("来源网址", "Address of the source, empty when it has none"),
    "TAGS": (
        "标注",
        "How the figure reads: BOUND, CONV, COPY, SECONDHAND, PERIOD_INFERRED; ';' between them",
    ),
}
_LISTS: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "FREQ": ("CL_FREQ", {"A": ("年", "Annual"), "M": ("月", "Monthly"), "Q": ("季", "Quarterly")}),
    "REF_AREA": (
        "CL_AREA",
        {"CN-370200": ("青岛市", "Qingdao"), "CN-370211": ("西海岸新区（黄岛区）", "West Coast New Area")},
    ),
    "MEASURE": (
        "CL_MEASURE",
        {
            "LEVEL": ("当期值", "Level of the period, or at its end"),
            "YTD": ("累计值", "Cumulative since January"),
            "YOY": ("同比增速", "Change on the same period of the year before"),
            "YOY_YTD": ("累计同比增速", "Change of the cumulative figure on the year before"),
        },
    ),
    "SCOPE": (
        "CL_SCOPE",
        {
            "_T": ("全域", "The whole area"),
            "URBAN_AREA": ("市区", "The urban area only (air quality up to 2018)"),
            "PORT_WHOLE": ("青岛港全港", "The whole port of Qingdao"),
            "LISTED_COMPANY": ("青岛港国际", "The listed company Qingdao Port International"),
        },
    ),
    "UNIT_MULT": ("CL_UNIT_MULT", {"0": ("个", "Units"), "4": ("万", "Ten thousands"), "8": ("亿", "100 m")}),
    "OBS_STATUS": (
        "CL_OBS_STATUS",
        {"A": ("正常值", "Normal"), "E": ("估计值", "Estimated"), "P": ("初步值", "Provisional")},
    ),
    "STAGE": (
        "CL_STAGE",
        {
            "preliminary": ("初步", "Preliminary"),
            "final": ("最终", "Final"),
            "revised": ("修订", "Revised"),
        },
    ),
}
_OPTIONAL = {"STAGE", "PUBLISHED_DATE", "SOURCE_URL", "TAGS"}
# A fixed moment: the same question must give the same bytes.
_PREPARED = datetime(2026, 11, 24, tzinfo=UTC)


@cache
def codelists() -> tuple[Codelist, ...]:
    """The code lists of the coded components, those of indicators and units read from the bundled tables."""
    lists = {"INDICATOR": _indicator_list(), "UNIT_MEASURE": _unit_list()}
    for component, (list_id, codes) in _LISTS.items():
        items = [Code(id=code, name=zh, description=en) for code, (zh, en) in codes.items()]
        lists[component] = _codelist(component, list_id, items)
    return tuple(lists[name] for name in _CONCEPTS if name in lists)


def _codelist(component: str, list_id: str, codes: Sequence[Code]) -> Codelist:
    zh, en = _CONCEPTS[component]
    return Codelist(id=list_id, name=zh, description=en, agency=AGENCY, version=VERSION, items=tuple(codes))


def _indicator_list() -> Codelist:
    codes = [
        Code(
            id=row["INDICATOR"],
            name=row["NAME_ZH"],
            description=row["NAME_EN"],
            annotations=(Annotation(id="unit", type="UNIT_MEASURE", text=row["UNIT_MEASURE"]),),
        )
        for row in rows("series")
    ]
    return _codelist("INDICATOR", "CL_INDICATOR", codes)


def _unit_list() -> Codelist:
    plain: dict[str, Code] = {}
    # The row without a multiplier names the unit itself: 吨 stands in the table only as 万吨 and 亿吨.
    for row in sorted(rows("units"), key=lambda row: (row["UNIT_MEASURE"], int(row["UNIT_MULT"]))):
        name = row["UNIT_ZH"].removeprefix("万").removeprefix("亿")
        english = row["UNIT_EN"].removeprefix("10 thousand ").removeprefix("100 million ")
        plain.setdefault(row["UNIT_MEASURE"], Code(id=row["UNIT_MEASURE"], name=name, description=english))
    return _codelist("UNIT_MEASURE", "CL_UNIT_MEASURE", list(plain.values()))


@cache
def concept_scheme() -> ConceptScheme:
    """The concepts behind the columns, with Chinese names and English descriptions."""
    items = tuple(Concept(id=name, name=zh, description=en) for name, (zh, en) in _CONCEPTS.items())
    return ConceptScheme(id=SCHEME, name="规划统计概念", agency=AGENCY, version=VERSION, items=items)


@cache
def data_structure() -> DataStructureDefinition:
    """The data structure: six dimensions, one measure, eleven attributes attached to the observation."""
    lists = dict(zip([name for name in _CONCEPTS if name in _coded()], codelists(), strict=True))
    return DataStructureDefinition(
        id=DSD,
        name="规划统计数据结构",
        description="Statistics of the plan: one observation for each source that published it",
        agency=AGENCY,
        version=VERSION,
        components=Components([_component(name, lists.get(name)) for name in _CONCEPTS]),
    )


def _coded() -> set[str]:
    return {"INDICATOR", "UNIT_MEASURE", *_LISTS}


def _component(name: str, codes: Codelist | None) -> Component:
    role = Role.ATTRIBUTE
    if name in DIMENSIONS:
        role = Role.DIMENSION
    elif name == "OBS_VALUE":
        role = Role.MEASURE
    concept_urn = f"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept={AGENCY}:{SCHEME}({VERSION}).{name}"
    zh, en = _CONCEPTS[name]
    return Component(
        id=name,
        required=name not in _OPTIONAL,
        role=role,
        concept=Concept(id=name, name=zh, description=en, urn=concept_urn),
        local_dtype=_data_type(name),
        local_codes=codes,
        local_enum_ref=_list_urn(codes) if codes else None,
        attachment_level="O" if role is Role.ATTRIBUTE else None,
    )


def _data_type(name: str) -> DataType:
    if name == "OBS_VALUE":
        return DataType.DECIMAL
    if name == "TIME_PERIOD":
        return DataType.PERIOD
    return DataType.INTEGER if name == "DECIMALS" else DataType.STRING


def _list_urn(codes: Codelist) -> str:
    return f"urn:sdmx:org.sdmx.infomodel.codelist.{codes.short_urn}"


@cache
def dataflow() -> Dataflow:
    """The dataflow the bureaus disseminate."""
    return Dataflow(
        id=FLOW,
        name="西海岸新区与青岛市统计数据",
        description="Statistics of the West Coast New Area and of Qingdao, as published",
        agency=Agency(AGENCY),
        version=VERSION,
        structure=f"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure={AGENCY}:{DSD}({VERSION})",
    )


def message(kind: str, artefact_id: str, version: str, *, with_references: bool) -> bytes | None:
    """The structure message for one artefact, or None when there is no such artefact.

    ``kind`` is ``dataflow``, ``datastructure``, ``conceptscheme`` or ``codelist``; an id or version of ``*``
    (or ``~``, the latest) matches all. ``with_references`` adds what the artefact refers to, down to the code
    lists (SDMX-REST 2, structure queries, ``references=descendants``).
    """
    if version not in {VERSION, "*", "~", "+"}:
        return None
    levels: dict[str, Sequence[Dataflow | DataStructureDefinition | ConceptScheme | Codelist]] = {
        "dataflow": [dataflow()],
        "datastructure": [data_structure()],
        "conceptscheme": [concept_scheme()],
        "codelist": codelists(),
    }
    found = [item for item in levels.get(kind, ()) if artefact_id in {item.id, "*"}]
    if not found:
        return None
    if with_references:
        later = list(levels)[list(levels).index(kind) + 1 :]
        # Concepts are uncoded here (the code lists hang on the components), so they refer to nothing.
        found += [item for name in later if kind != "conceptscheme" for item in levels[name]]
    return _written(found, f"{kind}-{artefact_id}")


def availability(figures: Iterable[Figure]) -> bytes:
    """The data constraint saying what is there: the values of each dimension, series count and obs_count.

    SDMX-REST 2, availability queries. In SDMX-JSON 2.0.0 the counts travel as ``sdmx_metrics`` annotations;
    ``obs_count`` is the control total a reader reconciles its rows with.
    """
    chosen = list(figures)
    values = [
        CubeKeyValue(id=name, values=[CubeValue(value) for value in sorted({f.cells[name] for f in chosen})])
        for name in DIMENSIONS
    ]
    constraint = AvailabilityConstraint(
        constraint_attachment=ConstraintAttachment(None, dataflows=(FLOW_URN,)),
        cube_region=CubeRegion(key_values=[value for value in values if value.values]),
        series_count=len({figure.key[:-1] for figure in chosen}),
        obs_count=len(chosen),
    )
    return _written([constraint], "availability")


def _written(artefacts: Sequence[object], name: str) -> bytes:
    header = Header(id=name, prepared=_PREPARED, sender=Agency(AGENCY))
    text: str | None = write(artefacts, prettyprint=True, header=header)
    if text is None:
        raise RuntimeError("the SDMX-JSON writer gave nothing back")
    return text.encode()
