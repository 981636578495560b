"""The shape of a rule file, published as rules/rule.schema.json, and the index of the rules.

Only the tests and who writes rules need it: rules that a wheel carries were checked before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from esolint.diagnostic import Confidence, Layer, Severity
from esolint.rule import Rule
from esolint.shape import Shape

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Line = Annotated[str, StringConstraints(pattern=r"^\S.*[^\s.]$")]
Sentences = Annotated[str, StringConstraints(pattern=r"^\S(.|\n)*\.\s*$")]
Url = Annotated[str, StringConstraints(pattern=r"^https://\S+$")]
Profile = Literal["default", "strict", "off"]
Needs = Literal["several", "beyond", "others", "stores", "kustomized", "deployed", "undeployed"]


class OptionEntry(Shape):
    """A setting of the rule: a keyword argument of its check."""

    type: Literal["string", "integer", "number", "boolean", "duration", "string-list"]
    default: str | int | float | bool | list[str] | None
    what: Sentences


class CaseEntry(Shape):
    """One of several things that the rule reports, with a weight of its own."""

    layer: Layer
    severity: Severity
    confidence: Confidence
    why: Sentences


Mentions = Annotated[
    list[Line],
    Field(
        description="Texts of which a manifest must hold one, else the check is not even loaded."
    ),
]


class CelCheck(Shape):
    """An expression over one object; it states what must hold."""

    cel: str
    message: Line = Field(description="May hold {kind}, {name} and {value}; no full stop.")
    at: str = Field(default="", description="Where to point, relative to the spec or the item.")
    each: str | None = Field(default=None, description="Route of a list whose items are judged.")
    mentions: Mentions = Field(default=[])


class PythonCheck(Shape):
    """A function of esolint/checks."""

    python: Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z_]+$")]
    scope: Literal["resource", "environment", "repository"] = "resource"
    patches: bool = Field(default=False, description="Whether it judges kustomize patches too.")
    needs: Needs | None = Field(
        default=None,
        description="What an environment must hold: two objects of the rule's kinds (several), one"
        " of no such kind (beyond), objects that are not ESO's (others), stores, what kustomize or"
        " a chart yields (kustomized), what Flux or Argo CD brings (deployed), or manifests that"
        " no kustomization lists (undeployed). Else the check is not even loaded.",
    )
    mentions: Mentions = Field(default=[])


class BuiltinCheck(Shape):
    """What the schemas, the suppressions or the engine report."""

    builtin: Literal["schema", "suppression", "engine"]


class ExpectedEntry(Shape):
    """A place that a bad example does not mark by a comment."""

    file: str = "manifest.yaml"
    line: int | None = None
    route: str | None = None
    case: Id | None = None


class ExampleEntry(Shape):
    """A manifest, or several files, that the tests run the rule over."""

    name: Line
    findings: list[ExpectedEntry] = Field(default=[])
    text: str | None = Field(default=None, description="What stands at the place of a finding.")
    options: dict[Name, str | int | float | bool | list[str]] = Field(default={})
    eso_version: str | None = None
    profile: Literal["default", "strict"] = "default"
    yaml: str | None = None
    files: dict[str, str] | None = None

    @model_validator(mode="after")
    def _has_one_content(self) -> ExampleEntry:
        if (self.yaml is None) == (self.files is None):
            raise ValueError("an example has either yaml or files")
        return self


class RuleFile(Shape):
    """A rule: rules/<topic>/<id>.yaml."""

    id: Id
    title: Line
    severity: Severity
    confidence: Confidence
    layer: Layer
    profile: Profile
    since: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
    aliases: list[Id] = Field(default=[], description="Names that the rule had before.")
    kinds: dict[str, str] = Field(
        default={}, description="Kinds that it looks at, with the route of their spec."
    )
    what: Sentences
    why: Sentences
    fix: Sentences
    references: list[Url]
    options: dict[Name, OptionEntry] = Field(default={})
    security_severity: Annotated[str, StringConstraints(pattern=r"^(\d\.\d|10\.0)$")] | None = None
    cases: dict[Id, CaseEntry] = Field(default={})
    check: CelCheck | PythonCheck | BuiltinCheck
    bad: list[ExampleEntry]
    good: list[ExampleEntry]


def json_schema() -> str:
    """Return rules/rule.schema.json."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **RuleFile.model_json_schema(),
    }
    return json.dumps(schema, indent=2) + "\n"


def index(rules: Iterable[Rule]) -> str:
    """Return rules/README.md: a table for each topic."""
    lines = ["# Rules", "", "Made from the files beside it by `docs/generate.py`."]
    topic = None
    for rule in sorted(rules, key=lambda rule: (rule.topic, rule.id)):
        if rule.topic != topic:
            topic = rule.topic
            lines += ["", f"## {topic}", "", "| id | title | severity | layer | profile |"]
            lines += ["|---|---|---|---|---|"]
        title = rule.title.replace("|", "\\|")
        link = f"[{rule.id}]({topic}/{rule.id}.yaml)"
        lines += [f"| {link} | {title} | {rule.severity} | {rule.layer} | {rule.profile} |"]
    return "\n".join(lines) + "\n"
