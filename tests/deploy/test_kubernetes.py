"""The Kubernetes manifests: whole, and of one mind with each other and with Triton's metrics."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.deploy.container import IMAGES

if TYPE_CHECKING:
    from bot.deploy.serve import Server

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).parents[2] / "deploy"


def read(name: str) -> Any:  # noqa: ANN401 - a document
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


def test_every_manifest_is_named_and_parses() -> None:
    """What a kustomization lists is there, and every file is YAML."""
    for file in ROOT.rglob("*.yaml"):
        document = yaml.safe_load(file.read_text("utf-8"))
        for resource in document.get("resources", []):
            assert (file.parent / resource).exists(), f"{file}: {resource}"
        for patch in document.get("patches", []):
            assert all(op["op"] in {"add", "replace"} for op in yaml.safe_load(patch["patch"]))


def test_service_deployment_and_scaler_mean_the_same_pods() -> None:
    """Selectors, port names and the scaled object fit together."""
    deployment, service, scaler = (read(f"base/{n}.yaml") for n in ("deployment", "service", "autoscale"))
    pod = deployment["spec"]["template"]
    assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    assert deployment["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    ports = {p["name"]: p["containerPort"] for p in pod["spec"]["containers"][0]["ports"]}
    assert {p["targetPort"]: p["port"] for p in service["spec"]["ports"]} == ports
    assert scaler["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]


def test_the_gpu_image_is_the_pinned_one() -> None:
    """One release in code and manifests."""
    (image,) = read("tensorrt/kustomization.yaml")["images"]
    assert f"{image['name']}:{image['newTag']}" == IMAGES["tensorrt"]


def test_the_scaler_reads_what_triton_reports(triton: Server) -> None:
    """Each metric of the scaler has a rule, and each rule's series is one of the real server's."""
    with urllib.request.urlopen(triton.metrics_url, timeout=10) as response:  # noqa: S310 - our own server
        reported = response.read().decode()
    rules = read("base/adapter-rules.yaml")["rules"]["custom"]
    wanted = {m["pods"]["metric"]["name"] for m in read("base/autoscale.yaml")["spec"]["metrics"]}
    assert {rule["name"]["as"] for rule in rules} == wanted
    for rule in rules:
        series = rule["seriesQuery"].partition("{")[0]
        assert f'{series}{{model="tensorrt_llm"' in reported
