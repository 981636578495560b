"""The shape of a configuration file, checked by pydantic and published as a JSON Schema.

It is loaded only where there is such a file: pydantic costs more than a whole check.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from esolint.diagnostic import Confidence, Severity
from esolint.shape import Shape

Text = Annotated[str, StringConstraints(min_length=1)]


class SuppressionEntry(Shape):
    """Silences rules in files, of objects, or, where both are given, of objects in files."""

    rules: list[Text] = Field(min_length=1, description="Ids of the rules to silence.")
    paths: list[Text] = Field(default=[], description="Patterns as in .gitignore.")
    resources: list[Text] = Field(
        default=[],
        description="Kind/namespace/name, or Kind/name for an object without a namespace;"
        " * is a wildcard in each part.",
    )
    reason: Text = Field(description="Why the findings are accepted.")
    until: str | None = Field(default=None, description="The last day it holds: YYYY-MM-DD.")


class LimitsEntry(Shape):
    """What one input may cost. An input beyond a limit is skipped by name."""

    depth: int = Field(default=200, ge=10, le=1000)
    file_bytes: int = Field(default=10_000_000, ge=1)
    documents: int = Field(default=10_000, ge=1)
    alias_nodes: int = Field(default=100_000, ge=0)


class ConfigFile(Shape):
    """esolint.yaml, .esolint.yaml, or [tool.esolint] in pyproject.toml."""

    profile: Literal["default", "strict"] = "default"
    select: list[Text] = Field(default=[], description="Ids, topic:NAME, layer:NAME or ALL.")
    ignore: list[Text] = Field(default=[], description="Ids, topic:NAME or layer:NAME.")
    min_confidence: Confidence = "low"
    fail_on: Severity = "warning"
    exclude: list[Text] = Field(default=[], description="Patterns as in .gitignore.")
    external: list[Text] = Field(
        default=[], description="Stores that live elsewhere: name or Kind/name, with wildcards."
    )
    environments: dict[Text, list[Text]] = Field(
        default={},
        description="What lives on one cluster together: a name, and the folders of its entry"
        " points, overlays and manifests, as in .gitignore.",
    )
    strict_inputs: bool = False
    rules: dict[Text, dict[str, str | int | float | bool | list[str]]] = Field(
        default={}, description="Options of rules: id, then option, then value."
    )
    suppressions: list[SuppressionEntry] = Field(default=[])
    limits: LimitsEntry = LimitsEntry()


def json_schema() -> str:
    """Return docs/config.schema.json."""
    import json

    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ConfigFile.model_json_schema(),
    }
    return json.dumps(schema, indent=2) + "\n"
