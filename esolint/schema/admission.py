"""Would the API server take an object? Schema, metadata, CEL rules and versions together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from esolint.nearest import hint, nearest, suggestion
from esolint.resource import ESO_GROUPS
from esolint.schema.catalog import (
    Catalog,
    CelRule,
    Kind,
    KindVersion,
    Schema,
    compile_rule,
    packaged,
)
from esolint.schema.metadata import check_metadata
from esolint.schema.structural import defaulted, validate
from esolint.schema.tree import varies_on
from esolint.schema.versions import Version
from esolint.schema.violation import Holes, Violation, field_name, no_holes
from esolint.value import Route, Value, at, format_route


class Admission(NamedTuple):
    """The API server's verdict on an object.

    `value` is the object with the schema's defaults, as given where there is no schema.
    `schema` is what it was judged by; None where no schema fits its kind.
    """

    violations: list[Violation]
    value: Value
    schema: Schema | None


def admit(
    value: Value,
    api_version: str,
    kind: str,
    *,
    eso_version: Version | None = None,
    unknown: Holes = no_holes,
    catalog: Catalog | None = None,
) -> Admission:
    """Judge an object as an API server with the CRDs of an ESO version does on creation.

    Without a version the newest schemas that serve the object count, and what an older
    version that serves it would take is not reported. `unknown` says of a route that its
    value is not known before rendering: what hangs on it is not reported. That an object
    has a kind and a name at all is not checked here, nor are keys given twice.
    """
    catalog = catalog or packaged()
    if not concerns(api_version) or unknown(("kind",)) or unknown(("apiVersion",)):
        return Admission([], value, None)
    if kind not in catalog.kinds:
        catalog = packaged()  # a user's own CRDs need not be all of them
    found = catalog.find(kind, api_version)
    if found is None:
        return Admission([_no_such_kind(api_version, kind, catalog)] if kind else [], value, None)
    entry, version = found
    if eso_version is not None:
        refused = _not_served(entry, version, eso_version, catalog)
        if refused is not None:
            return Admission([refused], value, None)
    schema = catalog.load(kind, api_version, eso_version)
    if schema is None:
        return Admission([], value, None)

    filled, violations = _judge(value, schema, unknown, catalog)
    if eso_version is None:
        violations = _in_every_version(violations, value, schema, unknown, catalog)
    else:
        violations = [_of_version(violation, value, schema, catalog) for violation in violations]
    metadata = value.get("metadata") if isinstance(value, dict) else None
    violations += (
        violation
        for violation in check_metadata(metadata, namespaced=entry.namespaced)
        if not unknown(violation.route)
    )
    violations += _deprecated(value, schema, eso_version, unknown, catalog)
    return Admission(violations, filled, schema)


def concerns(api_version: str) -> bool:
    """Say whether an apiVersion is of ESO's groups, or meant to be (`External-Secrets.io/v1`)."""
    if "external-secrets.io" not in api_version.lower():
        return False
    group, slash, _ = api_version.strip().lower().rpartition("/")
    return (group if slash else api_version.strip().lower()) in ESO_GROUPS


# Kinds and versions


def _no_such_kind(api_version: str, kind: str, catalog: Catalog) -> Violation:
    group = api_version.rpartition("/")[0]
    entry = catalog.kinds.get(kind)
    if group not in ESO_GROUPS:
        known = sorted({v.api_version for k in catalog.kinds.values() for v in k.versions.values()})
        near = _newest(entry) if entry else nearest(api_version.strip(), known)
        message = f'"{api_version}" is no API version of External Secrets Operator'
        return Violation("unknown-kind", ("apiVersion",), message + suggestion(near))
    if entry is None:
        kinds = [name for name, other in catalog.kinds.items() if other.group == group]
        message = f'"{kind}" is no kind of {group}{hint(kind, kinds)}'
        return Violation("unknown-kind", ("kind",), message)
    if entry.group != group:
        message = f"{kind} is a kind of {entry.group}, not of {group}"
        return Violation("unknown-kind", ("apiVersion",), message)
    versions = ", ".join(version.api_version for version in entry.versions.values())
    message = f"{kind} has no API version {api_version} (there are: {versions})"
    return Violation("unknown-kind", ("apiVersion",), message)


def _newest(entry: Kind) -> str:
    return max(entry.versions.values(), key=lambda version: version.served).api_version


def _not_served(
    entry: Kind, version: KindVersion, eso_version: Version, catalog: Catalog
) -> Violation | None:
    """Return what is wrong with a kind and apiVersion in a version of ESO, if anything.

    The message leaves `eso_version` out, so that the findings of an upgrade's versions are one.
    """
    minors = catalog.minors
    bit = minors.bit(eso_version)
    if version.served & bit:
        return None
    existed = 0
    for other in entry.versions.values():
        existed |= other.known
    if not existed & bit:
        message = f"{entry.name} exists {minors.describe(existed, 'ESO ')}"
        return Violation("field-not-in-version", ("kind",), message)
    served = minors.members(version.served)
    if not served:
        message = f"no known version of ESO serves {entry.name} as {version.api_version}"
        return Violation("removed-api-version", ("apiVersion",), message)
    if minors.covering(eso_version) < served[0]:
        message = f"{entry.name} exists as {version.api_version} since ESO {served[0]}"
        return Violation("field-not-in-version", ("apiVersion",), message)
    stopped = next(known for known in minors.known if known > served[-1])
    message = f"ESO {stopped} stopped serving {entry.name} as {version.api_version}"
    successors = [v for v in entry.versions.values() if v.served & bit]
    if successors:
        next_one = max(successors, key=lambda version: version.served)
        message += f" in favour of {next_one.api_version}"
        both = minors.members(version.served & next_one.served)
        if both:
            names = f"{both[0]} serves" if len(both) == 1 else f"{both[0]} to {both[-1]} serve"
            message += f"; {names} both"
    return Violation("removed-api-version", ("apiVersion",), message)


# One version


def _judge(
    value: Value, schema: Schema, unknown: Holes, catalog: Catalog
) -> tuple[Value, list[Violation]]:
    filled = defaulted(value, schema.root)
    # On creation the API server drops a status, but what it names must exist.
    ignore = ("status",) if schema.version.status & schema.bit else ()
    violations = validate(filled, value, schema.root, unknown, ignore=ignore)
    for rule in catalog.cel_rules(schema.kind.name, schema.version.api_version):
        if rule.within & schema.bit:
            violations.extend(_broken(rule, filled, violations, unknown))
    return filled, violations


def _broken(
    rule: CelRule, value: Value, violations: list[Violation], unknown: Holes
) -> Iterator[Violation]:
    for route, part in _parts(value, rule.at):
        # An object with a fault of its own is not judged further: that would be its echo.
        faulty = any(
            violation.route == route[: len(violation.route)]
            or (violation.route[:-1] == route and violation.rule != "invalid-pattern")
            for violation in violations
        )
        if not faulty and not unknown(route) and _fails(rule.holds, part, route, unknown):
            message = rule.message.replace("{}", field_name(route))
            yield Violation("schema-rule-violated", route, message)


def _parts(value: Value, at: tuple[str, ...]) -> Iterator[tuple[Route, Value]]:
    """Yield the values that a route with `[]` and `{}` leads to."""
    stack: list[tuple[Route, Value, int]] = [((), value, 0)]
    while stack:
        route, here, depth = stack.pop()
        if depth == len(at):
            yield route, here
        elif at[depth] == "[]":
            if isinstance(here, list):
                stack.extend(
                    ((*route, i), here[i], depth + 1) for i in range(len(here) - 1, -1, -1)
                )
        elif isinstance(here, dict):
            keys = reversed(here) if at[depth] == "{}" else (at[depth],)
            stack.extend(((*route, key), here[key], depth + 1) for key in keys if key in here)


def _fails(expression: str, value: Value, route: Route, unknown: Holes) -> bool:
    """Say whether a rule is broken for certain: an error of CEL counts, a hole does not."""
    from esolint.cel import Failed

    program = compile_rule(expression)
    if "oldSelf" in program.variables:  # about changes, and a manifest shows none
        return False
    outcome = program.evaluate({"self": value}, lambda _, inside: unknown((*route, *inside)))
    return outcome is False or isinstance(outcome, Failed)


# Several versions


def _in_every_version(
    violations: list[Violation], value: Value, schema: Schema, unknown: Holes, catalog: Catalog
) -> list[Violation]:
    """Keep the violations that no version which serves the object would let pass."""
    tree = catalog.tree(schema.version)
    if not any(_depends(violation, tree, schema, catalog) for violation in violations):
        return violations
    for minor in catalog.unlike(schema.version, schema.bit):
        if not violations:
            break
        older = catalog.project(schema.kind, schema.version, minor)
        routes = [violation.route for violation in _judge(value, older, unknown, catalog)[1]]
        violations = [v for v in violations if any(_related(v.route, route) for route in routes)]
    return violations


def _depends(
    violation: Violation, tree: dict[str, object], schema: Schema, catalog: Catalog
) -> bool:
    if varies_on(tree, violation.route):
        return True
    if violation.rule != "schema-rule-violated":
        return False
    rules = catalog.cel_rules(schema.kind.name, schema.version.api_version)
    return any(rule.within & schema.version.served != schema.version.served for rule in rules)


def _related(a: Route, b: Route) -> bool:
    shorter = min(len(a), len(b))
    return a[:shorter] == b[:shorter]


def _of_version(violation: Violation, value: Value, schema: Schema, catalog: Catalog) -> Violation:
    """Say of a field or value that only other versions have since and until when they do."""
    if violation.rule not in ("unknown-field", "invalid-enum-value"):
        return violation
    route = violation.route
    of_value = violation.rule == "invalid-enum-value"
    wanted = at(value, route) if of_value else None
    there = 0
    for version in schema.kind.versions.values():
        there |= catalog.minors_with(version, route, wanted) & version.served
    if not there or there & schema.bit:
        return violation
    what = f'"{at(value, route)}" for {field_name(route)}' if of_value else format_route(route)
    message = f"{what} exists {catalog.minors.describe(there, 'ESO ')}"
    return Violation("field-not-in-version", route, message)


def _deprecated(
    value: Value, schema: Schema, eso_version: Version | None, unknown: Holes, catalog: Catalog
) -> Iterator[Violation]:
    for entry in catalog.deprecations(schema.kind.name, schema.version.api_version):
        served = schema.version.served
        if not entry.within & schema.bit or (eso_version is None and served & ~entry.within):
            continue
        for route, part in _parts(value, entry.at):
            if part is not None and entry.value in (None, part) and not unknown(route):
                yield Violation("deprecated-field", route, f"{format_route(route)} {entry.message}")
