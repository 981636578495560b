"""Which keys an ExternalSecret fetches, and which its target will hold.

Source: ESO v2.9.0, pkg/controllers/externalsecret (…_secret.go, …_template.go, …_manifest.go),
pkg/controllers/templating/parser.go and runtime/esutils/utils.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from esolint.go import regexp_error
from esolint.resource import Resource, known_namespace
from esolint.value import Route, Value, mapping, sequence, text

# Finds the objects that a kind, a name and a namespace may mean. The namespace is None where it
# is not known, and for what has none.
Find: TypeAlias = Callable[[str, str, "str | None"], Sequence[Resource]]

# What ESO and the API server take as a key of a Secret. Anything else is an error or a
# placeholder, and so is one that holds `__A_WORD__`; `APP__AUTH__KEY` is none.
_KEY = r"(?!.*(?<![A-Za-z0-9])__[A-Za-z0-9]\w*__)[-._a-zA-Z0-9]{1,253}"
_REFERENCE = r"\$(?:\$|(\w+)|\{(\w+)\})"  # in the target of a Go regexp's replacement
_CONTROL = r"\{\{-?\s*(?:if|else|end|range|with|define|block|template|break|continue)\b"
# A line of a YAML mapping: one of its keys, or what belongs to the value of the one before.
_LINE = r"(?:([\"']?)([-._a-zA-Z0-9]+)\1:(?:\s.*)?|\s.*|#.*|---|)"


class Keys(NamedTuple):
    """The keys that an object holds.

    `named` leads from a key to the route, in the resource that writes the object, where it
    comes from. `exact`: there are no others; else `why` completes "others are possible: …".
    """

    named: Mapping[str, Route]
    exact: bool
    why: str = ""


NO_KEYS = Keys({}, True)


def unknown_keys(why: str) -> Keys:
    return Keys({}, False, why)


def nothing_known(kind: str, name: str, namespace: str | None) -> Sequence[Resource]:
    """Find nothing: what is asked where only one resource is at hand."""
    return ()


def key_names(routes: Iterable[tuple[str, Route]]) -> Keys:
    """Return keys with where each comes from; one that may be a placeholder is not known."""
    every = dict(routes)
    named = {key: route for key, route in every.items() if re.fullmatch(_KEY, key)}
    if len(named) == len(every):
        return Keys(named, True)
    return Keys(named, False, "a key is only known after rendering")


def union(parts: Iterable[Keys]) -> Keys:
    """Return the keys of all parts; where two have a key, it comes from the later one."""
    named: dict[str, Route] = {}
    why = ""
    exact = True
    for part in parts:
        named.update(part.named)
        exact = exact and part.exact
        why = why or part.why
    return Keys(named, exact, why)


def mapping_keys(resource: Resource, *routes: Route) -> Keys:
    """Return the keys of the mappings at some routes, where they are all there is."""
    parts: list[Keys] = []
    for route in routes:
        value = resource.get(*route)
        if resource.unknown(route) or not isinstance(value, dict | None):
            parts.append(unknown_keys(f"{route[-1]} is only known after rendering"))
        else:
            parts.append(key_names((key, (*route, key)) for key in value or ()))
    return union(parts)


# What comes from providers and generators


def fetched(resource: Resource, base: Route, find: Find = nothing_known) -> Keys:
    """Return the keys that come from the provider and from generators: what templates see.

    `base` is the route of an ExternalSecret's spec.
    """
    parts: list[Keys] = []
    for field, read in (("dataFrom", _data_from), ("data", _data)):
        route = (*base, field)
        written = resource.get(*route)
        if resource.unknown(route) or not isinstance(written, list | None):
            parts.append(unknown_keys(f"{field} is only known after rendering"))
        for i, _ in enumerate(sequence(written)):
            parts.append(read(resource, (*route, i), find))
    return union(parts)


def _data(resource: Resource, entry: Route, find: Find) -> Keys:
    route = (*entry, "secretKey")
    key = resource.get(*route)
    if resource.unknown(route) or not isinstance(key, str):
        return unknown_keys("a secretKey is only known after rendering")
    return key_names([(key, route)])


def _data_from(resource: Resource, entry: Route, find: Find) -> Keys:
    where = f"dataFrom[{entry[-1]}]"
    given = {k: v for k, v in mapping(resource.get(*entry)).items() if v is not None}
    source = mapping(given.get("sourceRef"))
    generated = source.get("generatorRef") is not None
    ways = ("find" in given) + ("extract" in given) + generated
    if resource.unknown(entry):
        return unknown_keys(f"{where} is only known after rendering")
    if not ways and source.get("storeRef") is not None:
        return NO_KEYS  # ESO does nothing with it
    if ways == 1 and generated:
        keys = _generated(resource, entry, find)
    else:
        keys = unknown_keys(f"{where} brings what the provider holds")
    route = (*entry, "rewrite")
    operations = given.get("rewrite")
    if resource.unknown(route) or not isinstance(operations, list | None):
        return unknown_keys(f"{where} renames its keys")
    for i, _ in enumerate(operations or ()):
        keys = _rewritten(resource, (*route, i), keys)
    return keys


def _generated(resource: Resource, entry: Route, find: Find) -> Keys:
    route = (*entry, "sourceRef", "generatorRef")
    kind, name = text(resource.get(*route, "kind")), text(resource.get(*route, "name"))
    if not kind or resource.unknown((*route, "kind")):
        return unknown_keys("a generator is only known after rendering")
    meant: Sequence[Resource | None] = ()
    if name and not resource.unknown((*route, "name")):
        namespace = None if kind == "ClusterGenerator" else known_namespace(resource)
        meant = find(kind, name, namespace)
    # Its table takes time to load, and few ExternalSecrets name a generator.
    from esolint.model.generator import output

    outputs = [output(kind, generator) for generator in meant or (None,)]
    keys = key_names(
        (key, route) for key in sorted(frozenset.intersection(*(o.keys for o in outputs)))
    )
    if all(o.exact and len(o.keys) == len(keys.named) for o in outputs):
        return keys
    return Keys(keys.named, False, f"what generator {kind} gives is not known")


def _rewritten(resource: Resource, operation: Route, keys: Keys) -> Keys:
    """Apply one operation of `rewrite`: the first of merge, regexp and transform counts."""
    written = mapping(resource.get(*operation))
    lost = unknown_keys(f"dataFrom[{operation[-3]}] renames its keys")
    if resource.unknown(operation):
        return lost
    merge, regexp = mapping(written.get("merge")), mapping(written.get("regexp"))
    if written.get("merge") is not None:
        into = text(merge.get("into"))
        if merge.get("strategy") != "JSON" or not into:
            return lost
        if any(resource.unknown((*operation, "merge", f)) for f in ("strategy", "into")):
            return lost
        return union((keys, key_names([(into, (*operation, "merge", "into"))])))
    if written.get("regexp") is not None:
        source, target = regexp.get("source"), regexp.get("target")
        if not isinstance(source, str) or not isinstance(target, str | None):
            return lost
        if any(resource.unknown((*operation, "regexp", f)) for f in ("source", "target")):
            return lost
        if regexp_error(source) is not None:
            return lost
        renamed = key_names(
            (replace_all(source, target or "", key), route) for key, route in keys.named.items()
        )
        return union((keys._replace(named={}), renamed))
    return keys if written.get("transform") is None else lost


def replace_all(pattern: str, target: str, subject: str) -> str:
    """Replace as Go's `Regexp.ReplaceAllString` does, with a pattern that Go compiles.

    In `target`, `$1` and `${name}` stand for groups, and `$$` for a dollar.
    """
    import re2

    options = re2.Options()
    options.max_mem = 256 << 20
    out = ""
    end = 0
    before = -1
    for match in re2.compile(pattern.encode(errors="replace").decode(), options).finditer(subject):
        start, stop = match.span()
        if start == stop == before:  # nothing, right behind a match, is no match
            continue
        groups = {str(i): group for i, group in enumerate((match[0], *match.groups()))}
        groups.update(match.groupdict())
        out += subject[end:start] + _expanded(target, groups)
        end = before = stop
    return out + subject[end:]


def _expanded(target: str, groups: Mapping[str, str | None]) -> str:
    """Fill in the groups of a match; one that there is not, or that has no part, is empty."""

    def group(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        return "$" if name is None else groups.get(name) or ""

    return re.sub(_REFERENCE, group, target)


# What is written


def creation_policy(resource: Resource, base: Route) -> str | None:
    """Return the creationPolicy of an ExternalSecret's spec; None where it is not known."""
    route = (*base, "target", "creationPolicy")
    return None if resource.unknown(route) else text(resource.get(*route)) or "Owner"


def secret_keys(resource: Resource, base: Route, find: Find = nothing_known) -> Keys:
    """Return the keys that the target of an ExternalSecret holds once it is synced.

    `base` is the route of its spec. A target that is no Secret or ConfigMap has none that are
    known. With deletionPolicy Delete or Merge a key that the provider lost is lost here too.
    """
    keys = _written(resource, base, find)
    if creation_policy(resource, base) in ("Owner", "Orphan", "None"):
        return keys
    return Keys(keys.named, False, keys.why or "they are merged into what is there")


def _written(resource: Resource, base: Route, find: Find) -> Keys:
    target = (*base, "target")
    route = (*target, "template")
    template = resource.get(*route)
    if any(resource.unknown((*target, field)) for field in ("template", "manifest")):
        return unknown_keys("the template is only known after rendering")
    generic = resource.get(*target, "manifest")
    kind = mapping(generic).get("kind") if generic is not None else "Secret"
    if template is None:
        if generic is None or kind == "ConfigMap":
            return fetched(resource, base, find)
        return unknown_keys("the target is no Secret")
    fields = mapping(template)
    emits = bool(fields.get("data") or fields.get("templateFrom"))
    if generic is not None and not (emits and kind in ("Secret", "ConfigMap")):
        return unknown_keys("the target is no Secret")
    # Entries for labels and annotations count too: with them alone no key is left.
    if not emits:
        return fetched(resource, base, find)
    made = templated(resource, route, find)
    policy = (*route, "mergePolicy")
    if resource.unknown(policy):
        return Keys(made.named, False, "mergePolicy is only known after rendering")
    if resource.get(*policy) == "Merge" and generic is None:
        return union((fetched(resource, base, find), made))
    return made


def templated(resource: Resource, route: Route, find: Find = nothing_known) -> Keys:
    """Return the keys that the template at a route adds to the data."""
    sources = (*route, "templateFrom")
    written = resource.get(*sources)
    parts: list[Keys] = []
    if resource.unknown(sources) or not isinstance(written, list | None):
        parts.append(unknown_keys("templateFrom is only known after rendering"))
    parts += [
        _template_from(resource, (*sources, i), find) for i, _ in enumerate(sequence(written))
    ]
    return union((*parts, mapping_keys(resource, (*route, "data"))))


def _template_from(resource: Resource, entry: Route, find: Find) -> Keys:
    where = f"templateFrom[{entry[-1]}]"
    written = resource.get(*entry)
    if not isinstance(written, dict) or resource.unknown(entry):
        return unknown_keys(f"{where} is only known after rendering")
    goal = written.get("target")
    if isinstance(goal, str) and goal.lower() in ("labels", "annotations"):
        return NO_KEYS
    if goal is not None and not (isinstance(goal, str) and goal.lower() in ("", "data")):
        return unknown_keys(f"{where} has a target of its own")
    parts: list[Keys] = []
    for field, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
        if written.get(field) is not None:
            parts.extend(_items(resource, (*entry, field), kind, find))
    literal = written.get("literal")
    if literal is not None:
        parts.append(_keys_in(literal, (*entry, "literal")))
    return union(parts)


def _items(resource: Resource, route: Route, kind: str, find: Find) -> Iterator[Keys]:
    items = (*route, "items")
    if resource.unknown(items) or not isinstance(resource.get(*items), list):
        yield unknown_keys("items of templateFrom are only known after rendering")
    for i, item in enumerate(sequence(resource.get(*items))):
        here = (*items, i, "key")
        key = text(resource.get(*here))
        scope = mapping(item).get("templateAs")
        if key is None or resource.unknown(here) or resource.unknown((*items, i, "templateAs")):
            yield unknown_keys("items of templateFrom are only known after rendering")
        elif scope in (None, "Values"):
            yield key_names([(key, here)])
        else:
            name = text(resource.get(*route, "name"))
            found: Sequence[Resource] = ()
            if name and kind == "ConfigMap" and not resource.unknown((*route, "name")):
                found = find(kind, name, known_namespace(resource))
            template = found[0].get("data", key) if len(found) == 1 else None
            yield _keys_in(template, here)


def _keys_in(template: Value, route: Route) -> Keys:
    """Return the keys of a template of keys and values, where they are written out in it.

    A value is taken not to bring keys of its own with its lines.
    """
    written = template if isinstance(template, str) else ""
    lines = [re.fullmatch(_LINE, line) for line in written.splitlines()]
    if not written or None in lines or re.search(_CONTROL, written):
        return unknown_keys("a template makes the keys")
    return key_names((line[2], route) for line in lines if line is not None and line[2])
