from __future__ import annotations

import re

from report_samples import BOOK, diagnostic, given_any_result, result

from esolint.diagnostic import Place, ResourceId, Result, Span
from esolint.report import Options, render, shown

COMMAND = re.compile(r"::(error|warning|notice) ((?:[a-zA-Z]+=[^,:\r\n]*,?)+)::([^\r\n]*)")


def read(any_result: Result) -> list[str]:
    return "".join(render("github", any_result, BOOK, Options(quiet=True))).split("\n")[:-1]


def test_a_finding_is_a_command_with_its_fix() -> None:
    assert read(result(diagnostic())) == [
        "::error file=apps/payments/externalsecret.yaml,line=12,col=11,endLine=12,endColumn=21,"
        "title=esolint(store-not-found)::"
        'ExternalSecret "db-creds" refers to ClusterSecretStore "vault-prod", which no input '
        "defines (ExternalSecret payments/db-creds)%0AFix: Correct the name, or declare the "
        "store as external in the configuration."
    ]


def test_what_would_end_a_property_or_a_command_is_escaped() -> None:
    found = diagnostic(
        rule="no-such-rule",
        severity="info",
        message="100%\n::error::x",
        place=Place("a,b:c%.yaml", Span(3, 1, 5, 4)),
        resource=ResourceId("v1", "Secret", None, "x"),
    )
    assert read(result(found)) == [
        "::notice file=a%2Cb%3Ac%25.yaml,line=3,endLine=5,title=esolint(no-such-rule)::"
        "100%25\\n::error::x (Secret x)"
    ]


@given_any_result
def test_nothing_in_a_manifest_makes_another_command(any_result: Result) -> None:
    lines = read(any_result)
    assert len(lines) == len(shown(any_result, Options()))
    assert all(COMMAND.fullmatch(line) for line in lines)


def test_the_log_says_what_was_checked() -> None:
    written = "".join(render("github", result(), BOOK, Options()))
    assert written == "No problems in 214 files (38 ESO objects).\n"
