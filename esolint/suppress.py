"""Suppressions silence findings: comments, annotations, configuration. Their faults are findings.

`# esolint: ignore[rule-id, other-id] reason until=2026-12-31` ends the finding's line or
stands above it, `# esolint: ignore-document[rule-id] reason` before the document's first
key; the annotation `esolint/ignore` holds "rule-id: reason; other-id: reason".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from esolint.diagnostic import Diagnostic, Excerpt, Place, ResourceId, Span, Suppressed
from esolint.locate import fingerprint, from_root, resource_id
from esolint.nearest import hint
from esolint.resource import Resource
from esolint.rule import Rule, by_name
from esolint.source import Document
from esolint.source.document import Comment
from esolint.value import text

ANNOTATION = "esolint/ignore"
FAULTS = ("unknown-suppression", "unused-suppression", "expired-suppression")

_WORD = "esolint:"
_DIRECTIVE = (
    r"#\s*esolint:\s*(?P<verb>[\w-]*)\s*(?:\[(?P<ids>[^\]]*)\])?(?P<reason>(?:(?!\s#\s).)*)"
)
_UNTIL = r"\s*\buntil=(\S*)"


class Suppression(NamedTuple):
    """What silences rules at a place.

    `by` is "comment", "annotation" or "configuration"; `rules` are ids as written; `until`
    is the last day (ISO 8601) on which it holds. `path` is the file whose findings it can
    cover, None for any; `covers` decides for one finding. `fault` says what is wrong with it
    as it stands.
    """

    by: str
    rules: tuple[str, ...]
    reason: str
    until: str | None
    place: Place
    excerpt: Excerpt
    path: str | None
    covers: Callable[[Diagnostic], bool]
    fault: str | None = None


def written(documents: Iterable[Document], resources: Iterable[Resource]) -> Iterator[Suppression]:
    """Yield the suppressions that stand in manifests."""
    for document in documents:
        for comment in document.comments(_WORD):
            for directive in re.finditer(_DIRECTIVE, comment.text):
                yield _from_comment(document, comment, directive)
    for resource in resources:
        annotation = text(resource.annotations().get(ANNOTATION))
        if annotation:
            yield from _from_annotation(resource, annotation)


def suppress(
    diagnostics: Iterable[Diagnostic],
    suppressions: Iterable[Suppression],
    rules: Mapping[str, Rule],
    ran: Collection[str],
    today: str,
    *,
    reported: Collection[str] | None = None,
    root: str | None = None,
) -> list[Diagnostic]:
    """Mark what is suppressed, and add a diagnostic for each suppression at fault.

    `rules` are all that exist, `ran` the ids of those that this run applied: of the others
    nobody knows whether a suppression is of use. `today` is an ISO 8601 date. `reported`
    are the files whose suppressions are judged (None: all); where it is not all files, those
    of the configuration are of no use only to some. `root` as for `locate.diagnostics`.
    """
    result = list(diagnostics)
    places: dict[tuple[str, str | None], list[int]] = {}
    for i, diagnostic in enumerate(result):
        places.setdefault((diagnostic.rule, diagnostic.place.path), []).append(i)
        places.setdefault((diagnostic.rule, None), []).append(i)
    known = by_name(rules)
    faults: dict[tuple[str, Place, str], Suppression] = {}

    for suppression in suppressions:
        judged = reported is None or suppression.path in reported
        if suppression.fault is not None:
            faults["unknown-suppression", suppression.place, suppression.fault] = suppression
        for written_id in dict.fromkeys(suppression.rules):
            if written_id not in known:
                message = f'there is no rule "{written_id}"{hint(written_id, known)}'
                faults["unknown-suppression", suppression.place, message] = suppression
                continue
            rule_id = known[written_id].id
            if suppression.until is not None and suppression.until < today:
                if rule_id in ran:
                    message = f"the suppression of {rule_id} ended on {suppression.until}"
                    faults["expired-suppression", suppression.place, message] = suppression
                continue
            covered = [
                i
                for i in places.get((rule_id, suppression.path), ())
                if suppression.covers(result[i])
            ]
            for i in covered:
                mark = Suppressed(suppression.by, suppression.reason)
                result[i] = result[i]._replace(suppressed=result[i].suppressed or mark)
            if not covered and judged and rule_id in ran:
                message = f"the suppression of {rule_id} hides nothing"
                faults["unused-suppression", suppression.place, message] = suppression
    return [*result, *_faults(faults, rules, ran, reported, root)]


def _faults(
    faults: Mapping[tuple[str, Place, str], Suppression],
    rules: Mapping[str, Rule],
    ran: Collection[str],
    reported: Collection[str] | None,
    root: str | None,
) -> Iterator[Diagnostic]:
    """Yield the diagnostics of (rule, place, message) → suppression at fault."""
    counted = Counter[tuple[str, str, str]]()
    for (fault, place, message), suppression in faults.items():
        # What stands in a file that the run does not report on is none of its concern.
        in_scope = reported is None or suppression.path is None or suppression.path in reported
        if fault in ran and in_scope:
            path = from_root(place.path, root)
            counted[fault, path, message] += 1
            identity = (fault, path, message, str(counted[fault, path, message]))
            yield _fault(rules[fault], suppression, message, fingerprint(*identity))


def dated(reason: str) -> tuple[str, str | None, str | None]:
    """Cut `until=YYYY-MM-DD` out of a reason: the rest, the day, and what is wrong with it."""
    match = re.search(_UNTIL, reason)
    if match is None:
        return reason.strip(), None, None
    rest = (reason[: match.start()] + reason[match.end() :]).strip()
    # Few suppressions end, and the module takes time to load.
    from datetime import date

    try:
        return rest, date.fromisoformat(match[1]).isoformat(), None
    except ValueError:
        return rest, None, f'"until={match[1]}" is no date of the form YYYY-MM-DD'


def _from_comment(document: Document, comment: Comment, match: re.Match[str]) -> Suppression:
    start, end = comment.column + match.start(), comment.column + match.end()
    place = Place(document.path, Span(comment.line, start, comment.line, end))
    # The rest of the line, with a value perhaps that nobody may see, is left out.
    excerpt = Excerpt(((comment.line, " " * (start - 1) + match[0]),))
    verb, ids = match["verb"], match["ids"]
    rules = tuple(rule for rule in (part.strip() for part in (ids or "").split(",")) if rule)
    reason, until, fault = dated(match["reason"])
    first, last = document.lines()
    if verb == "ignore-document":
        covers = _in_lines(first, last)
        if comment.line > document.first_line():
            fault = "ignore-document stands behind the document's first key, where it has no effect"
            rules = ()
    else:
        covers = _in_lines(*[document.line_of(comment)] * 2)
        if verb != "ignore":
            fault = f'"{verb}" is no directive: there are ignore[…] and ignore-document[…]'
            rules = ()
    if fault is None and not rules:
        fault = "the suppression names no rule id in brackets"
    return Suppression(
        "comment", rules, reason, until, place, excerpt, document.path, covers, fault
    )


def _in_lines(first: int, last: int) -> Callable[[Diagnostic], bool]:
    return lambda diagnostic: first <= diagnostic.place.span.line <= last


def _from_annotation(resource: Resource, annotation: str) -> Iterator[Suppression]:
    document, route = resource.origin(("metadata", "annotations", ANNOTATION))
    place = Place(document.path, document.span(route))
    owner = resource_id(resource)
    covers = _about(owner, *document.lines())
    for part in annotation.split(";"):
        rule, _, rest = part.partition(":")
        if rule.strip():
            reason, until, fault = dated(rest)
            rules = (rule.strip(),)
            yield Suppression(
                "annotation", rules, reason, until, place, Excerpt(()), document.path, covers, fault
            )


def _about(owner: ResourceId | None, first: int, last: int) -> Callable[[Diagnostic], bool]:
    return lambda d: d.resource == owner and first <= d.place.span.line <= last


def _fault(rule: Rule, suppression: Suppression, message: str, identity: str) -> Diagnostic:
    return Diagnostic(
        rule=rule.id,
        case=None,
        topic=rule.topic,
        layer=rule.layer,
        severity=rule.severity,
        confidence=rule.confidence,
        message=message,
        place=suppression.place,
        route=None,
        resource=None,
        environments=(),
        related=(),
        excerpt=suppression.excerpt,
        fingerprint=identity,
    )
