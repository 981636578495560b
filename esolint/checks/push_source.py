"""The rule of topic push about keys that a PushSecret takes from its source.

Source: ESO v2.9.0, pkg/controllers/pushsecret: what the template makes is put over what the
Secret or the generator holds, and a key that is in neither is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from esolint.checks.refs_sources import knows_all_keys, live_together
from esolint.graph import Environment
from esolint.model.consumer import generator_uses
from esolint.model.generator import output
from esolint.model.keys import templated
from esolint.nearest import nearest
from esolint.resource import ESO_GROUP, Resource, known_namespace
from esolint.rule import Finding, Note
from esolint.value import Route, expand, parse_route, text
from esolint.words import listed, quoted

_MOST = 5
_SECRET: Route = ("spec", "selector", "secret")
_TEMPLATE: Route = ("spec", "template")


class _Source(NamedTuple):
    """What is pushed: what to call it, its keys, and the places that say so."""

    title: str
    keys: frozenset[str]
    notes: tuple[Note, ...]


def push_source_key_missing(env: Environment) -> Iterator[Finding]:
    place = env.place
    for push in env.of_kind("PushSecret"):
        entries = expand(parse_route("spec.data.*.match.secretKey"), push.value)
        wanted = [(text(push.get(*route)), route) for route in entries]
        if push.group != ESO_GROUP or not any(key for key, _ in wanted):
            continue
        source = _source(push, env)
        together = live_together(place, push, source.notes) if source else False
        if source is None or together is False:
            continue
        for key, route in wanted:
            # Only as it is written; another strategy turns the source's keys into others.
            strategy = (*route[:-2], "conversionStrategy")
            plain = push.get(*strategy) in (None, "None") and not push.unknown(strategy)
            if key and key not in source.keys and plain and not push.unknown(route):
                near = nearest(key, source.keys)
                yield Finding(
                    push,
                    route,
                    f"{push.title} pushes the key {quoted(key)} of {source.title}, which has only"
                    f" {listed(sorted(source.keys), _MOST)}",
                    confidence=None if near and together else "medium",
                    related=source.notes,
                )


def _source(push: Resource, env: Environment) -> _Source | None:
    """Return what a PushSecret takes its keys from; None where they are not all known."""
    found = _secret(push, env) or _generator(push, env)
    if found is None or push.unknown(_TEMPLATE):
        return None
    if push.get(*_TEMPLATE) is None:
        return found
    made = templated(push, _TEMPLATE, env.links.find)
    return found._replace(keys=found.keys | made.named.keys()) if made.exact else None


def _secret(push: Resource, env: Environment) -> _Source | None:
    name, namespace = text(push.get(*_SECRET, "name")), known_namespace(push)
    if not name or not namespace or push.unknown((*_SECRET, "name")):
        return None
    makers = env.links.writers_of("Secret", name, namespace)
    # Into a store that is not known it may push the Secret of some other namespace.
    makers = [maker for maker in makers if maker.resource is not push]
    if not knows_all_keys(makers):
        return None
    named = [maker for maker in makers if "*" not in maker.name]
    keys = frozenset(key for maker in named for key in maker.keys.named)
    notes = tuple(Note(maker.resource, maker.route, "the source") for maker in named[:_MOST])
    return _Source(f'Secret "{name}"', keys, notes)


def _generator(push: Resource, env: Environment) -> _Source | None:
    for use in generator_uses(push):
        meant = [r for r in (*env.of_kind(use.kind), *env.elsewhere) if use.means(r)]
        found = [output(use.kind, generator) for generator in meant]
        if found and all(each.exact for each in found):
            keys = frozenset().union(*(each.keys for each in found))
            notes = (Note(meant[0], ("metadata", "name"), "the source"),)
            return _Source(use.title, keys, notes)
    return None
