"""What a run reports: findings with their places, skipped inputs, and the whole result."""

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

from esolint.value import Route

Severity: TypeAlias = Literal["error", "warning", "info"]
Confidence: TypeAlias = Literal["high", "medium", "low"]
Layer: TypeAlias = Literal["admission", "runtime", "policy"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
CONFIDENCES: tuple[Confidence, ...] = ("high", "medium", "low")


class Span(NamedTuple):
    """Lines and columns from 1, in Unicode code points; the end column is one past the last."""

    line: int
    column: int
    end_line: int
    end_column: int


class Place(NamedTuple):
    """A span of a file. `path` is relative to the working directory, with `/`."""

    path: str
    span: Span


Lines: TypeAlias = tuple[tuple[int, str], ...]


class Excerpt:
    """The lines of a file around a place, secrets masked: (line number, text) pairs.

    Given as a function they are made when a report first asks for them: most never does.
    """

    __slots__ = ("_lines",)

    def __init__(self, lines: Lines | Callable[[], Lines]) -> None:
        self._lines = lines

    @property
    def lines(self) -> Lines:
        if callable(self._lines):
            self._lines = self._lines()
        return self._lines


class Related(NamedTuple):
    """Another place that explains a diagnostic."""

    place: Place
    message: str
    excerpt: Excerpt


class ResourceId(NamedTuple):
    """Which object a diagnostic is about, as its source names it."""

    api_version: str
    kind: str
    namespace: str | None
    name: str


class Suppressed(NamedTuple):
    """Why a diagnostic is not counted. `by`: "comment", "annotation" or "configuration"."""

    by: str
    reason: str


class Diagnostic(NamedTuple):
    """A finding with a place.

    `fingerprint` identifies it across runs, whatever its line. `help` is what to write
    instead in this very place, as YAML. `profile` is "strict" where only that one reports it.
    """

    rule: str
    case: str | None
    topic: str
    layer: Layer
    severity: Severity
    confidence: Confidence
    message: str
    place: Place
    route: Route | None
    resource: ResourceId | None
    environments: tuple[str, ...]
    related: tuple[Related, ...]
    excerpt: Excerpt
    fingerprint: str
    help: str | None = None
    suppressed: Suppressed | None = None
    profile: str | None = None


class Skip(NamedTuple):
    """An input, or a part of one, that was not checked. `line` is where it begins, or None."""

    path: str
    line: int | None
    reason: str
    detail: str


class EnvironmentInfo(NamedTuple):
    """What the report says about an environment: its ESO version ("2.9") and why."""

    name: str
    eso_version: str | None
    because: str


class Result(NamedTuple):
    """All that a run found out, in the order in which it is reported."""

    diagnostics: tuple[Diagnostic, ...]
    skipped: tuple[Skip, ...]
    environments: tuple[EnvironmentInfo, ...]
    files: int
    documents: int
    resources: int
    eso_resources: int
    baselined: int = 0
    crashed: bool = False
