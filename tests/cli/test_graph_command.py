from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from esolint.cli import main
from esolint.report.graph import FORMATS

BAKERY = Path(__file__).resolve().parents[2] / "fixtures" / "graph" / "bakery"


@pytest.fixture(autouse=True)
def bakery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "bakery"
    shutil.copytree(BAKERY, root)
    root.joinpath(".git").mkdir()
    monkeypatch.chdir(root)
    return root


def graph(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["graph", *arguments])


def ids(*arguments: str) -> list[str]:
    result = graph("--format", "json", *arguments)
    assert result.exit_code == 0, result.output
    environments = json.loads(result.stdout)["environments"]
    return [node["id"] for environment in environments for node in environment["nodes"]]


def test_mermaid_is_what_is_drawn_unless_somebody_asks() -> None:
    assert graph().stdout.startswith("flowchart LR\n")
    assert graph("--format", "dot").stdout.startswith("digraph esolint {\n")


def test_the_focus_shows_what_hangs_together() -> None:
    assert ids("--focus", "lab/flour") == [
        "ExternalSecret/lab/flour",
        "Secret/lab/bitwarden-token",
        "Secret/lab/flour",
        "SecretStore/lab/bitwarden",
    ]


def test_a_focus_on_nothing_is_a_usage_error() -> None:
    result = graph("--focus", "ClusterSecretStore/valt")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        'esolint: there is no "ClusterSecretStore/valt" in the picture, '
        'did you mean "ClusterSecretStore/vault"?\n'
    )


def test_a_focus_on_several_lists_them() -> None:
    result = graph("--focus", "till")

    assert result.exit_code == 2
    assert result.stderr == (
        'esolint: "till" may mean ExternalSecret/shop/till, HelmRelease/shop/till, '
        "Password/shop/till\n"
    )


def test_an_environment_that_is_not_there_is_a_usage_error() -> None:
    result = graph("--environment", "repositroy")

    assert result.exit_code == 2
    assert 'no environment "repositroy", did you mean "repository"?' in result.stderr
    assert ids("--environment", "repository") == ids()


def test_a_path_limits_the_picture_to_what_its_objects_are_connected_with() -> None:
    shown = ids("lab.yaml")

    assert "ExternalSecret/lab/yeast" in shown
    assert "ClusterSecretStore/vault" in shown
    assert "SealedSecret/ovens/vault-token" in shown
    assert "ExternalSecret/ovens/recipes" not in shown


def test_a_path_that_is_not_there_is_a_usage_error() -> None:
    assert graph("nowhere").exit_code == 2


def test_an_excluded_file_is_not_drawn() -> None:
    assert "ExternalSecret/lab/yeast" not in ids("--exclude", "lab.yaml")


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_gets_what_standard_output_would(form: str, bakery: Path) -> None:
    printed = graph("--format", form).stdout

    assert graph("--format", form, "-o", "out").stdout == ""
    assert bakery.joinpath("out").read_text(encoding="utf-8") == printed


def test_a_file_that_cannot_be_written_is_a_usage_error() -> None:
    result = graph("-o", "no/such/folder/x")

    assert result.exit_code == 2
    assert "no/such/folder/x: No such file or directory" in result.stderr


def test_a_large_picture_says_how_to_get_a_smaller_one(bakery: Path) -> None:
    text = bakery.joinpath("lab.yaml").read_text(encoding="utf-8")
    more = (text.replace("yeast", f"yeast-{i}").replace("flour", f"flour-{i}") for i in range(130))
    bakery.joinpath("more.yaml").write_text("\n---\n".join(more), encoding="utf-8")

    assert "the picture is large" in graph().stderr
    assert "--focus" in graph().stderr
    assert graph("--format", "dot").stderr == ""
    assert graph("--focus", "lab/yeast-1").stderr == ""


def test_without_eso_the_picture_is_empty_and_that_is_said(bakery: Path) -> None:
    bakery.joinpath("empty").mkdir()
    result = graph("empty", "--context-root", "empty")

    assert result.exit_code == 0
    assert "the picture is empty" in result.stderr


def test_what_no_kustomization_lists_is_told(bakery: Path) -> None:
    bakery.joinpath("kustomization.yaml").write_text("resources: [ovens.yaml, stores.yaml]")
    result = graph()

    assert "left out, since no kustomization lists them: lab.yaml" in result.stderr


def test_several_environments_are_drawn_side_by_side(bakery: Path) -> None:
    for cluster in ("dev", "prod"):
        bakery.joinpath(cluster).mkdir()
        for name in ("lab.yaml", "stores.yaml"):
            shutil.copy(bakery / name, bakery / cluster / name)
        listed = "resources: [lab.yaml, stores.yaml]"
        bakery.joinpath(cluster, "kustomization.yaml").write_text(listed)
    bakery.joinpath("esolint.yaml").write_text("environments: {dev: [dev/], prod: [prod/]}")
    drawn = {form: graph("--format", form).stdout for form in FORMATS}

    names = [env["name"] for env in json.loads(drawn["json"])["environments"]]
    assert {"dev", "prod"} <= set(names)
    assert 'subgraph group_0["dev"]' in drawn["mermaid"]
    assert "prod_ExternalSecret_lab_flour" in drawn["dot"]
    assert ids("--environment", "dev") == ids("--environment", "prod")


@pytest.mark.parametrize("form", FORMATS)
def test_equal_runs_give_equal_bytes(form: str) -> None:
    command = [sys.executable, "-c", "from esolint.cli import main; main(prog_name='esolint')"]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
    outputs = {
        subprocess.run(
            [*command, "graph", "--format", form],
            env={**inherited, **environment},
            capture_output=True,
            check=True,
        ).stdout
        for environment in (
            {"PYTHONHASHSEED": "0"},
            {"PYTHONHASHSEED": "1", "LC_ALL": "C"},
            {"PYTHONHASHSEED": "7", "PYTHONIOENCODING": "ascii"},
        )
    }

    assert len(outputs) == 1


@pytest.mark.parametrize("form", FORMATS)
def test_no_value_of_a_secret_is_drawn(form: str, bakery: Path) -> None:
    bakery.joinpath("secret.yaml").write_text(
        "apiVersion: v1\nkind: Secret\n"
        "metadata: {name: bitwarden-token, namespace: lab, annotations: {note: cnry1}}\n"
        "stringData: {token: cnry2}\n"
        "data: {other: Y25yeTM=}\n"
        "---\n"
        "apiVersion: external-secrets.io/v1\nkind: SecretStore\n"
        "metadata: {name: fake, namespace: lab}\n"
        "spec: {provider: {fake: {data: [{key: a, value: cnry4}]}}}\n"
    )
    printed = graph("--format", form).stdout

    assert "bitwarden-token" in printed
    assert "cnry" not in printed
    assert "Y25yeTM" not in printed
