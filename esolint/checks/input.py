"""Topic input: what the loader noticed while it read."""

from __future__ import annotations

from collections.abc import Iterator

from esolint.repository import Repository, looks_like_eso
from esolint.resource import Resource, unreadable
from esolint.rule import Finding
from esolint.value import Route, format_route, parse_route


def yaml_syntax(repository: Repository) -> Iterator[Finding]:
    for unread in repository.unread:
        if unread.reason == "yaml-syntax" and unread.span and looks_like_eso(unread):
            yield Finding(unreadable(unread), (), unread.detail)


def duplicate_key(repository: Repository) -> Iterator[Finding]:
    for resource in repository.objects:
        # The value that was replaced may have been the one that names ESO.
        if resource.is_eso or looks_like_eso(resource.document):
            for route in _duplicates(resource):
                where = format_route(route[:-1]) or "the object"
                message = f'"{route[-1]}" is given more than once in {where}'
                yield Finding(resource, route, message, point="text")


def _duplicates(resource: Resource) -> Iterator[Route]:
    depth = len(resource.base)
    for route in dict.fromkeys(resource.document.duplicates):
        if route[:depth] == resource.base:
            yield route[depth:]


def not_an_object(repository: Repository) -> Iterator[Finding]:
    for resource in repository.resources:
        if not resource.is_eso:
            continue
        wanted = {"kind": resource.kind, "metadata.name": resource.name}
        missing = [name for name, there in wanted.items() if not there]
        if missing:
            message = f"an object of {resource.group} without {' and '.join(missing)}"
            route = parse_route(missing[0])
            # Of a name that is missing with all metadata, nothing else has a place.
            there = isinstance(resource.get(*route[:-1]), dict)
            yield Finding(resource, route if there else route[:1], message, point="key")
