"""Findings → diagnostics: routes become lines and columns, identities become fingerprints."""

from __future__ import annotations

import os.path
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from esolint.diagnostic import Diagnostic, Excerpt, Place, Related, ResourceId, Span
from esolint.resource import Resource
from esolint.rule import Finding, Note, Rule
from esolint.source import Document
from esolint.value import Route, format_route

if TYPE_CHECKING:
    from esolint.mask import Masks

_ITEM_NAMES = ("secretKey", "name")


class Located(NamedTuple):
    """A finding with the rule that reported it and the environments that show it."""

    rule: Rule
    finding: Finding
    environments: tuple[str, ...]


def diagnostics(
    located: Iterable[Located],
    resources: Iterable[Resource],
    *,
    wanted: Callable[[Located], bool] = lambda entry: True,
    root: str | None = None,
) -> list[Diagnostic]:
    """Return the diagnostics of the findings that are wanted, sorted by place.

    `located` are all findings of a run, so that a fingerprint does not hang on which are
    wanted. `resources` are all that were read: a code frame masks the secrets of each
    resource that stands in its document. `root` is the folder from which fingerprints see
    paths, None for the working directory.
    """
    entries = [(_identity(entry.rule, entry.finding), entry) for entry in located]
    count = Counter(identity for identity, _ in entries)
    frames = _Frames(resources)
    found = [_diagnostic(entry, identity, frames) for identity, entry in entries if wanted(entry)]
    return _identified(_merged(sorted(found, key=order)), count, root)


def _merged(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Make one of diagnostics that say the same of one place: an alias has several routes."""
    merged: dict[object, Diagnostic] = {}
    for diagnostic in found:
        key = (diagnostic.rule, diagnostic.case, diagnostic.place, diagnostic.message)
        first = merged.get(key, diagnostic)
        names = dict.fromkeys((*first.environments, *diagnostic.environments))
        merged[key] = first._replace(environments=tuple(names))
    return list(merged.values())


def order(diagnostic: Diagnostic) -> tuple[object, ...]:
    """Sort by place, in the same order from whatever directory the files are looked at."""
    return (
        os.path.abspath(diagnostic.place.path),
        diagnostic.place.span,
        diagnostic.rule,
        diagnostic.case or "",
        diagnostic.message,
        format_route(diagnostic.route or ()),
    )


def _diagnostic(located: Located, identity: str, frames: _Frames) -> Diagnostic:
    rule, finding, environments = located
    resource = finding.resource
    case = rule.cases[finding.case] if finding.case else rule
    place, document = _place(resource, finding.route, at_key=finding.point != "value")
    return Diagnostic(
        rule=rule.id,
        case=finding.case,
        topic=rule.topic,
        layer=case.layer,
        severity=finding.severity or case.severity,
        confidence=finding.confidence or case.confidence,
        message=finding.message,
        place=place,
        route=finding.route if resource.value and finding.point != "text" else None,
        resource=resource_id(resource),
        environments=environments,
        related=tuple(_related(note, frames) for note in finding.related),
        excerpt=frames.at(resource, document, place.span),
        fingerprint=identity,
        help=finding.help,
        profile=finding.profile,
    )


def _related(note: Note, frames: _Frames) -> Related:
    place, document = _place(note.resource, note.route)
    return Related(place, note.message, frames.at(note.resource, document, place.span))


class _Frames:
    """Code frames. What masks them is loaded when somebody looks at one."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._resources = resources
        self._masks: Masks | None = None

    def at(self, resource: Resource, document: Document, span: Span) -> Excerpt:
        """Return the lines at a place of a resource, which stands in a document."""
        return Excerpt(lambda: self._lines(resource, document, span))

    def _lines(
        self, resource: Resource, document: Document, span: Span
    ) -> tuple[tuple[int, str], ...]:
        if self._masks is None:
            # Its patterns cost milliseconds to compile, and a clean run has no frame.
            from esolint.mask import Masks

            self._masks = Masks(self._resources)
        # A text inside a scalar is shown as a part of its file, where that is known.
        whole = resource.document
        if document.path == whole.path and whole.holds(span.line):
            return self._masks.around(whole, span)
        return self._masks.around(document, span, resource)


def _place(resource: Resource, route: Route, *, at_key: bool = False) -> tuple[Place, Document]:
    """Return where something of a resource stands, and in which document."""
    document, there = resource.origin(route)
    span = document.key_span(there) if at_key else document.span(there)
    return Place(document.path, span), document


def resource_id(resource: Resource) -> ResourceId | None:
    if not resource.kind:
        return None
    return ResourceId(
        resource.api_version, resource.kind, resource.source_namespace, resource.source_name
    )


# Identity


def _identity(rule: Rule, finding: Finding) -> str:
    """Return what identifies a finding across runs: never a line, never a value."""
    resource = finding.resource
    return "\0".join(
        (
            rule.id,
            finding.case or "",
            resource.kind,
            resource.source_namespace or "",
            resource.source_name,
            _stable_route(resource, finding.route),
        )
    )


def _stable_route(resource: Resource, route: Route) -> str:
    """Write a route with list items by the name they have: `spec.data[secretKey=x]`."""
    parts: list[str] = []
    for n, step in enumerate(route):
        name = None
        if isinstance(step, int):
            item = resource.get(*route[: n + 1])
            if isinstance(item, dict):
                name = next(
                    (f"{k}={item[k]}" for k in _ITEM_NAMES if isinstance(item.get(k), str)), None
                )
            parts.append(f"[{name or step}]")
        else:
            parts.append(f".{step}")
    return "".join(parts)


def _identified(
    found: Sequence[Diagnostic], count: Mapping[str, int], root: str | None
) -> list[Diagnostic]:
    """Turn identities into fingerprints; equal ones are told apart by path, then by order."""
    seen: Counter[tuple[str, str]] = Counter()
    result = []
    for diagnostic in found:
        identity = [diagnostic.fingerprint]
        if count[identity[0]] > 1:
            path = diagnostic.place.path
            seen[identity[0], path] += 1
            number = seen[identity[0], path]
            identity += [from_root(path, root), *([str(number)] if number > 1 else [])]
        result.append(diagnostic._replace(fingerprint=fingerprint(*identity)))
    return result


def from_root(path: str, root: str | None) -> str:
    """Return a path as it is from the root, so that fingerprints are the same everywhere."""
    if root is None:
        return path
    return os.path.relpath(os.path.realpath(path), os.path.realpath(root)).replace(os.sep, "/")


def fingerprint(*identity: str) -> str:
    """Return the fingerprint of what identifies a diagnostic: 32 hexadecimal digits."""
    # Loading it costs milliseconds, and a clean run has nothing to identify.
    from hashlib import sha256

    return sha256("\0".join(identity).encode("utf-8", "surrogatepass")).hexdigest()[:32]
