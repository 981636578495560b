"""What esolint believes about the surroundings of manifests, in words."""

from __future__ import annotations

from collections.abc import Iterator

from esolint.context.rendering import REST, Rendering
from esolint.environments import Surroundings
from esolint.graph import Environment
from esolint.repository import Repository
from esolint.resource import Resource, known_namespace
from esolint.value import Route, format_route
from esolint.words import amount, listed

_MOST = 12


def of_tree(around: Surroundings) -> Iterator[str]:
    """Yield the environments of a repository: what is in them, and why esolint thinks so."""
    # The last one may be there only for what nobody lists.
    shown = [env for env in around.environments if env.resources] or around.environments
    for n, env in enumerate(shown):
        yield from ["\n"] if n else []
        yield from _head(around, env)
        named = [rendering for rendering in env.renderings if rendering.name]
        for rendering in named:
            yield from _rendering(rendering)
        plain = [rendering for rendering in env.renderings if not rendering.name]
        eso = sum(resource.is_eso for rendering in plain for resource in rendering.resources)
        if eso:
            folders = listed([r.root for r in plain if any(o.is_eso for o in r.resources)], _MOST)
            yield f"  as they stand: {amount(eso, 'ESO object')} in {folders}\n"
    if around.deployed.undeployed:
        paths = dict.fromkeys(r.document.path for r in around.deployed.undeployed)
        yield f"\nlisted by no kustomization: {listed(list(paths), _MOST)}\n"
    for problem in around.problems:
        line = f":{problem.span.line}" if problem.span else ""
        yield f"refused: {problem.path}{line}: {problem.detail}\n"


def _head(around: Surroundings, env: Environment) -> Iterator[str]:
    index = around.environments.index(env)
    cluster = next((c for c in around.deployed.clusters if c.name == env.name), None)
    because = f": {cluster.because}" if cluster is not None else ""
    kind = "cluster" if env.certain else "environment"
    yield f"{kind} {env.name}{because}\n"
    version = f"{env.eso_version}" if env.eso_version else "not known"
    yield f"  ESO version {version}: {around.because[index]}\n"
    stores = {r.name for r in env.resources if r.kind in ("SecretStore", "ClusterSecretStore")}
    eso = sum(resource.is_eso for resource in env.resources)
    there = f"; stores: {listed(sorted(stores), _MOST)}" if stores else ""
    yield f"  {amount(eso, 'ESO object')} of {amount(len(env.renderings), 'rendering')}{there}\n"


def _rendering(rendering: Rendering) -> Iterator[str]:
    objects = sum(resource.is_eso for resource in rendering.resources)
    if not objects:
        return
    # kustomize stamps a namespace on what stands in none, too.
    housed = (r for r in rendering.resources if r.is_eso and not r.kind.startswith("Cluster"))
    spaces = sorted(filter(None, {known_namespace(r) for r in housed}))
    into = f" into {listed(spaces, _MOST)}" if spaces else ""
    folder = f" of {rendering.root}" if rendering.root not in ("", rendering.name) else ""
    yield f"  {rendering.name}{folder}: {amount(objects, 'ESO object')}{into}\n"
    for why in rendering.unknown[:_MOST]:
        yield f"    not known: {why}\n"


def of_file(path: str, repository: Repository, around: Surroundings) -> Iterator[str]:
    """Yield for each object of a file where it goes, and what rendering makes of it."""
    written = [r for r in repository.objects if r.document.path == path]
    if not written:
        yield f"{path}: no object that esolint reads\n"
    for resource in written:
        yield f"{resource.title} ({path}:{resource.document.span(resource.base).line})\n"
        found = False
        for env in around.environments:
            for one in env.resources:
                if one.document is resource.document and one.base == resource.base:
                    found = True
                    yield from _fate(one, env, around)
        if not found:
            yield "  goes nowhere: " + _why_nowhere(resource, around) + "\n"


def _why_nowhere(resource: Resource, around: Surroundings) -> str:
    if any(resource.document is other.document for other in around.deployed.undeployed):
        return "no kustomization lists this file"
    if resource.document.path in around.deployed.files:
        return "it is a part of other objects, or what they are made by"
    return "a patch that no kustomization applies"


def _fate(one: Resource, env: Environment, around: Surroundings) -> Iterator[str]:
    where = f"{'cluster' if env.certain else 'environment'} {env.name}"
    where = "no certain cluster" if not env.certain and env.name == REST else where
    by = f", by {one.rendering}" if one.rendering else ", as it stands"
    yield f"  {where}{by}\n"
    version = env.eso_version or "not known"
    yield f"    ESO version {version}: {around.because[around.environments.index(env)]}\n"
    name = one.get("metadata", "name")
    if name != one.source_name:
        yield f"    name {name}{_source(one, ('metadata', 'name'))}\n"
    if one.unknown(("metadata", "namespace")):
        yield "    namespace only known after rendering\n"
    elif one.namespace is None:
        yield "    namespace not set by anything here\n"
    else:
        yield f"    namespace {one.namespace}{_source(one, ('metadata', 'namespace'))}\n"
    for route in one.overrides:
        if route not in (("metadata", "name"), ("metadata", "namespace")):
            yield f"    {format_route(route)}{_source(one, route)}\n"
    for route in sorted(one.known, key=format_route):
        if route:
            yield f"    {format_route(route)} is filled in{_filled(one, route)}\n"
    for route in sorted(one.holes, key=format_route):
        yield f"    {format_route(route) or 'all of it'} only known after rendering\n"


def _filled(one: Resource, route: Route) -> str:
    """Return what a placeholder became, where it is a name and cannot be a secret."""
    value = one.get(*route)
    if not one.is_eso or route[-1] not in ("name", "namespace", "key") or value is None:
        return ""
    return f": {one.written(route)} becomes {value}"


def _source(one: Resource, route: Route) -> str:
    document, there = one.origin(route)
    if document is one.document:
        return ""
    return f", from {document.path}:{document.span(there).line}"
