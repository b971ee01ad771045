"""dbt on the project as it was parsed before: ``python -m warehouse.dbt_runner build …``, as ``dbt build …``.

Parsing takes a third of a build, and gives the same whatever day the build is as of: what a build is told by
``--vars`` is filled in when a node is compiled. So the parsed project is kept below ``<project>/target``,
under a key of all that decides it. Run one process a build, as dbt keeps state of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# Nobody reads dbt's log of a build, and writing it was a sixth of one. What went wrong is in the result.
QUIET = ["--quiet", "--log-level", "none", "--log-level-file", "none"]
NOT_OF_THE_PROJECT = {"target", "logs"}
DIGEST_BYTES = hashlib.sha256().digest_size


def main(argv: Sequence[str]) -> int:
    """Run one dbt command on a parsed project; prints what stopped it. Exit code 1 where something failed."""
    from dbt.cli.main import dbtRunner

    project = Path(argv[argv.index("--project-dir") + 1])
    parsed = project / "target" / "parsed" / project_key(project, os.environ["BUILD_FILE"])
    manifest = load_parsed(parsed)
    if manifest is None:
        of_the_project = [
            *("--project-dir", str(project), "--profiles-dir", str(project)),
            *("--target-path", argv[argv.index("--target-path") + 1], "--no-partial-parse"),
        ]
        told = dbtRunner().invoke([*QUIET, "parse", *of_the_project])
        if not told.success:
            print(told.exception)
            return 1
        # As it is kept, also the first time: the first build sees what the second does.
        save_parsed(parsed, told.result)
        manifest = load_parsed(parsed) or told.result
    ran = dbtRunner(manifest=manifest).invoke([*QUIET, *argv])
    if ran.exception is not None:
        print(ran.exception)
    return 0 if ran.success else 1


def project_key(project: Path, build_file: str) -> str:
    """Name of all that decides how a project is parsed: its files and place, dbt, the database's name."""
    digest = hashlib.sha256()
    versions = [importlib.metadata.version(name) for name in ("dbt-core", "dbt-duckdb")]
    for said in (*versions, sys.version, str(project.resolve()), Path(build_file).stem):
        digest.update(said.encode() + b"\0")
    for file in sorted(project.rglob("*")):
        inside = file.relative_to(project)
        if file.is_file() and inside.parts[0] not in NOT_OF_THE_PROJECT:
            digest.update(inside.as_posix().encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def load_parsed(file: Path) -> Manifest | None:
    """The parsed project that was kept; None where there is none, or a half of one."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    try:
        content = file.read_bytes()
    except OSError:
        return None
    packed = content[DIGEST_BYTES:]
    if hashlib.sha256(packed).digest() != content[:DIGEST_BYTES]:
        return None
    return Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)


def save_parsed(file: Path, manifest: Manifest) -> None:
    """Keep a parsed project in place of those before it; does without where the project cannot be written."""
    from dbt.parser.manifest import extended_mashumaro_encoder

    packed = manifest.to_msgpack(extended_mashumaro_encoder)
    # A checkout that is read-only builds as well, only slower.
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{file.name}.{os.getpid()}")
        beside.write_bytes(hashlib.sha256(packed).digest() + packed)
        beside.replace(file)
        for other in file.parent.glob("[0-9a-f]*"):
            if other != file:
                other.unlink(missing_ok=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
