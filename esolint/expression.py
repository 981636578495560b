"""Rules whose check is a CEL expression → the functions that the engine calls.

The expression states what must hold, as in a ValidatingAdmissionPolicy: false is a finding;
an error or a verdict that hangs on a hole is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from esolint.cel import compile
from esolint.graph import Environment
from esolint.resource import Resource
from esolint.rule import Finding, Rule
from esolint.value import Route, Value, at, parse_route, route_in, sequence

_BLANK = r"\{(kind|name|value)\}"
VARIABLES = ("object", "spec", "raw", "item")


def compiled(rule: Rule) -> Callable[[Resource, Environment], Iterator[Finding]]:
    """Return the check of a rule with `cel`, `at`, `message` and perhaps `each`.

    `object` and `spec` have the CRD's defaults, `raw` is the object as written, and with
    `each`, the route of a list in the spec, `item` is one of its items. `at` is relative to
    the item or the spec. In the message, `{kind}`, `{name}` and `{value}` stand for the
    object's and for what is found at `at`. Objects of other groups, whose kind is only called
    the same, are passed over. Raises cel.CelError.
    """
    program = compile(rule.check["cel"], VARIABLES)
    message = str(rule.check["message"])
    pointer = parse_route(rule.check.get("at", ""))
    each = parse_route(rule.check["each"]) if "each" in rule.check else None

    def check(resource: Resource, environment: Environment) -> Iterator[Finding]:
        if not resource.is_eso:
            return
        base = rule.kinds[resource.kind]
        whole = environment.defaulted(resource)
        spec = at(whole, base)
        if not isinstance(spec, dict):
            return
        bindings: dict[str, Value] = {"object": whole, "spec": spec, "raw": resource.value}
        homes: list[Route] = [base]
        if each is not None:
            items = sequence(at(spec, each))
            homes = [(*base, *each, i) for i in range(len(items))]
        for home in homes:
            roots = {"object": (), "raw": (), "spec": base, "item": home}

            def unknown(variable: str, route: Route, roots: dict[str, Route] = roots) -> bool:
                return resource.unknown(roots[variable] + route)

            bindings["item"] = at(whole, home)
            if program.evaluate(bindings, unknown) is False:
                route = home + pointer
                yield Finding(resource, route, _filled(message, resource, route, whole))

    return check


def _filled(message: str, resource: Resource, route: Route, whole: Value) -> str:
    def word(match: re.Match[str]) -> str:
        if match[1] == "value":
            return _shown(resource, route, at(whole, route))
        return resource.kind if match[1] == "kind" else resource.source_name

    return re.sub(_BLANK, word, message)


def _shown(resource: Resource, route: Route, value: Value) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    # Its patterns cost milliseconds to compile, and only a finding has a value to show.
    from esolint.model.credential import secret_routes

    if route_in(route, secret_routes(resource)):
        return "********"
    return str(value).lower() if isinstance(value, bool) else str(value)
