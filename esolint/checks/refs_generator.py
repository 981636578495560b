"""The rules of topic refs about generators: is there what a generatorRef names.

Source: ESO v2.9.0, runtime/esutils/resolvers/generator.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from esolint.graph import Environment
from esolint.model.consumer import (
    CLUSTER_GENERATOR,
    CONSUMER_KINDS,
    GENERATOR_GROUP,
    GeneratorUse,
    generator_uses,
)
from esolint.model.generator import GENERATOR_FIELDS, GENERATOR_KINDS
from esolint.nearest import nearest
from esolint.resource import Resource, known_namespace
from esolint.rule import Finding, Note
from esolint.value import Route, mapping, text

_KINDS = frozenset((*GENERATOR_KINDS, CLUSTER_GENERATOR))
_NAME: Route = ("metadata", "name")


def generator_not_found(env: Environment) -> Iterator[Finding]:
    for use, same, other in _unanswered(env):
        if other or not same or any(use.means(generator) for generator in env.others):
            continue  # what another cluster has, this one may get from elsewhere
        fault = f"{use.resource.title} refers to {use.title}"
        abroad = [generator for generator in same if generator.name == use.name]
        near = None
        if abroad:
            there = known_namespace(abroad[0])
            fault += f' of namespace "{use.namespace}", but it stands in "{there}"'
            related = tuple(Note(generator, _NAME, "in another namespace") for generator in abroad)
        else:
            within = {generator.name: generator for generator in same if use.reaches(generator)}
            near = nearest(use.name, within)
            fault += ", which the repository does not define"
            related = (Note(within[near], _NAME, "did you mean this one?"),) if near else ()
        if near is None and _may_be_hidden(use, env):
            continue
        yield Finding(
            use.resource,
            (*use.route, "name"),
            fault,
            # Without a name that is meant instead, another repository may define it.
            confidence=None if near else "medium",
            related=related,
        )


def _may_be_hidden(use: GeneratorUse, env: Environment) -> bool:
    """Say whether a generator may come with its consumer, or stand in what cannot be read."""
    texts = (unread.piece.text for unread in env.unread if unread.piece is not None)
    return env.open_because(use.resource) is not None or any(
        use.kind in text and use.name in text for text in texts
    )


def generator_kind_mismatch(env: Environment) -> Iterator[Finding]:
    for generator in env.of_kind(CLUSTER_GENERATOR):
        if generator.group == GENERATOR_GROUP:
            yield from _other_spec(generator)
    for use in _uses(env):
        written = _foreign_group(use)
        if written:
            message = f'{use.resource.title} looks for {use.title} in "{written}"'
            route = (*use.route, "apiVersion")
            yield Finding(use.resource, route, message, case="api-group")
    for use, _, other in _unanswered(env):
        for meant in other[:1]:
            yield Finding(
                use.resource,
                (*use.route, "kind"),
                f"{use.resource.title} refers to {use.title}, "
                f"but the repository has a {meant.kind} of that name",
                case="other-kind",
                related=(Note(meant, _NAME, f"a {meant.kind}"),),
            )


def _other_spec(generator: Resource) -> Iterator[Finding]:
    kind: Route = ("spec", "kind")
    base: Route = ("spec", "generator")
    named = text(generator.get(*kind))
    fields = [key for key, value in mapping(generator.get(*base)).items() if value is not None]
    if named not in GENERATOR_KINDS or generator.unknown(kind) or generator.unknown(base):
        return
    if len(fields) == 1 and GENERATOR_FIELDS.get(fields[0], named) != named:
        yield Finding(
            generator,
            kind,
            f"{generator.title} is to be a {named}, but has only {fields[0]}",
            case="other-spec",
            related=(Note(generator, (*base, fields[0]), "what it has"),),
        )


def _uses(env: Environment) -> Iterator[GeneratorUse]:
    for resource in env.of_kind(*CONSUMER_KINDS):
        yield from (use for use in generator_uses(resource) if use.kind in _KINDS)


def _foreign_group(use: GeneratorUse) -> str | None:
    """Return the apiVersion of a reference where it is of a group without generators."""
    written = text(use.resource.get(*use.route, "apiVersion"))
    return written if written and written.partition("/")[0] != GENERATOR_GROUP else None


def _unanswered(env: Environment) -> Iterator[tuple[GeneratorUse, list[Resource], list[Resource]]]:
    """Yield each reference that no generator answers, with those that somebody may have meant.

    First those of its kind, whatever their name and namespace, then those of its name.
    """
    known = _generators(env)
    for use in _uses(env):
        same = known.get(use.kind, [])
        if _foreign_group(use) or any(g.unknown(_NAME) or use.means(g) for g in same):
            continue
        other = [
            generator
            for kind in sorted(known.keys() - {use.kind})
            for generator in known[kind]
            if generator.name == use.name and use.reaches(generator)
        ]
        yield use, same, [generator for generator in other if not generator.unknown(_NAME)]


def _generators(env: Environment) -> Mapping[str, list[Resource]]:
    """Return the generators that live here, and those that may, by kind."""
    found: dict[str, list[Resource]] = {}
    for resource in (*env.of_kind(*_KINDS), *env.elsewhere):
        if resource.kind in _KINDS and resource.group == GENERATOR_GROUP:
            found.setdefault(resource.kind, []).append(resource)
    return found
