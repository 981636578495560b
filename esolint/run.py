"""One run: from paths to a result. Nothing here prints, and nothing below here reads settings."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from esolint import engine, locate
from esolint.context.files import DiskTree
from esolint.diagnostic import (
    CONFIDENCES,
    Confidence,
    Diagnostic,
    EnvironmentInfo,
    Result,
    Skip,
)
from esolint.discover import Discovered, discover, read_bytes, shown
from esolint.engine import ActiveRule
from esolint.environments import Settings, Surroundings, surroundings
from esolint.given import Given
from esolint.graph import Environment
from esolint.locate import Located
from esolint.repository import Input, Repository, looks_like_eso, read
from esolint.rule import load_rules
from esolint.schema import Catalog, Version
from esolint.source import Limits
from esolint.suppress import Suppression, suppress, written


class Request(NamedTuple):
    """What a run is asked to do. `stdin` is the content of standard input and its shown name.

    `render` names the tools of the user that are to be called. `today` is an ISO 8601 date,
    against which suppressions end.
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
    environments: Mapping[str, Callable[[str], bool]] = {}
    eso_versions: Sequence[Version] = ()
    catalog: Catalog | None = None
    literal: bool = False
    limits: Limits = Limits()
    suppressions: Sequence[Suppression] = ()
    suppressing: bool = True
    stdin: tuple[str, bytes] | None = None
    render: Sequence[str] = ()
    everything: bool = False


class Seen(NamedTuple):
    """What a run looks at: the files, what was given beside them, and what they hold."""

    found: Discovered
    given: Given
    repository: Repository
    around: Surroundings

    @property
    def reported(self) -> frozenset[str]:
        """The paths of what findings are wanted on."""
        names = (file.shown for file in self.found.files if file.reported)
        return self.given.paths.union(names)


def look(request: Request) -> Seen:
    """Read what a request names, and find its environments.

    Raises discover.MissingPathError and given.MissingToolError.
    """
    found = discover(
        request.paths, request.root, request.exclude, force_exclude=request.force_exclude
    )
    given = _given(found, request)
    contents = {each.path: each.content for each in given.inputs}
    repository = read(
        _inputs(found, given, request),
        tree=DiskTree(request.root, request.limits.file_bytes, contents),
        limits=request.limits,
        literal=request.literal,
        everything=request.everything,
    )
    settings = Settings(
        root=_root(request),
        named=request.environments,
        rendered=given.rendered,
        external=request.external,
        eso_versions=request.eso_versions,
        catalog=request.catalog,
    )
    return Seen(found, given, repository, surroundings(repository, settings))


def run(request: Request) -> Result:
    """Check what a request names. Raises what `look` raises."""
    seen = look(request)
    _, _, repository, around = seen
    reported = seen.reported
    located = engine.check(repository, around.environments, request.rules)
    # Whoever names files (a hook does) is told of references elsewhere that they break.
    with_relations = any(os.path.isfile(path) for path in request.paths)
    diagnostics = locate.diagnostics(
        located,
        repository.objects,
        wanted=lambda entry: _is_in_scope(entry, reported, with_relations),
        root=request.root,
    )
    if request.suppressing:
        diagnostics = _suppressed(diagnostics, seen, request)
    # Only now: a suppression is of use also where the finding is not asked for.
    diagnostics = [d for d in diagnostics if _is_asked_for(d, request)]
    return Result(
        diagnostics=tuple(sorted(diagnostics, key=locate.order)),
        skipped=_skipped(seen, request),
        environments=tuple(map(_described, around.environments, around.because)),
        files=len(reported),
        documents=sum(document.path in reported for document in repository.documents),
        resources=sum(resource.document.path in reported for resource in repository.objects),
        eso_resources=sum(r.is_eso and r.document.path in reported for r in repository.objects),
        crashed=any(diagnostic.rule == engine.CRASH for diagnostic in diagnostics),
    )


def _suppressed(diagnostics: list[Diagnostic], seen: Seen, request: Request) -> list[Diagnostic]:
    """Mark what the manifests and the configuration suppress, and add what is wrong there."""
    found, _, repository, _ = seen
    reported = seen.reported
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


def _root(request: Request) -> str:
    return shown(os.path.realpath(request.root)) if request.root is not None else "."


def _given(found: Discovered, request: Request) -> Given:
    """Return what stands in the place of files: standard input, what tools render."""
    if request.stdin is None and not request.render:
        return Given()
    from esolint import given

    tree = DiskTree(request.root, request.limits.file_bytes)
    wanted = [file.shown for file in found.files if file.reported or request.stdin is not None]
    folders = given.roots(wanted, tree)
    made = given.render(request.render, folders, tree) if request.render else Given()
    if request.stdin is None:
        return made
    own = given.standard_input(*request.stdin, folders["helm"], tree)
    return made._replace(inputs=(*made.inputs, *own.inputs))


def _inputs(found: Discovered, given: Given, request: Request) -> Iterator[Input]:
    # What is given stands for the file whose name it has.
    for file in found.files:
        if file.shown not in given.paths:
            content = read_bytes(file.path, request.limits.file_bytes)
            yield Input(file.shown, content, file.reported)
    yield from given.inputs


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


def _skipped(seen: Seen, request: Request) -> tuple[Skip, ...]:
    found, given, repository, around = seen
    reported = seen.reported
    skips = [skip for skip in found.skipped if _lies_below(skip.path, request.paths)]
    # What looks like ESO and does not parse is a finding instead, where that rule is active.
    judged = any(active.rule.id == "yaml-syntax" for active in request.rules)
    broken = {(unread.path, unread.span) for unread in repository.unread}
    refused = [each for each in around.problems if (each.path, each.span) not in broken]
    for unread in (*repository.unread, *refused):
        is_finding = judged and unread.reason == "yaml-syntax" and looks_like_eso(unread)
        if unread.path in reported and not is_finding:
            line = unread.span.line if unread.span else None
            skips.append(Skip(unread.path, line, unread.reason, unread.detail))
    patches = {patch.document.path for patch in repository.patches if patch.is_eso}
    patches -= around.deployed.files
    detail = "a kustomize patch that no kustomization here applies: part of an object, not checked"
    skips.extend(Skip(path, None, "patch", detail) for path in patches & reported)
    return tuple(sorted({*skips, *given.skipped}, key=_skip_order))


def _skip_order(skip: Skip) -> tuple[object, ...]:
    return os.path.abspath(skip.path), skip.line or 0, skip.reason, skip.detail


def _lies_below(path: str, folders: Sequence[str]) -> bool:
    here = os.path.join(os.path.abspath(path), "")
    return any(here.startswith(os.path.join(os.path.realpath(f), "")) for f in folders)
