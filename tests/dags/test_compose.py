"""The team deployment as a document: services, health checks, no secret and no default password in it.

No container engine runs here. These tests hold the file to the structure of the Compose Specification as far
as this file uses it; they do not start it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

REPO = Path(__file__).resolve().parents[2]
COMPOSE = REPO / "docker-compose.yml"
DOCKERFILE = REPO / "deploy" / "Dockerfile"
AIRFLOW = ["init", "api-server", "scheduler", "dag-processor", "triggerer"]
ALWAYS_ON = ["postgres", "api-server", "scheduler", "dag-processor", "triggerer", "mail"]
# The keys of the Compose Specification that this file uses, and the types it allows for them.
SERVICE_KEYS: dict[str, type | tuple[type, ...]] = {
    "image": str, "build": dict, "command": list, "environment": dict, "volumes": list, "ports": list,
    "depends_on": dict, "healthcheck": dict, "restart": str, "init": bool, "cap_drop": list,
    "security_opt": list, "stop_grace_period": str, "logging": dict, "profiles": list, "network_mode": str,
    "shm_size": str,
}  # fmt: skip
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
DURATION = re.compile(r"\d+(ms|s|m|h)")
VARIABLE = re.compile(r"\$\{([A-Z_]+)(:\?[^}]+|:-[^}]*)?\}")
SECRETS = {"POSTGRES_PASSWORD", "AIRFLOW_FERNET_KEY", "AIRFLOW_API_SECRET_KEY", "AIRFLOW_JWT_SECRET"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return loaded


def test_top_level_holds_only_what_compose_knows(compose: dict[str, Any]) -> None:
    assert {key for key in compose if not key.startswith("x-")} == {"name", "services", "volumes"}
    assert re.fullmatch(r"[a-z0-9][a-z0-9_-]*", compose["name"])
    assert set(compose["services"]) == {*AIRFLOW, "postgres", "mail", "replica"}


def test_services_use_known_keys_of_the_right_type(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        unknown = set(service) - set(SERVICE_KEYS)
        assert not unknown, f"{name}: {unknown}"
        for key, value in service.items():
            assert isinstance(value, SERVICE_KEYS[key]), f"{name}.{key} is a {type(value).__name__}"
        for variable, value in service.get("environment", {}).items():
            assert isinstance(value, str), f"{name}: {variable} must be quoted, YAML reads it as {value!r}"


def test_dependencies_exist_and_their_conditions_can_hold(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        for wanted, how in service.get("depends_on", {}).items():
            assert wanted in services, f"{name} waits for {wanted}"
            assert how["condition"] in CONDITIONS
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[wanted]
    assert services["init"]["restart"] == "no"
    for name in AIRFLOW[1:]:
        assert services[name]["depends_on"]["init"]["condition"] == "service_completed_successfully"


@pytest.mark.parametrize("name", ALWAYS_ON)
def test_every_service_that_stays_up_has_a_health_check(compose: dict[str, Any], name: str) -> None:
    check = compose["services"][name]["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert all(DURATION.fullmatch(check[key]) for key in ("interval", "timeout", "start_period"))
    assert check["retries"] >= 3
    assert compose["services"][name]["restart"] == "unless-stopped"


def test_ports_are_bound_to_this_machine_only(compose: dict[str, Any]) -> None:
    published = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:8080:8080", "127.0.0.1:8025:8025"]


def test_volumes_are_named_and_declared(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            if isinstance(volume, dict):
                assert (volume["type"], volume["read_only"]) == ("bind", True), name
            else:
                assert volume.partition(":")[0] in compose["volumes"], f"{name}: {volume}"


def test_no_secret_is_written_down_and_none_has_a_default() -> None:
    text = COMPOSE.read_text(encoding="utf-8")
    used = VARIABLE.findall(text)
    assert {name for name, _ in used} >= SECRETS
    assert [name for name, rest in used if name in SECRETS and not rest.startswith(":?")] == []
    for line in text.splitlines():
        key, _, value = line.strip().partition(": ")
        if re.search(r"PASSWORD|SECRET|FERNET|TOKEN", key) and not line.lstrip().startswith("#"):
            assert "${" in value, f"a value is written down: {line.strip()}"
    assert re.findall(r"://[^\s/@:]+:(?!\$\{)[^\s/@]+@", text) == []


def test_the_example_names_every_variable_and_gives_no_value() -> None:
    example = (REPO / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.M))
    assert named == {name for name, _ in VARIABLE.findall(COMPOSE.read_text(encoding="utf-8"))}
    assert re.findall(r"^(?:# )?[A-Z_]+=(\S+)", example, re.M) == []


def test_images_are_pinned(compose: dict[str, Any]) -> None:
    images = {service["image"] for service in compose["services"].values()}
    images |= set(re.findall(r"^FROM (\S+)", DOCKERFILE.read_text("utf-8"), re.M))
    for image in images:
        assert re.search(r":v?\d+\.\d+(\.\d+)?(-[a-z]+)*$", image), f"{image} may change under our feet"


def test_one_image_runs_all_of_airflow_without_privileges(compose: dict[str, Any]) -> None:
    for name in [*AIRFLOW, "replica"]:
        service = compose["services"][name]
        assert service["build"] == {"context": ".", "dockerfile": "deploy/Dockerfile"}
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    commands = {name: compose["services"][name]["command"] for name in AIRFLOW}
    assert commands["init"] == ["airflow", "db", "migrate"]
    assert all(commands[name][:2] == ["airflow", name] for name in AIRFLOW[1:])


def test_the_image_is_locked_and_not_root() -> None:
    text = DOCKERFILE.read_text(encoding="utf-8")
    assert "--require-hashes -r requirements.lock" in text
    assert re.findall(r"^USER (\S+)", text, re.M) == ["airflow"]
    assert text.index("USER airflow") > text.rindex("RUN ")
    copied = [path for line in re.findall(r"^COPY (.+)$", text, re.M) for path in line.split()[:-1]]
    assert [path for path in copied if not (REPO / path).exists()] == []
    let_in = re.findall(r"^!(.+)$", DOCKERFILE.with_name("Dockerfile.dockerignore").read_text("utf-8"), re.M)
    assert sorted(let_in) == sorted(copied)


def test_the_drivers_of_postgresql_are_in_the_lock() -> None:
    """Airflow's scheduler uses psycopg2, its API server asyncpg."""
    lock = (REPO / "requirements.lock").read_text(encoding="utf-8")
    assert re.search(r"^psycopg2-binary==", lock, re.M)
    assert re.search(r"^asyncpg==", lock, re.M)
