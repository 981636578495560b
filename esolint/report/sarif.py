"""SARIF 2.1.0 in the shape that GitHub code scanning takes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any
from urllib.parse import quote

import sarif_om as om

from esolint import __version__
from esolint.diagnostic import Diagnostic, Excerpt, Place, Related, Result, Skip, Span
from esolint.report import Book, Options, shown
from esolint.report.linehash import line_hashes
from esolint.report.wording import visible
from esolint.rule import Prose, Rule
from esolint.value import format_route

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_ROOT = "%SRCROOT%"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_PROBLEM_SEVERITIES = {"error": "error", "warning": "warning", "info": "recommendation"}
_TEXT_LIMIT = 1024  # characters of a description that GitHub takes


def render(result: Result, book: Book, options: Options) -> Iterator[str]:
    """Yield one SARIF log with one run. All active rules are in it, in the book's order."""
    diagnostics = shown(result, options)
    descriptors = [_descriptor(rule, book.prose(rule.id)) for rule in book.rules]
    index = {rule.id: number for number, rule in enumerate(book.rules)}
    for name in sorted({d.rule for d in diagnostics} - index.keys()):
        index[name] = len(descriptors)
        descriptors.append(_unlisted(name))
    hashes = _hashes(options.source)
    reasons = sorted({skip.reason for skip in result.skipped})
    run = om.Run(
        tool=om.Tool(
            driver=om.ToolComponent(
                name="esolint",
                version=__version__,
                semantic_version=__version__,
                rules=descriptors,
                notifications=[om.ReportingDescriptor(id=reason) for reason in reasons] or None,
            )
        ),
        invocations=[_invocation(result, reasons)],
        original_uri_base_ids={
            _ROOT: om.ArtifactLocation(
                description=om.Message(text="The directory in which esolint was run.")
            )
        },
        column_kind="unicodeCodePoints",
        results=[_result(d, index[d.rule], hashes) for d in diagnostics],
    )
    log = om.SarifLog(schema_uri=_SCHEMA, version="2.1.0", runs=[run])
    yield json.dumps(log, default=_properties, ensure_ascii=False) + "\n"


@cache
def _schema(kind: Any) -> dict[str, tuple[str, object]]:
    """Return name → (name in SARIF, default) of a class of the object model."""
    table = {}
    for field in kind.__attrs_attrs__:
        default = field.default
        # what a reader may rely on without knowing SARIF's defaults is written out
        if field.name == "level":
            default = None
        elif hasattr(default, "factory"):
            default = default.factory()
        table[field.name] = (field.metadata["schema_property_name"], default)
    return table


def _properties(item: Any) -> dict[str, object]:
    """Return what is set on an object of the object model, as SARIF names it.

    The library's own serialiser takes more than ten times as long (docs/decisions.md).
    """
    table = _schema(item.__class__)
    found = {}
    for name, value in vars(item).items():
        if value is not None:
            written, default = table[name]
            if value != default:
                found[written] = value
    return found


def _descriptor(rule: Rule, prose: Prose) -> Any:
    references = [url for url in prose.references if url.startswith("https://")]
    security = rule.security_severity
    paragraphs = [
        ("", prose.what),
        ("Why", prose.why),
        *((case, why) for case, why in prose.case_whys.items()),
        ("Fix", prose.fix),
    ]
    properties = {
        "tags": [*(["security"] if security else []), rule.topic, rule.layer],
        "precision": rule.confidence,
        "problem.severity": _PROBLEM_SEVERITIES[rule.severity],
    }
    if security:
        properties["security-severity"] = security
    return om.ReportingDescriptor(
        id=rule.id,
        short_description=_text(rule.title or rule.id),
        full_description=_text(prose.what or rule.title or rule.id),
        help=om.MultiformatMessageString(
            text=_help(paragraphs, references, "{}: ", "{}"),
            markdown=_help(paragraphs, references, "**{}:** ", "<{}>"),
        ),
        help_uri=references[0] if references else None,
        default_configuration=om.ReportingConfiguration(level=_LEVELS[rule.severity]),
        properties=properties,
    )


def _unlisted(name: str) -> Any:
    """Describe a rule that is not in the book, so that its results have something to name."""
    return om.ReportingDescriptor(
        id=name,
        short_description=_text(name),
        full_description=_text(name),
        help=_text(name),
    )


def _text(text: str) -> Any:
    text = " ".join(text.split()) or "esolint"
    return om.MultiformatMessageString(
        text=text if len(text) <= _TEXT_LIMIT else f"{text[: _TEXT_LIMIT - 3]}..."
    )


def _help(
    paragraphs: Sequence[tuple[str, str]], references: Sequence[str], label: str, link: str
) -> str:
    parts = [
        (label.format(name) if name else "") + " ".join(text.split())
        for name, text in paragraphs
        if text.strip()
    ]
    if references:
        parts.append("\n".join(f"- {link.format(url)}" for url in references))
    return "\n\n".join(parts) or "esolint"


def _result(
    diagnostic: Diagnostic, rule_index: int, line_hash: Callable[[Place], str | None]
) -> Any:
    resource = diagnostic.resource
    fingerprints = {
        "primaryLocationLineHash": line_hash(diagnostic.place),
        "esolint/v1": diagnostic.fingerprint,
    }
    properties: dict[str, object] = {
        "case": diagnostic.case,
        "topic": diagnostic.topic,
        "layer": diagnostic.layer,
        "confidence": diagnostic.confidence,
        "route": None if diagnostic.route is None else format_route(diagnostic.route),
        "resource": None
        if resource is None
        else {
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "namespace": resource.namespace,
            "name": resource.name,
        },
        "environments": list(diagnostic.environments),
    }
    return om.Result(
        rule_id=diagnostic.rule,
        rule_index=rule_index,
        level=_LEVELS[diagnostic.severity],
        message=om.Message(text=_message(diagnostic)),
        locations=[_location(diagnostic.place, diagnostic.excerpt)],
        related_locations=[
            _related(number, related) for number, related in enumerate(diagnostic.related, 1)
        ]
        or None,
        partial_fingerprints={name: value for name, value in fingerprints.items() if value},
        suppressions=[_suppression(diagnostic)] if diagnostic.suppressed else None,
        properties={name: value for name, value in properties.items() if value is not None},
    )


def _message(diagnostic: Diagnostic) -> str:
    """Return the message, which links no place but the related ones, whatever it quotes."""
    text = visible(diagnostic.message).replace("](", "\\](") or diagnostic.rule or "esolint"
    links = [
        f"[{_link_text(related)}]({number})" for number, related in enumerate(diagnostic.related, 1)
    ]
    return f"{text}. Related: {', '.join(links)}" if links else text


def _link_text(related: Related) -> str:
    place = related.place
    return re.sub(
        r"([\\\[\]])", r"\\\1", visible(related.message or f"{place.path}:{place.span.line}")
    )


def _related(number: int, related: Related) -> Any:
    location = _location(related.place, related.excerpt)
    location.id = number
    location.message = om.Message(text=visible(related.message)) if related.message else None
    return location


def _location(place: Place, excerpt: Excerpt) -> Any:
    return om.Location(
        physical_location=om.PhysicalLocation(
            artifact_location=_artifact(place.path),
            region=om.Region(
                start_line=place.span.line,
                start_column=place.span.column,
                end_line=place.span.end_line,
                end_column=place.span.end_column,
            ),
            context_region=_context(place.span, excerpt),
        )
    )


def _context(span: Span, excerpt: Excerpt) -> Any:
    """Return the lines around a span, secrets masked, or None where they do not hold all of it."""
    numbers = [number for number, _ in excerpt.lines]
    if not numbers or not numbers[0] <= span.line <= span.end_line <= numbers[-1]:
        return None
    if numbers != [*range(numbers[0], numbers[-1] + 1)]:
        return None
    text = "\n".join(line.rstrip("\r\n") for _, line in excerpt.lines)
    return om.Region(
        start_line=numbers[0], end_line=numbers[-1], snippet=om.ArtifactContent(text=text)
    )


def _artifact(path: str) -> Any:
    """Return a path as a URI; bytes of a file name that are no UTF-8 stay what they are."""
    try:
        raw = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = path.encode("utf-8", "replace")
    return om.ArtifactLocation(uri=quote(raw), uri_base_id=_ROOT)


def _hashes(source: Callable[[str], bytes | None] | None) -> Callable[[Place], str | None]:
    """Return what gives the fingerprint of a place's first line, or None without the file."""

    @cache
    def of(path: str) -> list[str]:
        content = source(path) if source else None
        return [] if content is None else line_hashes(content)

    def line_hash(place: Place) -> str | None:
        hashes = of(place.path)
        return hashes[place.span.line - 1] if place.span.line <= len(hashes) else None

    return line_hash


def _suppression(diagnostic: Diagnostic) -> Any:
    assert diagnostic.suppressed is not None
    by, reason = diagnostic.suppressed
    return om.Suppression(
        kind="external" if by == "configuration" else "inSource",
        justification=reason or None,
    )


def _invocation(result: Result, reasons: Sequence[str]) -> Any:
    notifications = [_skip(skip, reasons.index(skip.reason)) for skip in result.skipped]
    if result.crashed:
        text = "A check crashed: findings may be missing."
        notifications.append(om.Notification(level="error", message=om.Message(text=text)))
    return om.Invocation(
        execution_successful=not result.crashed,
        tool_execution_notifications=notifications or None,
    )


def _skip(skip: Skip, index: int) -> Any:
    place = om.PhysicalLocation(
        artifact_location=_artifact(skip.path),
        region=om.Region(start_line=skip.line) if skip.line else None,
    )
    detail = f"{skip.reason}: {skip.detail}" if skip.detail else skip.reason
    return om.Notification(
        level="warning",
        message=om.Message(text=f"Not checked, {visible(detail)}"),
        descriptor=om.ReportingDescriptorReference(id=skip.reason, index=index),
        locations=[om.Location(physical_location=place)],
    )
