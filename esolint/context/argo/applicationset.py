"""ApplicationSets → the Applications that they make."""

from __future__ import annotations

from esolint.context.argo.generators import Generators, UnclearError
from esolint.context.argo.template import OPENING, Params, fill_all
from esolint.context.rendering import World
from esolint.resource import Resource
from esolint.value import Route, Value, leaves, mapping, route_in, sequence, text, walk

_TEMPLATE: Route = ("spec", "template")
_GENERATORS: Route = ("spec", "generators")
_NAME: Route = ("metadata", "name")
_NAMESPACE: Route = ("metadata", "namespace")
_MOST_PARTS = 1_000_000


def applications(
    applicationset: Resource, world: World
) -> tuple[tuple[Resource, ...], tuple[str, ...]]:
    """Return the Applications that an ApplicationSet makes, and why there may be more."""
    template = mapping(applicationset.get(*_TEMPLATE))
    go = applicationset.get("spec", "goTemplate") is True
    generators = Generators(world, go=go)
    sets: list[Params] = []
    unknown: list[str] = []
    if applicationset.unknown(_TEMPLATE) or applicationset.unknown(_GENERATORS):
        unknown.append("its template or its generators are only known after rendering")
    for i, generator in enumerate(sequence(applicationset.get(*_GENERATORS))):
        try:
            _refuse_placeholders(applicationset, (*_GENERATORS, i))
            sets += generators.read(generator)
        except UnclearError as error:
            unknown.append(str(error))
    unknown += generators.doubts
    if len(sets) * sum(1 for _ in walk(template)) > _MOST_PARTS:
        unknown.append("it makes too many Applications to be followed")
        sets = []
    made: dict[str, Resource] = {}
    for number, params in enumerate(sets):
        application = _made(applicationset, template, params, go, number)
        made.setdefault(application.name, application)
    title = f"ApplicationSet {applicationset.name}"
    return tuple(made.values()), tuple(f"{title}: {why}" for why in dict.fromkeys(unknown))


def _refuse_placeholders(applicationset: Resource, route: Route) -> None:
    """Refuse a generator with a placeholder of another kind than its own templates."""
    for inner, leaf in leaves(applicationset.get(*route)):
        own = isinstance(leaf, str) and OPENING in leaf
        if not own and inner[-1:] != ("repoURL",) and applicationset.unknown(route + inner):
            raise UnclearError("a parameter is only known after rendering")


def _made(
    applicationset: Resource, template: dict[str, Value], params: Params, go: bool, number: int
) -> Resource:
    """Return one Application, which stands where the template does."""
    filled = fill_all({key: template.get(key) for key in ("metadata", "spec")}, params, go)
    fields = mapping(filled.value)
    metadata: dict[str, Value] = {**mapping(fields.get("metadata"))}
    holes, known = set(filled.holes), set(filled.known)
    if _NAME in holes or not text(metadata.get("name")):
        # Each is an Application of its own, whatever it is called.
        metadata["name"] = f"{metadata.get('name')} ({number + 1})"
        holes.add(_NAME)
    document, base = applicationset.origin(_TEMPLATE)
    depth = len(_TEMPLATE)
    overrides = {
        route[depth:]: origin
        for route, origin in applicationset.overrides.items()
        if route[:depth] == _TEMPLATE and len(route) > depth
    }
    overrides[_NAMESPACE] = applicationset.origin(_NAMESPACE)
    if applicationset.namespace is not None:
        metadata["namespace"] = applicationset.namespace
    if applicationset.unknown(_NAMESPACE):
        holes.add(_NAMESPACE)
    holes |= {hole[depth:] for hole in applicationset.holes if hole[:depth] == _TEMPLATE}
    known |= {route[depth:] for route in applicationset.known if route[:depth] == _TEMPLATE}
    if applicationset.get("spec", "templatePatch") is not None:
        holes.add(())
    known = {route for route in known if not route_in(route, tuple(holes))}
    value: dict[str, Value] = {
        "apiVersion": applicationset.api_version,
        "kind": "Application",
        "metadata": metadata,
        "spec": fields.get("spec"),
    }
    return Resource(
        value,
        document,
        base,
        overrides,
        frozenset(holes),
        frozenset(known),
        applicationset.rendering,
    )
