from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from esolint import __version__
from esolint.cli import main
from esolint.rule import load_rules, prose


def test_every_rule_can_be_explained() -> None:
    for rule in load_rules().values():
        run = CliRunner().invoke(main, ["explain", rule.id])

        assert run.exit_code == 0
        assert run.stdout.startswith(f"{rule.id}: {rule.title}\n")
        assert max(len(line) for line in run.stdout.split("\n")[:6]) <= 110
        told = " ".join(run.stdout.split())
        words = prose(rule.id)
        for text in (words.what, words.why, words.fix, *words.case_whys.values()):
            assert " ".join(text.split()) in told


def test_an_explanation_shows_both_sides() -> None:
    text = CliRunner().invoke(main, ["explain", "refresh-interval-zero"]).stdout

    for heading in ("What\n", "Why\n", "Fix\n", "Reported: ", "Not reported: ", "References\n"):
        assert heading in text
    assert "# finding" not in text


def test_a_former_name_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = dict(load_rules())
    rule = rules["refresh-interval-zero"]
    rules[rule.id] = rule._replace(aliases=("never-refreshed",))
    monkeypatch.setattr("esolint.cli.explain.load_rules", lambda: rules)

    run = CliRunner().invoke(main, ["explain", "never-refreshed"])
    assert run.stdout.startswith("refresh-interval-zero: ")


def test_an_unknown_rule() -> None:
    run = CliRunner().invoke(main, ["explain", "refresh-interval-zer0"])

    assert run.exit_code == 2
    assert run.stdout == ""
    assert run.stderr == (
        'esolint: there is no rule "refresh-interval-zer0", did you mean "refresh-interval-zero"?\n'
    )


def test_the_list_of_rules() -> None:
    text = CliRunner().invoke(main, ["rules"]).stdout
    listing = json.loads(CliRunner().invoke(main, ["rules", "--output-format", "json"]).stdout)

    assert {entry["id"] for entry in listing} == set(load_rules())
    assert all(f"  {rule_id} " in text for rule_id in load_rules())


def test_the_version() -> None:
    run = CliRunner().invoke(main, ["--version"], prog_name="esolint")
    assert run.stdout == f"esolint {__version__}\n"
