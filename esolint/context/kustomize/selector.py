"""Which objects a patch or a replacement means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from esolint.context.kustomize.item import ANNOTATIONS, LABELS, NAME, NAMESPACE, Item
from esolint.value import Route, Value, at, mapping

_LITERAL = re.compile(r"[A-Za-z0-9_/-]*")
_REQUIREMENT = re.compile(
    r"\s*(?:(?P<absent>!)\s*(?P<gone>[\w./-]+)"
    r"|(?P<key>[\w./-]+)\s*(?:(?P<op>==|=|!=)\s*(?P<value>[\w.-]*)"
    r"|\s(?P<set>in|notin)\s*\((?P<values>[^)]*)\))?)\s*(?:,|\Z)"
)


class SelectorError(ValueError):
    """A selector that kustomize refuses; the text says why."""


class Selector(NamedTuple):
    """A target: regular expressions for what an object is, and label selectors."""

    group: str
    version: str
    kind: str
    name: str
    namespace: str
    labels: str
    annotations: str

    def matches(self, item: Item) -> bool:
        """Say whether the target means an object, by its first or its present name.

        Raises SelectorError.
        """
        ids = item.ids()
        first, now = ids[0], ids[-1]
        return (
            (fits(self.namespace, first.namespace) or fits(self.namespace, now.namespace))
            and (fits(self.name, first.name) or fits(self.name, now.name))
            and fits(self.group, now.group)
            and fits(self.version, now.version)
            and fits(self.kind, now.kind)
            and labels_fit(self.labels, at(item.value, LABELS))
            and labels_fit(self.annotations, at(item.value, ANNOTATIONS))
        )

    def reads(self, item: Item) -> bool:
        """Say whether the answer hangs on something of the object that is not known."""
        identity: tuple[Route, ...] = (NAME, NAMESPACE, ("kind",), ("apiVersion",))
        if any(map(item.unknown_below, identity)):
            return True
        return any(
            written and (item.unknown(route) or _mentions(written, route, item.holes))
            for written, route in ((self.labels, LABELS), (self.annotations, ANNOTATIONS))
        )


def _mentions(selector: str, route: Route, holes: Iterable[Route]) -> bool:
    """Say whether a selector asks for a label whose value is not known."""
    return any(hole[:2] == route and str(hole[2]) in selector for hole in holes if len(hole) > 2)


def read_selector(value: Value) -> Selector:
    target = mapping(value)
    written = ("group", "version", "kind", "name", "namespace")
    return Selector(
        *(_text(target.get(key)) for key in (*written, "labelSelector", "annotationSelector"))
    )


def _text(value: Value) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)


def fits(pattern: str, text: str) -> bool:
    """Say whether an anchored pattern matches; an empty one matches anything."""
    if not pattern or pattern == text:
        return True
    if _LITERAL.fullmatch(pattern):
        return False
    return bool(_compiled(pattern).fullmatch(text))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        compiled: re.Pattern[str] = re2.compile(f"^(?:{pattern})$", options)
    except re2.error as error:
        raise SelectorError(f"{pattern!r} is not a regular expression") from error
    return compiled


def labels_fit(selector: str, labels: Value) -> bool:
    """Say whether a label selector (`a=b,c in (d,e),!f`) fits a mapping of labels."""
    if not selector.strip():
        return True
    have = {key: _text(value) for key, value in mapping(labels).items()}
    end = 0
    for match in _REQUIREMENT.finditer(selector):
        if match.start() != end:
            break
        end = match.end()
        if not _holds(match, have):
            return False
        if end == len(selector):
            return True
    raise SelectorError(f"{selector!r} is not a label selector")


def _holds(match: re.Match[str], have: dict[str, str]) -> bool:
    if match["absent"]:
        return match["gone"] not in have
    key = match["key"]
    if match["set"]:
        values = {value.strip() for value in match["values"].split(",")}
        inside = key in have and have[key] in values
        return inside if match["set"] == "in" else not inside
    if match["op"] is None:
        return key in have
    equal = key in have and have[key] == match["value"]
    return equal if match["op"] != "!=" else not equal
