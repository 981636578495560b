from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest

from esolint import data

ROOT = Path(__file__).resolve().parents[1]


def test_a_checkout_is_read_where_it_stands() -> None:
    assert data.rules_dir() == str(ROOT / "rules")
    assert data.schemas_dir() == str(ROOT / "crd-schemas")
    assert data.rule_index() is None
    assert data.rule_prose() is None


def test_a_checkout_holds_no_packed_data() -> None:
    # It would go before rules/ and hide every later change there.
    assert not (ROOT / "esolint" / "_data").exists()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package like an installed one, beside a `rules` folder that is somebody else's."""
    package = tmp_path / "site-packages" / "esolint"
    (package / "_data").mkdir(parents=True)
    (tmp_path / "site-packages" / "rules").mkdir()
    shutil.copy(data.__file__, package / "data.py")
    return package


def test_an_installed_package_reads_what_it_carries(package: Path) -> None:
    installed = runpy.run_path(str(package / "data.py"))

    assert installed["rules_dir"]() == str(package / "_data" / "rules")
    assert installed["schemas_dir"]() == str(package / "_data" / "crd-schemas")
    assert installed["rule_index"]() == str(package / "_data" / "rules.json")
    assert installed["rule_prose"]() == str(package / "_data" / "prose.json")
