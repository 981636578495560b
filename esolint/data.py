"""Where rules/ and crd-schemas/ stand: inside an installed package, or in the checkout."""

from __future__ import annotations

import os.path

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_PACKED = os.path.join(_PACKAGE, "_data")
# The packed data goes first: beside an installed package, `rules` may be anybody's folder.
_ROOT = _PACKED if os.path.isdir(_PACKED) else os.path.dirname(_PACKAGE)


def rules_dir() -> str:
    """Return the folder of the rule files, one YAML file each in a folder per topic."""
    return os.path.join(_ROOT, "rules")


def schemas_dir() -> str:
    """Return the folder of ESO's schemas: an index, and a file per kind and apiVersion."""
    return os.path.join(_ROOT, "crd-schemas")


def rule_index() -> str | None:
    """Return the file that holds every rule in one, or None in a checkout, which has none."""
    return _packed("rules.json")


def rule_prose() -> str | None:
    """Return the file with what, why and fix of every rule, or None in a checkout."""
    return _packed("prose.json")


def _packed(name: str) -> str | None:
    return os.path.join(_PACKED, name) if _ROOT is _PACKED else None
