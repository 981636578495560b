"""The JSON report, version 1. docs/report.schema.json is its schema; both are a contract."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from esolint import __version__
from esolint.diagnostic import Diagnostic, Place, Related, Result
from esolint.report import Book, Options, count, shown
from esolint.value import format_route


def render(result: Result, book: Book, options: Options) -> Iterator[str]:
    """Yield the report: one line for each finding and each skipped input, so that it diffs."""
    counts = count(result)
    environments = (env._asdict() for env in result.environments)
    summary = {
        "files": result.files,
        "documents": result.documents,
        "resources": result.resources,
        "error": counts.error,
        "warning": counts.warning,
        "info": counts.info,
        "suppressed": counts.suppressed,
        "baselined": result.baselined,
        "skipped": len(result.skipped),
    }
    yield '{"version": 1,\n'
    yield f' "tool": {_json({"name": "esolint", "version": __version__})},\n'
    yield from _array("environments", environments)
    yield from _array("findings", map(_finding, shown(result, options)))
    yield from _array("skipped", (skip._asdict() for skip in result.skipped))
    yield f' "summary": {_json(summary)}}}\n'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _array(key: str, items: Iterable[object]) -> Iterator[str]:
    lead = f' "{key}": ['
    for item in items:
        yield f"{lead}\n  {_json(item)}"
        lead = ","
    yield f"{lead}],\n" if lead != "," else "],\n"


def _finding(diagnostic: Diagnostic) -> dict[str, object]:
    resource = diagnostic.resource
    return {
        "rule": diagnostic.rule,
        "case": diagnostic.case,
        "topic": diagnostic.topic,
        "layer": diagnostic.layer,
        "severity": diagnostic.severity,
        "confidence": diagnostic.confidence,
        "message": diagnostic.message,
        **_place(diagnostic.place),
        "route": None if diagnostic.route is None else format_route(diagnostic.route),
        "resource": None
        if resource is None
        else {
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "namespace": resource.namespace,
            "name": resource.name,
        },
        "environments": diagnostic.environments,
        "fingerprint": diagnostic.fingerprint,
        "related": [_related(related) for related in diagnostic.related],
        "suppressed": diagnostic.suppressed and diagnostic.suppressed._asdict(),
    }


def _related(related: Related) -> dict[str, object]:
    return {**_place(related.place), "message": related.message}


def _place(place: Place) -> dict[str, object]:
    return {"path": place.path, **place.span._asdict()}
