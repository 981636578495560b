from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from esolint import config_file
from esolint.config import ConfigError, Settings, active_rules, find, load
from esolint.diagnostic import Diagnostic, Excerpt, Place, ResourceId, Span
from esolint.rule import Option, Rule, load_rules
from esolint.source import Limits

ROOT = Path(__file__).resolve().parents[1]


def with_options() -> dict[str, Rule]:
    rules = dict(load_rules())
    what = "What it is."
    options = {
        "name": Option("string", "x", what),
        "count": Option("integer", 1, what),
        "share": Option("number", 0.5, what),
        "loud": Option("boolean", False, what),
        "least": Option("duration", "1h", what),
        "names": Option("string-list", [], what),
    }
    rule = rules["refresh-interval-zero"]
    rules[rule.id] = rule._replace(options=options, aliases=("never-refreshed",))
    rules["unset"] = rule._replace(id="unset", profile="off", options={"limit": options["count"]})
    rules["strict"] = rule._replace(id="strict", profile="strict", options={})
    return rules


RULES = with_options()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(folder: Path, text: str, name: str = "esolint.yaml") -> Settings:
    folder.joinpath(name).write_text(text, encoding="utf-8")
    return load(name, RULES, ".")


def refused(folder: Path, text: str, name: str = "esolint.yaml") -> str:
    with pytest.raises(ConfigError) as caught:
        settings(folder, text, name)
    return str(caught.value)


# Which file


def test_the_nearest_file_up_to_the_root(folder: Path) -> None:
    deep = folder / "root" / "a" / "b"
    deep.mkdir(parents=True)
    root = folder / "root"
    folder.joinpath("esolint.yaml").touch()

    assert find(str(deep), str(root)) == (None, [])
    root.joinpath("esolint.yaml").touch()
    assert find(str(deep), str(root)) == (str(root / "esolint.yaml"), [])
    assert find(str(deep / "x.yaml"), str(root)) == (str(root / "esolint.yaml"), [])
    deep.parent.joinpath(".esolint.yaml").touch()
    assert find(str(deep), str(root))[0] == str(deep.parent / ".esolint.yaml")
    deep.joinpath("pyproject.toml").write_text("[tool.other]\n")
    assert find(str(deep), str(root))[0] == str(deep.parent / ".esolint.yaml")
    deep.joinpath("pyproject.toml").write_text("[tool.esolint]\n")
    assert find(str(deep), str(root))[0] == str(deep / "pyproject.toml")


def test_files_that_look_like_a_configuration(folder: Path) -> None:
    for name in ("esolint.yml", ".esolint.yml"):
        folder.joinpath(name).touch()

    assert find(".", ".") == (None, [str(folder / "esolint.yml"), str(folder / ".esolint.yml")])


# What it says

EVERYTHING = """\
profile: strict
select: [topic:sync, never-refreshed]
ignore: [layer:admission]
min-confidence: high
fail-on: error
exclude: ["*.gen.yaml"]
external: [ClusterSecretStore/*]
strict-inputs: true
rules:
  refresh-interval-zero:
    {name: z, count: 2, share: 1, loud: true, least: 5m, names: [a]}
limits: {depth: 20, file-bytes: 5, documents: 6, alias-nodes: 7}
"""
IN_TOML = """\
[tool.esolint]
profile = "strict"
select = ["topic:sync", "never-refreshed"]
ignore = ["layer:admission"]
min-confidence = "high"
fail-on = "error"
exclude = ["*.gen.yaml"]
external = ["ClusterSecretStore/*"]
strict-inputs = true
limits = {depth = 20, file-bytes = 5, documents = 6, alias-nodes = 7}
[tool.esolint.rules.refresh-interval-zero]
name = "z"
count = 2
share = 1
loud = true
least = "5m"
names = ["a"]
"""


@pytest.mark.parametrize(
    ("name", "text"), [("esolint.yaml", EVERYTHING), ("pyproject.toml", IN_TOML)]
)
def test_everything_that_can_be_set(folder: Path, name: str, text: str) -> None:
    assert settings(folder, text, name) == Settings(
        profile="strict",
        select=("topic:sync", "never-refreshed"),
        ignore=("layer:admission",),
        min_confidence="high",
        fail_on="error",
        exclude=("*.gen.yaml",),
        external=("ClusterSecretStore/*",),
        strict_inputs=True,
        options={
            "refresh-interval-zero": {
                "name": "z",
                "count": 2,
                "share": 1,
                "loud": True,
                "least": "5m",
                "names": ["a"],
            }
        },
        limits=Limits(20, 5, 6, 7),
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "{}"])
def test_nothing_said_is_the_default(folder: Path, text: str) -> None:
    assert settings(folder, text) == Settings()


@pytest.mark.parametrize("text", ["", "[tool]\n", "tool = 1\n", "[tool.other]\n"])
def test_a_pyproject_without_our_table(folder: Path, text: str) -> None:
    assert settings(folder, text, "pyproject.toml") == Settings()


REFUSED = [
    ("profil: x", ':1:1: "profil" is no setting, did you mean "profile"?'),
    ("\nfail_on: error", ':2:1: "fail_on" is no setting, did you mean "fail-on"?'),
    ("plugins: [x.py]", ':1:1: "plugins" is no setting'),
    ("limits: {dept: 1}", ':1:10: "limits.dept" is no setting, did you mean "depth"?'),
    ("limits: {depth: 1}", ":1:10: limits.depth: input should be greater than or equal to 10"),
    ("limits: [1]", ":1:1: limits wants a mapping"),
    ("[1]", ":1:1: the configuration wants a mapping"),
    (
        "profile: strickt",
        ':1:1: profile: "strickt" is none of default, strict, did you mean "strict"?',
    ),
    ("select: topic:sync", ":1:1: select: input should be a valid list"),
    ("select: [ALL,\n  topic:synk]", ':2:3: there is no topic "synk", did you mean "sync"?'),
    ("ignore: [layer:admision]", ':1:10: there is no layer "admision", did you mean "admission"?'),
    (
        "ignore: [refresh-interval-zeros]",
        ':1:10: there is no rule "refresh-interval-zeros", did you mean "refresh-interval-zero"?',
    ),
    ("rules: {unsett: {}}", ':1:9: there is no rule "unsett", did you mean "unset"?'),
    ("rules: {unset: {limits: 1}}", ':1:17: unset has no option "limits", did you mean "limit"?'),
    ("rules: {unset: {limit: true}}", ":1:17: limit of unset wants a value of type integer"),
    ("rules: {unset: {limit: '1'}}", ":1:17: limit of unset wants a value of type integer"),
    (
        "rules: {never-refreshed: {loud: 1}}",
        ":1:27: loud of never-refreshed wants a value of type boolean",
    ),
    (
        "rules: {never-refreshed: {least: 5}}",
        ":1:27: least of never-refreshed wants a value of type duration",
    ),
    (
        "rules: {never-refreshed: {least: 5d}}",
        ":1:27: least of never-refreshed wants a value of type duration",
    ),
    ("rules: {never-refreshed: {names: [1]}}", ":1:27: rules.never-refreshed.names"),
    ("suppressions: [{paths: [a], reason: b}]", ":1:16: suppressions[0].rules is missing"),
    ("suppressions: [{rules: [a], paths: [a]}]", ":1:16: suppressions[0].reason is missing"),
    (
        "suppressions: [{rules: [a], path: [a], reason: b}]",
        ':1:29: "suppressions[0].path" is no setting, did you mean "paths"?',
    ),
    (
        "suppressions: [{rules: [a], resources: [db], reason: b}]",
        ':1:41: "db" is not of the form Kind/namespace/name',
    ),
    ("profile: strict\nprofile: default", ':2:1: "profile" is given twice'),
    ("a: [", ":"),
    ("profile: strict\n---\nprofile: strict", ":2: one document is wanted"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_cannot_be_used_is_named_with_its_place(folder: Path, text: str, message: str) -> None:
    assert refused(folder, text).startswith(f"esolint.yaml{message}")


def test_what_cannot_be_used_in_toml(folder: Path) -> None:
    assert refused(folder, "[tool.esolint]\nprofil = 1", "pyproject.toml") == (
        'pyproject.toml: "profil" is no setting, did you mean "profile"?'
    )
    assert refused(folder, "[tool.esolint", "pyproject.toml").startswith("pyproject.toml: ")
    assert refused(folder, "[tool]\nesolint = 3", "pyproject.toml") == (
        "pyproject.toml: the configuration wants a mapping"
    )


def test_a_file_that_cannot_be_read(folder: Path) -> None:
    folder.joinpath("latin.yaml").write_bytes(b"profile: \xff")
    for name in ("latin.yaml", "."):
        with pytest.raises(ConfigError, match="cannot be read"):
            load(name, RULES, ".")


@pytest.mark.parametrize(
    ("pattern", "moved"),
    [
        ("*.yaml", "/apps/**/*.yaml"),
        ("gen/", "/apps/**/gen/"),
        ("/gen", "/apps/gen"),
        ("a/b.yaml", "/apps/a/b.yaml"),
        ("!keep.yaml", "!/apps/**/keep.yaml"),
        ("**/x", "/apps/**/x"),
    ],
)
def test_patterns_belong_to_the_folder_of_their_file(
    folder: Path, pattern: str, moved: str
) -> None:
    folder.joinpath("apps").mkdir()
    path = folder / "apps" / "esolint.yaml"
    path.write_text(f"exclude: ['{pattern}']")

    assert load(str(path), RULES, ".").exclude == (moved,)
    assert load(str(path), RULES, "apps").exclude == (pattern,)


# Which rules


def chosen(**more: object) -> set[str]:
    arguments = {"select": [], "ignore": [], "profile": "default", "options": {}, **more}
    return {active.rule.id for active in active_rules(RULES, **arguments)}  # type: ignore[arg-type]


def test_the_rules_of_a_profile() -> None:
    assert "refresh-interval-zero" in chosen()
    assert chosen(profile="strict") - chosen() >= {"strict"}
    assert "unset" not in chosen(profile="strict")
    assert "unset" in chosen(options={"unset": {"limit": 3}})


def test_selectors() -> None:
    sync = {rule.id for rule in RULES.values() if rule.topic == "sync"}
    policy = {rule.id for rule in RULES.values() if rule.layer == "policy"}

    assert chosen(select=["ALL"]) == set(RULES)
    assert chosen(select=["topic:sync"]) == sync
    assert chosen(select=["unset", "never-refreshed"]) == {"unset", "refresh-interval-zero"}
    assert chosen(select=["layer:policy"], ignore=["topic:sync"]) == policy - sync
    assert chosen(ignore=["ALL"]) == set()


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("refresh-interval", 'there is no rule "refresh-interval", did you mean "refresh-interval'),
        ("topics:sync", 'there is no rule "topics:sync"'),
        ("topic:", 'there is no topic ""'),
        ("all", 'there is no rule "all"'),
    ],
)
def test_an_unknown_selector(selector: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        chosen(select=[selector])
    assert str(caught.value).startswith(message)


def test_the_options_of_a_rule() -> None:
    (active,) = active_rules(
        RULES,
        select=["unset"],
        ignore=[],
        profile="default",
        options={"unset": {"limit": 3}},
    )
    assert active.options == {"limit": 3}


# Suppressions


def diagnostic(path: str, resource: ResourceId | None) -> Diagnostic:
    return Diagnostic(
        rule="refresh-interval-zero",
        case=None,
        topic="sync",
        layer="policy",
        severity="warning",
        confidence="high",
        message="m",
        place=Place(path, Span(1, 1, 1, 2)),
        route=None,
        resource=resource,
        environments=(),
        related=(),
        excerpt=Excerpt(()),
        fingerprint="",
    )


def resource(kind: str, namespace: str | None, name: str) -> ResourceId:
    return ResourceId("external-secrets.io/v1", kind, namespace, name)


COVERED = [
    ("paths: ['legacy/']", "legacy/a.yaml", resource("ExternalSecret", "shop", "db"), True),
    ("paths: ['*.yaml', '!a.yaml']", "x/a.yaml", None, False),
    ("paths: ['legacy/**']", "other/a.yaml", None, False),
    ("paths: ['/a.yaml']", "x/a.yaml", None, False),
    ("paths: ['a.yaml']", "../a.yaml", None, False),
    ("resources: [ExternalSecret/shop/db]", "a", resource("ExternalSecret", "shop", "db"), True),
    ("resources: ['*/shop/d*']", "a", resource("ExternalSecret", "shop", "db"), True),
    ("resources: ['*/db']", "a", resource("ExternalSecret", "shop", "db"), False),
    ("resources: ['*/*']", "a", resource("ClusterSecretStore", None, "db"), True),
    ("resources: ['*/*/*']", "a", resource("ClusterSecretStore", None, "db"), False),
    ("resources: ['externalsecret/*/*']", "a", resource("ExternalSecret", "shop", "db"), False),
    ("resources: ['*/*/*']", "a", None, False),
    ("paths: [x/], resources: ['*/*/*']", "x/a", resource("ExternalSecret", "shop", "db"), True),
    ("paths: [y/], resources: ['*/*/*']", "x/a", resource("ExternalSecret", "shop", "db"), False),
]


@pytest.mark.parametrize(("where", "path", "subject", "covered"), COVERED)
def test_what_a_suppression_covers(
    folder: Path, where: str, path: str, subject: ResourceId | None, covered: bool
) -> None:
    text = f"suppressions:\n  - {{rules: [refresh-interval-zero], reason: why, {where}}}"
    (suppression,) = settings(folder, text).suppressions

    assert suppression.covers(diagnostic(path, subject)) == covered
    assert suppression.reason == "why"
    assert suppression.place == Place("esolint.yaml", Span(2, 5, 2, 5 + len(text.split("- ")[1])))


def test_when_a_suppression_ends(folder: Path) -> None:
    entry = "suppressions: [{rules: [x], paths: [x], reason: why, until: %s}]"

    (ends,) = settings(folder, entry % "2026-01-31").suppressions
    (faulty,) = settings(folder, entry % "tomorrow").suppressions
    (nowhere,) = settings(folder, "suppressions: [{rules: [x], reason: why}]").suppressions

    assert (ends.until, ends.fault) == ("2026-01-31", None)
    assert faulty.fault == '"until=tomorrow" is no date of the form YYYY-MM-DD'
    assert nowhere.fault == "the suppression names neither paths nor resources"
    assert nowhere.rules == ()


# The published schema


def test_the_schema_takes_what_can_be_set() -> None:
    schema = json.loads((ROOT / "docs" / "config.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    assert schema == json.loads(config_file.json_schema())
    assert validator.is_valid({"fail-on": "error", "limits": {"file-bytes": 3}})
    assert not validator.is_valid({"fail_on": "error"})
    assert not validator.is_valid({"suppressions": [{"rules": ["a"]}]})
