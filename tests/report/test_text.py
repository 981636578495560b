from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import (
    BOOK,
    SAMPLE,
    diagnostic,
    excerpt,
    given_any_result,
    never_refreshed,
    result,
)

from esolint.diagnostic import (
    EnvironmentInfo,
    Excerpt,
    Place,
    Related,
    ResourceId,
    Result,
    Skip,
    Span,
    Suppressed,
)
from esolint.report import Options, render, shown
from esolint.report.text import fold


def read(any_result: Result, **options: bool) -> str:
    return "".join(render("text", any_result, BOOK, Options(**options)))


def frame(line: str, span: Span, number: int = 1) -> list[str]:
    """Return the lines between the place and the notes, without the gutter."""
    found = diagnostic(place=Place("a.yaml", span), excerpt=excerpt(number, line))
    lines = read(result(found)).split("\n   = why")[0].split("\n")[2:]
    return [re.sub(r"^ *\d* *\| ?", "", line) for line in lines if not re.match(r" *= ", line)]


def test_a_finding_with_a_related_place() -> None:
    related = Related(
        Place("platform/stores.yaml", Span(4, 9, 4, 25)),
        "did you mean this one?",
        excerpt(3, "metadata:\n  name: vault-production\nspec:"),
    )
    assert read(result(diagnostic(related=(related,)))) == (
        'error[store-not-found]: ExternalSecret "db-creds" refers to ClusterSecretStore '
        '"vault-prod", which no input defines\n'
        "  --> apps/payments/externalsecret.yaml:12:11   ExternalSecret payments/db-creds\n"
        "   |\n"
        "10 |   secretStoreRef:\n"
        "11 |     kind: ClusterSecretStore\n"
        "12 |     name: vault-prod\n"
        "   |           ^^^^^^^^^^\n"
        "   |\n"
        "  ::: platform/stores.yaml:4:9\n"
        "   |\n"
        " 4 |   name: vault-production\n"
        "   |         ---------------- did you mean this one?\n"
        "   |\n"
        "   = why:  The controller sets the condition Ready to False with "
        '"could not get ClusterSecretStore";\n'
        "           no Secret is written, and Pods that mount it do not start.\n"
        "   = fix:  Correct the name, or declare the store as external in the configuration.\n"
        "   = docs: esolint explain store-not-found\n"
        "\n"
        "Judged by ESO 2.9: clusters/prod/eso.yaml says so.\n"
        "\n"
        "Found 1 problem (1 error) in 214 files (38 ESO objects).\n"
    )


def test_the_same_finding_on_many_copies_is_one_section() -> None:
    written = read(result(*map(never_refreshed, range(6))))
    assert written.count("warning[refresh-interval-zero]") == 1
    assert (
        "  = also: apps/db/externalsecret.yaml:8:20   ExternalSecret apps/db\n"
        "          apps/mail/externalsecret.yaml:8:20   ExternalSecret apps/mail\n"
        "          apps/queue/externalsecret.yaml:8:20   ExternalSecret apps/queue\n"
        "          and 2 more; --output-format concise lists all\n"
    ) in written
    assert "Found 6 problems (6 warnings)" in written


def test_four_other_places_are_all_listed() -> None:
    written = read(result(*map(never_refreshed, range(5))))
    assert "apps/search/externalsecret.yaml" in written
    assert " more" not in written


def named(name: str, message: str, **changes: object) -> object:
    resource = ResourceId("external-secrets.io/v1", "ExternalSecret", "apps", name)
    return diagnostic(resource=resource, message=message, **changes)


@pytest.mark.parametrize(
    ("one", "other", "folded"),
    [
        (("a", 'ExternalSecret "a" uses "s"'), ("b", 'ExternalSecret "b" uses "s"'), True),
        (("a", "apps/a uses s.data[0]"), ("b", "apps/b uses s.data[7]"), True),
        (("a", "a.b is not a"), ("b", "a.b is not b"), True),
        (("a", 'ExternalSecret "a" uses "s"'), ("b", 'ExternalSecret "b" uses "t"'), False),
        (("a", "port 80"), ("b", "port 443"), False),
        (("a", "a-x uses s"), ("b", "b-x uses s"), False),
        (("a", "x"), ("b", "x", {"case": "other"}), False),
        (("a", "x"), ("b", "x", {"severity": "info"}), False),
        (("a", "x"), ("b", "x", {"suppressed": Suppressed("comment", "")}), False),
    ],
)
def test_only_what_says_the_same_is_folded(one: tuple, other: tuple, folded: bool) -> None:
    found = [
        named(name, message, **(changes[0] if changes else {}))
        for name, message, *changes in (one, other)
    ]
    assert len(fold(found)) == (1 if folded else 2)


@given_any_result
def test_folding_loses_nothing(any_result: Result) -> None:
    diagnostics = shown(any_result, Options(show_suppressed=True))
    folded = fold(diagnostics)
    assert sorted(map(repr, (found for group in folded for found in group))) == sorted(
        map(repr, diagnostics)
    )
    assert [group[0] for group in folded] == sorted(
        (group[0] for group in folded), key=diagnostics.index
    )


def test_why_and_fix_are_told_once_and_a_case_has_its_own_why() -> None:
    cases = [None, "parameter-store", None, "parameter-store", "without-a-why"]
    found = [
        diagnostic(rule="iam-wildcard-resource", case=case, message=f"message {number} x")
        for number, case in enumerate(cases)
    ]
    written = read(result(*found))
    assert re.findall(r"= (why|fix|docs): +(\w+ \w+)", written) == [
        ("why", "Whoever can"),
        ("fix", "Name the"),
        ("docs", "esolint explain"),
        ("why", "The parameters"),
    ]


def test_a_rule_that_is_not_in_the_book_has_no_advice() -> None:
    assert " = " not in read(result(diagnostic(rule="internal")))


def test_a_span_of_several_lines() -> None:
    text = "a: 1\n\nkey: |\n  one\n  two\n  three\n  four\n  five\n"
    found = diagnostic(place=Place("a.yaml", Span(3, 6, 9, 1)), excerpt=excerpt(1, text))
    assert (
        "  |\n1 | a: 1\n2 |\n3 | key: |\n  |      ^ to line 8\n4 |   one\n5 |   two\n  |\n"
    ) in read(result(found))


@pytest.mark.parametrize(
    ("line", "span", "code", "underline"),
    [
        ("name: vault\r", Span(1, 7, 1, 12), "name: vault", "      ^^^^^"),
        ("\tname: vault", Span(1, 8, 1, 13), "    name: vault", "          ^^^^^"),
        ("名前: 秘密", Span(1, 5, 1, 7), "名前: 秘密", "      ^^^^"),
        ("e\u0301: x", Span(1, 5, 1, 6), "e\u0301: x", "   ^"),
        ("a: \x1b[31mx", Span(1, 9, 1, 10), "a: \\x1b[31mx", "           ^"),
        ("a: \u202ex", Span(1, 4, 1, 6), "a: \\u202ex", "   ^^^^^^^"),
        ("a:", Span(1, 3, 1, 3), "a:", "  ^"),
        ("a: masked", Span(1, 30, 1, 40), "a: masked", "         ^"),
        ("", Span(1, 1, 1, 1), "", "^"),
    ],
)
def test_the_underline_stands_below_the_span(
    line: str, span: Span, code: str, underline: str
) -> None:
    assert frame(line, span)[1:3] == [code, underline]


@given(st.integers(0, 400), st.integers(1, 300), st.integers(0, 400))
def test_a_long_line_is_cropped_around_the_span(before: int, length: int, after: int) -> None:
    line = "a" * before + "X" * length + "z" * after
    code, underline = frame(line, Span(1, before + 1, 1, before + length + 1))[1:3]
    assert len(code) <= 106
    marked = code[len(underline) - len(underline.lstrip()) : len(underline)]
    assert set(marked) == {"X"}
    assert len(marked) == min(length, code.count("X"))
    assert code.replace("...", "") in line


def test_no_lines_no_frame() -> None:
    lines = read(result(diagnostic(excerpt=Excerpt(())))).splitlines()
    assert lines[2] == "  |"
    assert lines[3].startswith("  = why:")


def test_many_related_places_are_counted() -> None:
    related = Related(Place("b.yaml", Span(1, 1, 1, 2)), "here", Excerpt(()))
    written = read(result(diagnostic(related=(related,) * 7)))
    assert written.count("  ::: b.yaml:1:1: here\n") == 5
    assert "  ::: and 2 more places\n" in written


def test_environments_are_named_where_they_are_not_all() -> None:
    environments = tuple(EnvironmentInfo(name, None, "") for name in ("prod", "staging", "dev"))
    found = [
        named("a", "a fails", environments=("staging",)),
        named("b", "b fails", environments=("prod",)),
    ]
    assert "= in:   prod, staging\n" in read(result(*found, environments=environments))
    everywhere = named("a", "a fails", environments=("dev", "prod", "staging"))
    assert "= in:" not in read(result(everywhere, environments=environments))
    assert "= in:" not in read(result(diagnostic()))


def test_the_versions_of_an_upgrade_are_joined() -> None:
    versions = ("0.9", "0.10", "0.11", "2.8", "2.9")
    environments = tuple(EnvironmentInfo(f"ESO {v}", v, "") for v in versions)

    def named_in(*held: str) -> str:
        names = tuple(f"ESO {version}" for version in held)
        return read(result(named("a", "a fails", environments=names), environments=environments))

    assert "= in:   ESO 0.9 to 0.11, ESO 2.9\n" in named_in("0.9", "0.10", "0.11", "2.9")
    assert "= in:   ESO 0.10\n" in named_in("0.10")
    assert "= in:" not in named_in(*versions)
    assert "Judged by" not in named_in("0.10")


def test_less_than_high_confidence_and_suppressions_are_said() -> None:
    found = diagnostic(confidence="low", suppressed=Suppressed("comment", "known"))
    written = read(result(found), show_suppressed=True)
    assert "ExternalSecret payments/db-creds   (low confidence)\n" in written
    assert "   = note: suppressed by comment: known\n" in written
    assert "No problems in 214 files (38 ESO objects); 1 suppressed.\n" in written
    assert read(result(found)) == "No problems in 214 files (38 ESO objects); 1 suppressed.\n"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "No problems in 214 files (38 ESO objects)."),
        ({"files": 1, "eso_resources": 1}, "No problems in 1 file (1 ESO object)."),
        ({"files": 0, "eso_resources": 0}, "Nothing was checked: no file was read."),
        ({"eso_resources": 0}, "Nothing to report: no ESO object in 214 files (380 objects)."),
        ({"baselined": 4}, "No problems in 214 files (38 ESO objects); 4 baselined."),
        (
            {"crashed": True},
            "No problems in 214 files (38 ESO objects). A check crashed: findings may be missing.",
        ),
    ],
)
def test_silence_says_what_was_checked(changes: dict[str, object], line: str) -> None:
    assert read(result(**changes)) == f"{line}\n"


def test_what_was_skipped_is_listed_by_reason() -> None:
    written = read(SAMPLE)
    assert written.endswith(
        "skipped, templated (7 inputs):\n"
        "  charts/a/templates/es.yaml:3   a Helm template\n"
        "  charts/b/templates/es.yaml:3   a Helm template\n"
        "  charts/c/templates/es.yaml:3   a Helm template\n"
        "  and 4 more; --output-format json lists all\n"
        "\n"
        "skipped, sops (1 input):\n"
        "  apps/web/secret.sops.yaml   encrypted values are not read\n"
        "\n"
        "Found 9 problems (2 errors, 6 warnings, 1 info) in 214 files (38 ESO objects); "
        "1 suppressed, 4 baselined, 8 inputs skipped (7 templated, 1 sops).\n"
    )
    only = result(skipped=(Skip("a.yaml", None, "sops", ""),))
    assert read(only) == (
        "skipped, sops (1 input):\n  a.yaml\n\n"
        "No problems in 214 files (38 ESO objects); 1 input skipped (sops).\n"
    )


def test_quiet_keeps_the_findings_alone() -> None:
    assert read(result(), quiet=True) == ""
    assert read(result(*map(never_refreshed, range(2))), quiet=True) == (
        'warning[refresh-interval-zero]: ExternalSecret "cache" is fetched once: refreshInterval '
        "is 0\n"
        " --> apps/cache/externalsecret.yaml:8:20   ExternalSecret apps/cache\n"
        "     apps/db/externalsecret.yaml:8:20   ExternalSecret apps/db\n"
    )


def test_statistics_count_every_copy() -> None:
    written = read(SAMPLE, statistics=True)
    assert "\n6  refresh-interval-zero\n1  iam-wildcard-resource\n" in written


@given_any_result
def test_colour_changes_nothing_but_colour(any_result: Result) -> None:
    colored = read(any_result, color=True)
    assert re.sub(r"\x1b\[[\d;]+m", "", colored) == read(any_result)
