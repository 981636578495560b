"""One run: from paths to a result. Nothing here prints, and nothing below here reads settings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from esolint import engine, locate
from esolint.context.version import Installed, installed
from esolint.diagnostic import (
    CONFIDENCES,
    Confidence,
    Diagnostic,
    EnvironmentInfo,
    Result,
    Skip,
)
from esolint.discover import Discovered, discover, read_bytes
from esolint.engine import ActiveRule
from esolint.graph import Environment
from esolint.locate import Located
from esolint.repository import Input, Repository, looks_like_eso, read
from esolint.rule import load_rules
from esolint.schema import Catalog, Version
from esolint.source import Limits
from esolint.suppress import Suppression, suppress, written


class Request(NamedTuple):
    """What a run is asked to do. `stdin` is the content of standard input and its shown name.

    `today` is an ISO 8601 date, against which suppressions end.
    """

    paths: Sequence[str]
    root: str | None
    rules: Sequence[ActiveRule]
    today: str
    profile: str = "default"
    min_confidence: Confidence = "low"
    exclude: Sequence[str] = ()
    force_exclude: bool = False
    external: Sequence[str] = ()
    eso_versions: Sequence[Version] = ()
    catalog: Catalog | None = None
    literal: bool = False
    limits: Limits = Limits()
    suppressions: Sequence[Suppression] = ()
    suppressing: bool = True
    stdin: tuple[str, bytes] | None = None
    everything: bool = False


def run(request: Request) -> Result:
    """Check what a request names. Raises discover.MissingPathError."""
    found = discover(
        request.paths, request.root, request.exclude, force_exclude=request.force_exclude
    )
    repository = read(
        _inputs(found, request),
        limits=request.limits,
        literal=request.literal,
        everything=request.everything,
    )
    environments = _environments(repository, request)
    located = engine.check(repository, list(environments), request.rules)
    reported = _reported(found, request)
    # Whoever names files (a hook does) is told of references elsewhere that they break.
    with_relations = any(os.path.isfile(path) for path in request.paths)
    diagnostics = locate.diagnostics(
        located,
        repository.objects,
        wanted=lambda entry: _is_in_scope(entry, reported, with_relations),
        root=request.root,
    )
    if request.suppressing:
        diagnostics = _suppressed(diagnostics, repository, found, request)
    # Only now: a suppression is of use also where the finding is not asked for.
    diagnostics = [d for d in diagnostics if _is_asked_for(d, request)]
    return Result(
        diagnostics=tuple(sorted(diagnostics, key=locate.order)),
        skipped=_skipped(found, repository, reported, request),
        environments=tuple(map(_described, environments, environments.values())),
        files=len(reported),
        documents=sum(document.path in reported for document in repository.documents),
        resources=sum(resource.document.path in reported for resource in repository.objects),
        eso_resources=sum(r.is_eso and r.document.path in reported for r in repository.objects),
        crashed=any(diagnostic.rule == engine.CRASH for diagnostic in diagnostics),
    )


def _environments(repository: Repository, request: Request) -> dict[Environment, str]:
    """Return one careful environment, or one for each ESO version of an upgrade check.

    Each comes with the reason for its ESO version, or for there being none.
    """
    found = [Installed(version, "the command line names it") for version in request.eso_versions]
    if not found:
        found = [installed(repository.resources, repository.patches, repository.documents)]
    return {
        Environment(
            repository.resources,
            repository.patches,
            repository.unread,
            request.external,
            name="repository" if len(found) == 1 else f"ESO {version}",
            eso_version=version,
            catalog=request.catalog,
        ): because
        for version, because in found
    }


def _suppressed(
    diagnostics: list[Diagnostic], repository: Repository, found: Discovered, request: Request
) -> list[Diagnostic]:
    """Mark what the manifests and the configuration suppress, and add what is wrong there."""
    reported = _reported(found, request)
    scope = reported | {diagnostic.place.path for diagnostic in diagnostics}
    in_manifests = written(
        (document for document in repository.documents if document.path in scope),
        (resource for resource in repository.objects if resource.document.path in scope),
    )
    return suppress(
        diagnostics,
        [*in_manifests, *request.suppressions],
        load_rules(),
        {active.rule.id for active in request.rules},
        request.today,
        reported=None if all(file.reported for file in found.files) else reported,
        root=request.root,
    )


def _described(environment: Environment, because: str) -> EnvironmentInfo:
    version = environment.eso_version
    return EnvironmentInfo(environment.name, str(version) if version else None, because)


def _inputs(found: Discovered, request: Request) -> Iterator[Input]:
    for file in found.files:
        # Standard input stands for the file whose name it is given.
        if request.stdin is None or file.shown != request.stdin[0]:
            content = read_bytes(file.path, request.limits.file_bytes)
            yield Input(file.shown, content, file.reported)
    if request.stdin is not None:
        yield Input(*request.stdin)


def _reported(found: Discovered, request: Request) -> frozenset[str]:
    names = {file.shown for file in found.files if file.reported}
    return frozenset(names | {request.stdin[0]} if request.stdin else names)


def _is_in_scope(entry: Located, reported: frozenset[str], with_relations: bool) -> bool:
    rule, finding, _ = entry
    if finding.resource.document.path in reported or rule.id == engine.CRASH:
        return True
    case = rule.cases[finding.case] if finding.case else rule
    return (
        with_relations
        and rule.check.get("scope") == "environment"
        and case.layer == "runtime"
        and (finding.severity or case.severity) == "error"
    )


def _is_asked_for(diagnostic: Diagnostic, request: Request) -> bool:
    if diagnostic.rule == engine.CRASH:
        return True
    sure = CONFIDENCES[: CONFIDENCES.index(request.min_confidence) + 1]
    return diagnostic.profile in (None, request.profile) and diagnostic.confidence in sure


def _skipped(
    found: Discovered, repository: Repository, reported: frozenset[str], request: Request
) -> tuple[Skip, ...]:
    skips = [skip for skip in found.skipped if _lies_below(skip.path, request.paths)]
    # What looks like ESO and does not parse is a finding instead, where that rule is active.
    judged = any(active.rule.id == "yaml-syntax" for active in request.rules)
    for unread in repository.unread:
        is_finding = judged and unread.reason == "yaml-syntax" and looks_like_eso(unread)
        if unread.path in reported and not is_finding:
            line = unread.span.line if unread.span else None
            skips.append(Skip(unread.path, line, unread.reason, unread.detail))
    patches = {patch.document.path for patch in repository.patches if patch.is_eso}
    detail = "a kustomize patch: part of an object, not checked by itself"
    skips.extend(Skip(path, None, "patch", detail) for path in patches & reported)
    return tuple(sorted(set(skips), key=_skip_order))


def _skip_order(skip: Skip) -> tuple[object, ...]:
    return os.path.abspath(skip.path), skip.line or 0, skip.reason, skip.detail


def _lies_below(path: str, folders: Sequence[str]) -> bool:
    here = os.path.join(os.path.abspath(path), "")
    return any(here.startswith(os.path.join(os.path.realpath(f), "")) for f in folders)
