from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from esolint import engine
from esolint.cli import main
from esolint.report import FORMATS
from esolint.rule import Finding

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-c", "from esolint.cli import main; main(prog_name='esolint')"]
CLEAN = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db}
spec: {refreshInterval: 1h, secretStoreRef: {name: v}, data: [{secretKey: a, remoteRef: {key: a}}]}
"""
ZERO = CLEAN.replace("1h", "0s")
ID = "refresh-interval-zero"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "ESOLINT_OUTPUT_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    tmp_path.joinpath(".git").mkdir()
    return tmp_path


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def check(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, ["check", *arguments], input=stdin)


def rules(run: Result) -> list[str]:
    return [finding["rule"] for finding in json.loads(run.stdout)["findings"]]


def found(*arguments: str, stdin: str | None = None) -> list[str]:
    return rules(check(*arguments, "--output-format", "json", stdin=stdin))


# Exit codes


@pytest.mark.parametrize("name", FORMATS)
def test_exit_codes_are_the_same_for_every_format(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("clean.yaml", CLEAN)
    write("zero.yaml", ZERO)
    write("unread.yaml", "a: external-secrets.io\nb: [")
    output = ("--output-format", name)

    assert check("clean.yaml", *output).exit_code == 0
    assert check("zero.yaml", *output).exit_code == 1
    assert check("zero.yaml", "--fail-on", "error", *output).exit_code == 0
    assert check("absent.yaml", *output).exit_code == 2
    assert check("clean.yaml", "--strict-inputs", *output).exit_code == 0
    assert check("unread.yaml", "zero.yaml", "--strict-inputs", *output).exit_code == 4
    assert check("unread.yaml", *output).exit_code == 0
    monkeypatch.setattr(engine, "_function", lambda rule: 1)
    assert check("unread.yaml", "zero.yaml", "--strict-inputs", *output).exit_code == 3


@pytest.mark.parametrize(
    ("severity", "level", "code"),
    [
        ("error", "error", 1),
        ("warning", "error", 0),
        ("warning", "warning", 1),
        ("info", "warning", 0),
        ("info", "info", 1),
    ],
)
def test_fail_on(severity: str, level: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    write("zero.yaml", ZERO)
    monkeypatch.setattr(
        engine,
        "_function",
        lambda rule: lambda resource, env: [Finding(resource, (), "m", severity=severity)],
    )
    assert check("--select", ID, "--fail-on", level).exit_code == code


def test_nothing_to_check() -> None:
    write("a.yaml", "kind: Deployment")
    write("b.yaml", "kind: Service")
    run = check("a.yaml", "b.yaml")

    assert run.exit_code == 0
    assert run.stderr == "esolint: no ESO object in 2 files of a.yaml, b.yaml\n"
    assert check("a.yaml", "--strict-inputs").exit_code == 4
    assert check("-", stdin="").stderr == "esolint: no ESO object in 1 file of <stdin>\n"
    assert check("--quiet").stdout == ""


# What cannot be used


REFUSED = [
    (
        ["--select", "refresh-interval-zeros"],
        f'there is no rule "refresh-interval-zeros", did you mean "{ID}"?',
    ),
    (["--ignore", "topic:synk"], 'there is no topic "synk", did you mean "sync"?'),
    (
        ["--config", "esolimt.yaml"],
        'the path "esolimt.yaml" does not exist, did you mean "esolint.yaml"?',
    ),
    (["zeroo.yaml"], 'the path "zeroo.yaml" does not exist, did you mean "zero.yaml"?'),
    (["--context-root", "absent"], 'the path "absent" does not exist'),
    (["--context-root", "zero.yaml"], "--context-root: zero.yaml is no folder"),
    (["--today", "tomorrow"], "--today: tomorrow is no date of the form YYYY-MM-DD"),
    (["--isolated", "--config", "esolint.yaml"], "--config and --isolated exclude each other"),
    (["--report", "sarf:x"], 'not "sarf:x", did you mean "sarif"?'),
    (["--report", "sarif"], "--report wants FORMAT:FILE with one of text, concise, json, sarif"),
    (["--report", "json:absent/x"], "--report: cannot write absent/x: No such file or directory"),
]


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED)
def test_what_cannot_be_used_is_one_sentence(arguments: list[str], sentence: str) -> None:
    write("zero.yaml", ZERO)
    write("esolint.yaml", "")
    run = check(*arguments)

    assert run.exit_code == 2
    assert run.stderr.startswith("esolint: ")
    assert sentence in run.stderr
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["chek"], 'there is no command "chek", did you mean "check"?'),
        (["check", "--selct", "x"], "--select"),
        (["check", "--output-format", "sarf"], 'did you mean "sarif"?'),
        (["check", "--profile", "strickt"], 'did you mean "strict"?'),
        (["check", "--fail-on", "warnings"], 'did you mean "warning"?'),
    ],
)
def test_a_misspelt_word_of_the_command_line(arguments: list[str], near: str) -> None:
    run = CliRunner().invoke(main, arguments)

    assert run.exit_code == 2
    assert run.stdout == ""
    assert near in run.stderr


def test_a_wrong_configuration_stops_the_run() -> None:
    write("zero.yaml", ZERO)
    write("esolint.yaml", "profil: strict")
    run = check()

    assert run.exit_code == 2
    assert run.stdout == ""
    assert run.stderr == (
        'esolint: esolint.yaml:1:1: "profil" is no setting, did you mean "profile"?\n'
    )


# Options


def test_findings_go_to_standard_output_and_all_else_to_standard_error() -> None:
    write("zero.yaml", ZERO)
    write(".esolint.yml", "")
    run = check("--output-format", "json")

    assert json.loads(run.stdout)["findings"]
    assert run.stderr == (
        "esolint: .esolint.yml is not read: a configuration is called esolint.yaml\n"
    )


def test_select_and_ignore() -> None:
    write("zero.yaml", ZERO.replace("spec: {", "spec: {typo: 1, "))

    assert sorted(found()) == [ID, "unknown-field"]
    assert found("--select", f"unknown-kind, {ID}") == [ID]
    assert len(found("--select", "topic:api", "--select", "topic:sync")) == 2
    assert len(found("--select", "topic:api,topic:sync")) == 2
    assert found("--ignore", "layer:admission") == [ID]
    assert found("--select", "ALL", "--ignore", ID) == ["unknown-field"]


def test_literal_takes_placeholders_as_written() -> None:
    write("a.yaml", CLEAN.replace("1h", "'${INTERVAL}'"))

    assert found() == []
    assert found("--literal") == ["invalid-duration"]


def test_exclusions() -> None:
    write("a/zero.yaml", ZERO)
    write("b/zero.yaml", ZERO)

    assert len(found()) == 2
    assert len(found("--exclude", "a/")) == 1
    assert len(found("--exclude", "a/", "a/zero.yaml")) == 1
    assert len(found("--exclude", "a/", "--force-exclude", "a/zero.yaml")) == 0


def test_standard_input() -> None:
    run = check("-", "--output-format", "concise", stdin=ZERO)
    assert run.exit_code == 1
    assert run.stdout.startswith(f"<stdin>:4:25: warning[{ID}]")

    run = check("-", "--stdin-filename", "./a/b.yaml", "--output-format", "concise", stdin=ZERO)
    assert run.stdout.startswith("a/b.yaml:4:25: ")


def test_standard_input_is_checked_as_the_file_of_its_name() -> None:
    write("a/zero.yaml", ZERO)
    write("a/esolint.yaml", f"ignore: [{ID}]")

    assert found("-", "--stdin-filename", "zero.yaml", stdin=ZERO) == [ID]
    assert found("-", "--stdin-filename", "a/zero.yaml", stdin=ZERO) == []
    arguments = ("-", "--stdin-filename", "a/zero.yaml", "--context-root", ".")
    assert found(*arguments, stdin=CLEAN) == []
    assert found(*arguments, stdin=ZERO) == [ID]


def test_reports_beside_the_one_on_standard_output() -> None:
    write("zero.yaml", ZERO)
    reports = ("--report", "json:out.json", "--report", "sarif:out.sarif", "--report", "text:out")
    wanted = check("--output-format", "json").stdout_bytes
    run = check(*reports, "--color", "always", "--output-format", "concise")

    assert run.stdout.startswith("zero.yaml:4:25: ")
    assert json.loads(Path("out.json").read_text())["findings"][0]["rule"] == ID
    assert json.loads(Path("out.sarif").read_text())["version"] == "2.1.0"
    assert "\x1b" not in Path("out").read_text()
    assert Path("out.json").read_bytes() == wanted


def test_suppressions() -> None:
    write("zero.yaml", ZERO.replace("spec:", f"# esolint: ignore[{ID}] seeded\nspec:"))

    assert found() == []
    assert check().exit_code == 0
    assert found("--no-suppressions") == [ID]
    assert check("--no-suppressions").exit_code == 1
    run = check("--show-suppressed", "--output-format", "json")
    assert run.exit_code == 0
    assert json.loads(run.stdout)["findings"][0]["suppressed"] == {
        "by": "comment",
        "reason": "seeded",
    }


def test_today() -> None:
    write("zero.yaml", ZERO.replace("spec:", f"# esolint: ignore[{ID}] until=2026-03-31\nspec:"))

    assert found("--today", "2026-03-31") == []
    assert sorted(found("--today", "2026-04-01")) == ["expired-suppression", ID]


def test_statistics_and_quiet() -> None:
    write("zero.yaml", ZERO)

    assert f"\n1  {ID}\n" in check("--statistics").stdout
    quiet = check("--quiet").stdout
    assert "why:" not in quiet
    assert "Found" not in quiet
    assert f"warning[{ID}]" in quiet


def test_color(monkeypatch: pytest.MonkeyPatch) -> None:
    write("zero.yaml", ZERO)

    assert "\x1b[" not in check().stdout
    assert "\x1b[" in check("--color", "always").stdout
    assert "\x1b[" not in check("--color", "never").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" in check("--color", "always").stdout


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
@pytest.mark.parametrize(
    ("variables", "colored"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_color_on_a_terminal(variables: dict[str, str], colored: bool) -> None:
    write("zero.yaml", ZERO)
    mine, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm", **variables}
    run = subprocess.Popen([*COMMAND, "check", "--quiet"], stdout=theirs, env=environment)
    run.wait(timeout=30)
    os.close(theirs)
    output = os.read(mine, 10_000)
    os.close(mine)

    assert (b"\x1b[" in output) == colored
    assert ID.encode() in output


def test_the_format_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    write("zero.yaml", ZERO)
    monkeypatch.setenv("ESOLINT_OUTPUT_FORMAT", "json")

    assert json.loads(check().stdout)["version"] == 1
    assert check("--output-format", "concise").stdout.startswith("zero.yaml:")


# Configuration


def test_the_command_line_goes_before_the_configuration() -> None:
    write("zero.yaml", ZERO)
    write("esolint.yaml", "select: [unknown-kind]\nignore: [unknown-field]\nfail-on: error")

    assert found() == []
    assert found("--select", ID) == [ID]
    assert check("--select", ID).exit_code == 0
    assert check("--select", ID, "--fail-on", "warning").exit_code == 1
    assert found("--isolated") == [ID]
    assert found("--select", f"{ID},unknown-field", "--ignore", ID) == []


def test_a_configuration_is_found_up_to_the_root_and_not_above(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("esolint.yaml", f"ignore: [{ID}]")
    write("repo/apps/zero.yaml", ZERO)

    assert found("repo/apps") == []
    write("repo/.git", "gitdir: elsewhere")
    assert found("repo/apps") == [ID]
    write("repo/pyproject.toml", f"[tool.esolint]\nignore = ['{ID}']")
    assert found("repo/apps") == []
    assert found("repo/apps", "--config", "esolint.yaml") == []
    monkeypatch.chdir(folder / "repo" / "apps")
    assert found() == []


def test_strict_inputs_and_exclusions_of_the_configuration() -> None:
    write("apps/zero.yaml", ZERO)
    write("apps/esolint.yaml", "strict-inputs: true\nexclude: ['/zero.yaml']")
    run = check("apps")

    assert run.exit_code == 4
    assert "no ESO object in 1 file of apps" in run.stderr


# The process


def test_a_reader_that_has_seen_enough() -> None:
    for i in range(50):
        write(f"{i}.yaml", ZERO.replace("db", f"db-{i}", 1))
    for command in (["check", "--output-format", "concise"], ["rules"], ["explain", ID]):
        script = '"$@" | head -1; exit "${PIPESTATUS[0]}"'
        run = subprocess.run(
            ["bash", "-c", script, "-", *COMMAND, *command], capture_output=True, text=True
        )
        assert run.stderr == ""
        assert run.returncode == (1 if command[0] == "check" else 0)
        assert run.stdout.count("\n") == 1


def test_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("esolint.cli.check.run", interrupt)
    run = check()

    assert run.exit_code == 130
    assert run.output == ""


@pytest.mark.skipif(os.name == "nt", reason="sends a signal")
def test_an_interruption_while_standard_input_is_open() -> None:
    run = subprocess.Popen(
        [*COMMAND, "check", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(0.5)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=30)

    assert run.returncode == 130
    assert errors == ""


def test_help_names_every_option() -> None:
    text = check("--help").stdout

    options = (
        "select ignore profile min-confidence fail-on literal context-root exclude force-exclude"
        " config isolated output-format report no-suppressions show-suppressed strict-inputs"
        " today statistics quiet color stdin-filename"
    )
    for option in options.split(" "):
        assert re.search(rf"--{option}\b", text), option


CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: externalsecrets.external-secrets.io}
spec:
  group: external-secrets.io
  names: {kind: ExternalSecret}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties: {only: {type: string}}
              x-kubernetes-validations:
                - {rule: "self.only != 'this'", message: not this}
"""
OTHER = """\
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: others.example.com}
spec: {group: example.com, names: {kind: Other}, scope: Cluster, versions: []}
"""
OWN = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a}\n"


def test_own_crds_take_the_place_of_the_schemas(tmp_path: Path) -> None:
    tmp_path.joinpath("crds.yaml").write_text(CRD + OTHER, encoding="utf-8")
    folder = tmp_path / "manifests"
    folder.mkdir()
    folder.joinpath("unknown.yaml").write_text(OWN + "spec: {target: {}}\n", "utf-8")
    folder.joinpath("rule.yaml").write_text(OWN + "spec: {only: this}\n", "utf-8")
    lean = tmp_path / "lean.json"
    made = CliRunner().invoke(
        main, ["schemas", "import", str(tmp_path / "crds.yaml"), "-o", str(lean)]
    )
    assert (made.exit_code, "Other of example.com" in made.stderr) == (0, True)

    for crds in (tmp_path / "crds.yaml", lean):
        command = ["check", str(folder), "--crds", str(crds), "--output-format", "concise"]
        found = CliRunner().invoke(main, [*command, "--select", "topic:api"])
        assert "unknown-field" in found.stdout
        assert "schema-rule-violated] not this" in found.stdout


def test_a_broken_crd_is_named_with_its_line(tmp_path: Path) -> None:
    tmp_path.joinpath("crds.yaml").write_text(CRD.replace("!= 'this'", "!="), encoding="utf-8")
    tmp_path.joinpath("none.yaml").write_text(OWN, encoding="utf-8")
    for name, line in (("crds.yaml", ":20"), ("none.yaml", "")):
        command = ["check", str(tmp_path), "--crds", str(tmp_path / name)]
        found = CliRunner().invoke(main, command)
        assert found.exit_code == 2
        assert f"{name}{line}: " in found.stderr


def test_the_schemas_are_listed() -> None:
    listed = CliRunner().invoke(main, ["schemas", "list"])
    assert listed.exit_code == 0
    assert "2.9" in listed.stdout.splitlines()[0]
    assert "ClusterSecretStore" in listed.stdout
