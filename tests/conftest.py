from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]

# The same examples on every run: what fails in CI fails on the next machine as well.
settings.register_profile(
    "esolint",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("esolint")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--judge", action="store_true", help="append findings on the corpus to judgements.jsonl"
    )
    parser.addoption(
        "--update-golden", action="store_true", help="write what esolint prints to fixtures/golden"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the shares that tests measure, of workers too: `record_property("share", text)`."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                if name == "share":
                    terminalreporter.write_line(str(value))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real manifests and recorded verdicts; a user's clone has none."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(
            "needs ../shared, the corpus and the recorded verdicts, which a clone does not have"
        )
    return folder
