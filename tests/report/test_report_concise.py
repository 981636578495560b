from __future__ import annotations

import re

from report_samples import BOOK, SAMPLE, diagnostic, given_any_result, result

from esolint.diagnostic import Result, Suppressed
from esolint.report import Options, render, shown


def test_one_line_a_finding_then_the_summary() -> None:
    written = "".join(render("concise", SAMPLE, BOOK, Options()))
    lines = written.splitlines()
    assert lines[0] == (
        "apps/payments/externalsecret.yaml:12:11: error[store-not-found] ExternalSecret "
        '"db-creds" refers to ClusterSecretStore "vault-prod", which no input defines '
        "(ExternalSecret payments/db-creds)"
    )
    assert lines[1] == (
        "iam/policy.json:1:143: error[iam-wildcard-resource] Statement 2 of the policy reads "
        "every secret of every account"
    )
    assert len(lines) == 10
    assert lines[-1].startswith("Found 9 problems")


@given_any_result
def test_a_finding_never_takes_two_lines(any_result: Result) -> None:
    options = Options(quiet=True, show_suppressed=True)
    lines = "".join(render("concise", any_result, BOOK, options)).split("\n")[:-1]
    assert len(lines) == len(shown(any_result, options))
    assert all(re.search(r":\d+:\d+: (error|warning|info)\[[\w-]+\] ", line) for line in lines)


def test_a_suppressed_one_says_so() -> None:
    found = diagnostic(suppressed=Suppressed("annotation", "known"))
    written = "".join(render("concise", result(found), BOOK, Options(True, quiet=True)))
    assert written.endswith(
        "(ExternalSecret payments/db-creds) [suppressed by annotation: known]\n"
    )


def test_statistics_stand_before_the_summary() -> None:
    lines = "".join(render("concise", SAMPLE, BOOK, Options(statistics=True))).splitlines()
    assert lines[9:13] == [
        "6  refresh-interval-zero",
        "1  iam-wildcard-resource",
        "1  store-not-found",
        "1  template-unreadable",
    ]
