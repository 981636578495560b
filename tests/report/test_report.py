from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from report_samples import BOOK, SAMPLE, diagnostic, given_any_result, result

from esolint import report
from esolint.diagnostic import Result, Suppressed
from esolint.report import FORMATS, Options


@given_any_result
def test_every_format_takes_any_result_and_utf8_can_hold_it(any_result: Result) -> None:
    for name in FORMATS:
        for options in (
            Options(),
            Options(show_suppressed=True, color=True, statistics=True, source=lambda path: b"a"),
            Options(quiet=True),
        ):
            written = "".join(report.render(name, any_result, BOOK, options))
            assert written.encode() or options.quiet
            assert not written or written.endswith("\n")


@given_any_result
def test_no_character_of_a_manifest_controls_the_terminal(any_result: Result) -> None:
    options = Options(show_suppressed=True, statistics=True)
    for name in ("text", "concise", "github"):
        written = "".join(report.render(name, any_result, BOOK, options))
        assert all(line.isprintable() for line in written.split("\n"))


@pytest.mark.parametrize("name", ["yaml", "", "wording", "linehash", "../text"])
def test_a_name_that_is_no_format_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no such format"):
        report.render(name, SAMPLE, BOOK, Options())


@pytest.mark.parametrize("name", FORMATS)
def test_same_bytes_for_any_locale_and_hash_seed(name: str) -> None:
    program = (
        "import sys; from report_samples import BOOK, SAMPLE; from esolint.report import *; "
        f"text = ''.join(render({name!r}, SAMPLE, BOOK, Options(True, True, False, True)));"
        "sys.stdout.buffer.write(text.encode())"
    )
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here), str(here.parents[1])])
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": seed, "LC_ALL": locale},
            check=True,
            capture_output=True,
        ).stdout
        for seed, locale in (("1", "C"), ("2", "C.UTF-8"))
    }
    assert len(outputs) == 1


def test_only_sarif_costs_the_libraries_of_sarif() -> None:
    program = (
        "import sys; from report_samples import BOOK, SAMPLE; from esolint.report import *\n"
        "loaded = set(sys.modules)\n"
        "for name in FORMATS:\n"
        "    if name != 'sarif': ''.join(render(name, SAMPLE, BOOK, Options()))\n"
        "print(*sorted(set(sys.modules) - loaded))"
    )
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here), str(here.parents[1])])
    loaded = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": paths},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert "esolint.report.text" in loaded
    assert not {"sarif_om", "esolint.report.sarif", "urllib.parse"} & set(loaded)


def test_every_module_is_a_format_or_serves_them() -> None:
    modules = {path.stem for path in Path(str(report.__file__)).parent.glob("*.py")}
    assert modules == {*FORMATS, "__init__", "context", "wording", "linehash"}


def test_suppressed_ones_count_and_show_only_when_asked_for() -> None:
    hidden = diagnostic(suppressed=Suppressed("comment", "known"))
    both = result(hidden, diagnostic(severity="info"))
    assert report.count(both) == (0, 0, 1, 1)
    assert report.shown(both, Options()) == [both.diagnostics[1]]
    assert report.shown(both, Options(show_suppressed=True)) == [*both.diagnostics]
