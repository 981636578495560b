from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from esolint import engine
from esolint.config import active_rules, load
from esolint.diagnostic import Result
from esolint.discover import MissingPathError
from esolint.rule import Finding, load_rules
from esolint.run import Request, run
from esolint.source import Limits

STORE = """\
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
spec: {provider: {vault: {server: "https://v"}}, conditions: [{namespaces: [shop]}]}
"""
USE = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db, namespace: shop}
spec:
  refreshInterval: 0s
  secretStoreRef: {name: %s, kind: ClusterSecretStore}
  data: [{secretKey: a, remoteRef: {key: a}}]
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        "stores/store.yaml": STORE,
        "apps/good.yaml": USE % "vault",
        "apps/bad.yaml": USE % "vaultt",
        "apps/broken.yaml": USE.replace("spec:", "spec: [") % "vault",
        "other/notes.yaml": "a: external-secrets.io\nb: [",
        "other/template.yaml": "{{- if .x }}\nkind: ExternalSecret\n{{- end }}\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*paths: str, select: tuple[str, ...] = (), **more: Any) -> Result:
    profile = more.get("profile", "default")
    rules = active_rules(load_rules(), select=select, ignore=(), profile=profile, options={})
    return run(Request(paths=paths, root=".", rules=rules, today="2026-01-01", **more))


def found(result: Result) -> list[tuple[str, str]]:
    return [(d.place.path, d.rule) for d in result.diagnostics]


ZERO, MISSING = "refresh-interval-zero", "store-not-found"


def test_everything_below_the_root(root: Path) -> None:
    result = check(".")

    assert found(result) == [
        ("apps/bad.yaml", ZERO),
        ("apps/bad.yaml", MISSING),
        ("apps/broken.yaml", "yaml-syntax"),
        ("apps/good.yaml", ZERO),
    ]
    assert (result.files, result.eso_resources) == (6, 3)
    assert [(skip.path, skip.reason) for skip in result.skipped] == [
        ("other/notes.yaml", "yaml-syntax"),
        ("other/template.yaml", "template"),
    ]


def test_a_folder_is_reported_on_in_the_context_of_the_root(root: Path) -> None:
    result = check("apps", select=(ZERO, MISSING))

    assert found(result) == [
        ("apps/bad.yaml", ZERO),
        ("apps/bad.yaml", MISSING),
        ("apps/good.yaml", ZERO),
    ]
    assert (result.files, result.documents, result.eso_resources) == (3, 2, 2)
    assert found(check("stores")) == []


def test_named_files_are_told_of_the_references_that_they_break(root: Path) -> None:
    assert found(check("apps/good.yaml")) == [("apps/bad.yaml", MISSING), ("apps/good.yaml", ZERO)]
    assert found(check("stores/store.yaml")) == [("apps/bad.yaml", MISSING)]
    assert check("stores/store.yaml").files == 1


def test_named_files_are_not_told_of_other_faults_elsewhere(root: Path) -> None:
    policy = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": %s}]}'
    root.joinpath("eso-policy.json").write_text(policy % '"secretsmanager:*", "Resource": "x"')

    assert "iam-wildcard-action" in {rule for _, rule in found(check("."))}
    assert found(check("stores/store.yaml")) == [("apps/bad.yaml", MISSING)]


def test_a_reference_elsewhere_that_is_suppressed_there(root: Path) -> None:
    path = root / "apps" / "bad.yaml"
    text = path.read_text().replace(
        "vaultt,", "vaultt,  # esolint: ignore[store-not-found] soon\n   "
    )
    path.write_text(text + f"# esolint: ignore[{ZERO}]\n")

    (diagnostic,) = check("stores/store.yaml").diagnostics
    assert diagnostic.suppressed == ("comment", "soon")


def test_what_is_not_asked_for_is_left_out(root: Path) -> None:
    text = USE % "vault"
    root.joinpath("apps/good.yaml").write_text(text.replace("0s", f"0s # esolint: ignore[{ZERO}]"))
    confidence = load_rules()[MISSING].confidence

    assert (MISSING in {d.rule for d in check(".", min_confidence="high").diagnostics}) == (
        confidence == "high"
    )
    assert [d.suppressed for d in check("apps/good.yaml", select=(ZERO,)).diagnostics] == [
        ("comment", "")
    ]
    assert [d.suppressed for d in check("apps/good.yaml", suppressing=False).diagnostics][
        -1
    ] is None


@pytest.mark.parametrize("more", [{"min_confidence": "high"}, {"profile": "default"}])
def test_a_suppression_is_of_use_where_its_finding_is_not_asked_for(
    root: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, str]
) -> None:
    def doubtful(resource: Any, env: Any) -> Any:
        yield Finding(resource, ("kind",), "x", confidence="low", profile="strict")

    monkeypatch.setattr(engine, "_function", lambda rule: doubtful)
    text = (
        USE.replace("ExternalSecret\n", f"ExternalSecret # esolint: ignore[{ZERO}] x\n") % "vault"
    )
    root.joinpath("apps/good.yaml").write_text(text)

    select = (ZERO, "unused-suppression")
    assert found(check("apps/good.yaml", select=select, **more)) == []
    assert found(check("apps/good.yaml", select=select, profile="strict")) == [
        ("apps/good.yaml", ZERO)
    ]


def test_suppressions_of_the_configuration_are_judged_by_whole_runs_alone(root: Path) -> None:
    root.joinpath("esolint.yaml").write_text(
        "suppressions:\n"
        f"  - {{rules: [{ZERO}], paths: [apps/], reason: seeded}}\n"
        f"  - {{rules: [{MISSING}], paths: [stores/], reason: none}}\n"
        "  - {rules: [nothing], paths: [x], reason: none}\n"
    )
    suppressions = load("esolint.yaml", load_rules(), ".").suppressions

    def faults(*paths: str) -> list[tuple[str, int]]:
        result = check(*paths, suppressions=suppressions)
        faulty = [d for d in result.diagnostics if d.rule.endswith("-suppression")]
        assert all(d.suppressed for d in result.diagnostics if d.rule == ZERO)
        return [(d.rule, d.place.span.line) for d in faulty]

    assert faults(".") == [("unused-suppression", 3), ("unknown-suppression", 4)]
    assert faults("apps") == [("unknown-suppression", 4)]
    assert faults("stores/store.yaml") == [("unknown-suppression", 4)]


def test_broken_yaml_is_a_skip_where_no_rule_reports_it(root: Path) -> None:
    skips = {skip.path for skip in check("apps", select=(ZERO,)).skipped}

    assert skips == {"apps/broken.yaml"}
    assert check("apps").skipped == ()


def test_a_crash_is_told_wherever_it_happens(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*arguments: Any, **options: Any) -> None:
        raise KeyError

    monkeypatch.setattr(engine, "_function", lambda rule: crash)
    result = check("stores", select=(MISSING,), min_confidence="high")

    assert [d.rule for d in result.diagnostics] == ["internal-error"]
    assert result.crashed


def test_a_file_that_cannot_be_read_is_named_and_the_rest_goes_on(root: Path) -> None:
    os.mkfifo(root / "apps" / "pipe.yaml")
    root.joinpath("apps/latin.yaml").write_bytes(b"kind: ExternalSecret\n# \xff\n")
    root.joinpath("apps/gone.yaml").symlink_to("nowhere.yaml")
    root.joinpath("apps/big.yaml").write_text("a: 1\n" * 400)

    result = check("apps/pipe.yaml", "apps/gone.yaml", "apps", limits=Limits(file_bytes=1500))

    assert {(skip.path, skip.reason) for skip in result.skipped} == {
        ("apps/pipe.yaml", "unreadable"),
        ("apps/gone.yaml", "unreadable"),
        ("apps/latin.yaml", "encoding"),
        ("apps/big.yaml", "too-large"),
    }
    assert ("apps/bad.yaml", ZERO) in found(result)


def test_links_of_other_folders_are_no_concern(root: Path) -> None:
    root.joinpath("other/out.yaml").symlink_to("/etc/hostname")

    reasons = [skip.reason for skip in check("other").skipped]
    assert reasons == ["yaml-syntax", "symlink", "template"]
    assert check("apps", "stores").skipped == ()


def test_standard_input_stands_for_the_file_of_its_name(root: Path) -> None:
    content = (USE % "vaulttt").replace("0s", "1h").encode()
    result = check(stdin=("apps/bad.yaml", content))

    assert found(result) == [("apps/bad.yaml", MISSING)]
    assert '"vaulttt"' in result.diagnostics[0].message
    assert result.files == 1


def test_a_path_that_does_not_exist(root: Path) -> None:
    with pytest.raises(MissingPathError) as caught:
        check("app")
    assert str(caught.value) == 'the path "app" does not exist, did you mean "apps"?'
