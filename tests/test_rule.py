from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from esolint import data
from esolint.rule import build_index, load_rules, prose, read_rule_text, rule_file
from esolint.rule_file import RuleFile, index

RULE = """\
id: bad-thing
title: A bad thing
severity: warning
confidence: high
layer: policy
profile: default
since: "0.1.0"
kinds:
  ExternalSecret: spec
what: Reports it.
why: It is bad.
fix: Leave it.
references:
  - https://example.org/
options:
  depth:
    type: integer
    default: 3
    what: How deep.
cases:
  worse:
    layer: runtime
    severity: error
    confidence: medium
    why: It is worse.
check:
  python: sync.bad_thing
bad:
  - name: one
    yaml: "a: 1  # finding"
good:
  - name: two
    files: {a.yaml: "a: 2"}
"""


def test_rules_are_read_with_everything_but_their_prose() -> None:
    rules = load_rules()
    rule = rules["cluster-store-ref-namespace"]

    assert list(rules) == sorted(rules)
    assert rule.topic == "refs"
    assert rule.kinds == {"ClusterSecretStore": ("spec",)}
    assert rule.cases
    assert set(prose(rule.id).case_whys) == set(rule.cases)


def test_prose_of_an_unknown_rule() -> None:
    with pytest.raises(KeyError):
        prose("nothing")


def test_the_index_of_a_wheel_holds_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = dict(load_rules()), {rule_id: prose(rule_id) for rule_id in load_rules()}
    for name, content in build_index(data.rules_dir()).items():
        tmp_path.joinpath(name).write_bytes(content)
    monkeypatch.setattr(data, "rule_index", lambda: str(tmp_path / "rules.json"))
    monkeypatch.setattr(data, "rule_prose", lambda: str(tmp_path / "prose.json"))
    for cached in (load_rules, prose.__globals__["_all_prose"]):
        cached.cache_clear()
    try:
        assert (dict(load_rules()), {rule_id: prose(rule_id) for rule_id in load_rules()}) == wanted
    finally:
        monkeypatch.undo()
        for cached in (load_rules, prose.__globals__["_all_prose"]):
            cached.cache_clear()


def test_the_index_is_the_same_for_the_same_rules() -> None:
    assert build_index(data.rules_dir()) == build_index(data.rules_dir())
    assert "bad" not in json.loads(build_index(data.rules_dir())["rules.json"])[0]


@pytest.mark.parametrize("text", ["", "[]", "a: 1\n---\nb: 2", "a: ["])
def test_what_is_no_rule_file(text: str) -> None:
    with pytest.raises(ValueError, match=r"x\.yaml: "):
        read_rule_text(text, "x.yaml")


def test_where_a_rule_stands() -> None:
    assert Path(rule_file("unknown-kind")).parts[-2:] == ("api", "unknown-kind.yaml")


# The shape of a rule file


def shape(text: str) -> RuleFile:
    return RuleFile.model_validate(read_rule_text(text, "x.yaml"))


def test_a_sound_rule_file() -> None:
    rule = shape(RULE)

    assert rule.check.scope == "resource"  # type: ignore[union-attr]
    assert rule.options["depth"].default == 3


UNSOUND = [
    ("id: bad-thing", "id: Bad_thing"),
    ("title: A bad thing", "title: A bad thing."),
    ("severity: warning", "severity: warn"),
    ("layer: policy", "layer: cluster"),
    ('since: "0.1.0"', "since: 0.1"),
    ("what: Reports it.", "what: Reports it"),
    ("why: It is worse.", "why: worse"),
    ("https://example.org/", "example.org"),
    ("depth:", "max-depth:"),
    ("type: integer", "type: int"),
    ("python: sync.bad_thing", "python: os.path.join"),
    ("python: sync.bad_thing", "python: sync.bad_thing\n  scope: cluster"),
    ("python: sync.bad_thing", "python: sync.bad_thing\n  builtin: schema"),
    ("python: sync.bad_thing", "builtin: magic"),
    ("python: sync.bad_thing", "cel: 'true'"),
    ("python: sync.bad_thing", "cel: 'true'\n  message: It is bad."),
    ("files: {a.yaml: ", "fils: {a.yaml: "),
    ('files: {a.yaml: "a: 2"}', "findings: []"),
    ('files: {a.yaml: "a: 2"}', 'files: {}\n    yaml: ""'),
    ("good:", "goodd:"),
]


@pytest.mark.parametrize(("sound", "unsound"), UNSOUND)
def test_an_unsound_rule_file(sound: str, unsound: str) -> None:
    assert RULE.count(sound) == 1
    with pytest.raises(ValidationError):
        shape(RULE.replace(sound, unsound))


def test_the_index_lists_each_rule_under_its_topic() -> None:
    rule = load_rules()["unknown-kind"]
    text = index([rule._replace(id="b", title="x | y"), rule._replace(id="a", topic="sync")])

    assert "## api" in text
    assert f"| [b](api/b.yaml) | x \\| y | {rule.severity} | admission | default |" in text
    assert text.index("## api") < text.index("## sync") < text.index("[a](sync/a.yaml)")
