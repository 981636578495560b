from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from esolint.cli import main

SECRET = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: app}
spec:
  secretStoreRef: {name: vault, kind: ClusterSecretStore}
  dataFrom: [{extract: {key: app}}]
"""
FILES = {
    "base/kustomization.yaml": "resources: [secret.yaml]",
    "base/secret.yaml": SECRET,
    "base/left.yaml": SECRET.replace("name: app", "name: left"),
    "prod/kustomization.yaml": "namespace: prod\nnamePrefix: big-\nresources: [../base]",
    "plain/secret.yaml": SECRET,
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["context", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.usefixtures("tree")
def test_the_tree_shows_its_environments() -> None:
    assert shown() == (
        "environment repository: nothing here names a cluster\n"
        "  ESO version not known: no version is named\n"
        "  2 ESO objects of 2 renderings\n"
        "  prod: 1 ESO object into prod\n"
        "  as they stand: 1 ESO object in plain\n"
        "\n"
        "listed by no kustomization: base/left.yaml\n"
    )


@pytest.mark.usefixtures("tree")
def test_a_file_shows_where_its_objects_go() -> None:
    assert shown("base/secret.yaml", "--context-root", ".") == (
        'ExternalSecret "app" (base/secret.yaml:1)\n'
        "  no certain cluster, by prod\n"
        "    ESO version not known: no version is named\n"
        "    name big-app\n"
        "    namespace prod, from prod/kustomization.yaml:1\n"
    )
    assert "no kustomization lists this file" in shown("base/left.yaml", "--context-root", ".")
    assert "as it stands" in shown("plain/secret.yaml", "--context-root", ".")


@pytest.mark.usefixtures("tree")
def test_environments_of_the_configuration() -> None:
    Path("esolint.yaml").write_text("environments: {production: [prod]}\n")

    output = shown()

    assert output.startswith("cluster production: the configuration names it\n")
    assert "\nenvironment repository: no cluster claims it\n" in output


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["context", str(tmp_path / "absent")])

    assert result.exit_code == 2
    assert "does not exist" in result.output


def test_what_flux_fills_in_is_shown_but_for_values(tree: Path) -> None:
    sync = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: flux-system, namespace: flux-system}
spec:
  path: ./cluster
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
  postBuild: {substitute: {STAGE: prod, PASSWORD: hunter2x}}
"""
    (tree / "cluster").mkdir()
    (tree / "cluster" / "sync.yaml").write_text(sync)
    secret = SECRET.replace("key: app", 'key: "${STAGE}/app"')
    template = '  target: {template: {data: {password: "${PASSWORD}"}}}\n'
    (tree / "cluster" / "secret.yaml").write_text(secret + template)

    output = shown("cluster/secret.yaml", "--context-root", ".")

    assert "  cluster cluster, by Kustomization flux-system/flux-system\n" in output
    assert ".key is filled in: ${STAGE}/app becomes prod/app\n" in output
    assert "password is filled in\n" in output
    assert "hunter2x" not in output
