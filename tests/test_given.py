from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from esolint.context.files import DiskTree
from esolint.given import MissingToolError, render, roots, standard_input
from esolint.rule import load_rules
from esolint.run import ActiveRule, Request, run

SECRET = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: app}
spec:
  refreshInterval: "0"
  secretStoreRef: {name: vault, kind: ClusterSecretStore}
  dataFrom: [{extract: {key: app}}]
"""
RENDERED = f"""\
---
# Source: shop/templates/secret.yaml
{SECRET}---
# Source: gone/x.yaml
{SECRET}"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")


def chart() -> None:
    write("charts/shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    write("charts/shop/templates/secret.yaml", SECRET.replace("name: app", "name: {{ .Values.x }}"))


def tree() -> DiskTree:
    return DiskTree(".", 1_000_000)


def request(**changes: object) -> Request:
    rule = load_rules()["refresh-interval-zero"]
    active = [ActiveRule(rule, rule.defaults())]
    return Request(paths=["."], root=".", rules=active, today="2026-01-01")._replace(**changes)


def test_what_helm_printed_gets_the_paths_of_the_templates() -> None:
    chart()

    given = standard_input("<stdin>", RENDERED.encode(), ["charts/shop"], tree())

    assert given.paths == {"<stdin>", "charts/shop/templates/secret.yaml"}
    findings = run(request(stdin=("<stdin>", RENDERED.encode()))).diagnostics
    assert [(d.place.path, d.place.span.line) for d in findings] == [
        ("<stdin>", 16),
        ("charts/shop/templates/secret.yaml", 5),
    ]


def test_any_other_standard_input_stays_as_it_is() -> None:
    given = standard_input("<stdin>", SECRET.encode(), [], tree())

    assert [(each.path, each.rendered) for each in given.inputs] == [("<stdin>", False)]


def test_the_roots_that_tools_render() -> None:
    chart()
    write("base/kustomization.yaml", "resources: [secret.yaml]")
    write("base/secret.yaml", SECRET)
    write("prod/kustomization.yaml", "resources: [../base]")
    paths = ["charts/shop/Chart.yaml", "base/kustomization.yaml", "prod/kustomization.yaml"]

    assert roots(paths, tree()) == {"kustomize": ["prod"], "helm": ["charts/shop"]}


def test_helm_renders_a_chart(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chart()
    script = folder / "bin" / "helm"
    write("rendered.yaml", RENDERED)
    write("bin/helm", f"#!/bin/sh\ncat {folder}/rendered.yaml\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    (folder / ".gitignore").write_text("rendered.yaml\n")

    findings = run(request(render=("helm",))).diagnostics

    assert [(d.place.path, d.resource and d.resource.name) for d in findings] == [
        ("charts/shop/Chart.yaml (rendered)", "app"),
        ("charts/shop/templates/secret.yaml", "app"),
    ]


def test_a_chart_that_helm_refuses_is_read_as_it_stands(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chart()
    write("bin/helm", "#!/bin/sh\necho 'Error: no such value' >&2\nexit 1\n")
    (folder / "bin" / "helm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}/bin{os.pathsep}{os.environ['PATH']}")

    (skip,) = run(request(render=("helm",))).skipped

    assert (skip.path, skip.reason) == ("charts/shop", "render")
    assert skip.detail == "helm fails: no such value"


def test_kustomize_renders_what_is_only_known_after_rendering() -> None:
    if not (shutil.which("kubectl") or shutil.which("kustomize")):
        pytest.skip("neither kustomize nor kubectl is installed")
    write("prod/kustomization.yaml", "resources: [secret.yaml]\nnamespace: shop\n")
    write("prod/secret.yaml", SECRET)

    (finding,) = run(request(render=("kustomize",))).diagnostics

    assert finding.place.path == "prod/kustomization.yaml (rendered)"
    assert finding.resource is not None
    assert finding.resource.namespace == "shop"


def test_a_tool_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(MissingToolError, match="--render helm: there is no helm on the PATH"):
        render(["helm"], {"helm": []}, tree())
