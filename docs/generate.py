"""Writes what is made from other files: the index of the rules and the published schemas.

The tests compare. `docs/report.schema.json` is written by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from esolint import config_file, rule_file
from esolint.rule import load_rules

ROOT = Path(__file__).resolve().parents[1]


def generated() -> Iterator[tuple[Path, str]]:
    """Yield each file with what it has to hold."""
    yield ROOT / "rules" / "README.md", rule_file.index(load_rules().values())
    yield ROOT / "rules" / "rule.schema.json", rule_file.json_schema()
    yield ROOT / "docs" / "config.schema.json", config_file.json_schema()


if __name__ == "__main__":
    for path, content in generated():
        path.write_text(content, encoding="utf-8", newline="\n")
