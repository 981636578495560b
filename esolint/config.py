"""esolint.yaml or [tool.esolint] → frozen settings. An unknown key is an error with a hint.

Configuration comes with the repository that is linted, so it can name rules, paths and
objects, and nothing that runs: no Python, no command, no address.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from esolint.diagnostic import Confidence, Diagnostic, Excerpt, Place, Severity, Span
from esolint.discover import matcher, shown
from esolint.engine import ActiveRule
from esolint.nearest import hint
from esolint.rule import Rule, by_name
from esolint.source import Document, Limits, read_text
from esolint.suppress import Suppression, dated
from esolint.value import Route, Value, format_route

FILE_NAMES = ("esolint.yaml", ".esolint.yaml", "pyproject.toml")
# Names that somebody may take for the right ones.
_MISNAMED = ("esolint.yml", ".esolint.yml", ".esolint", "esolint.json", "esolint.toml")


class ConfigError(Exception):
    """A setting that cannot be used. The text says where, what, and the nearest right word."""


class Settings(NamedTuple):
    """What holds for a run: the configuration file, or where it is silent the defaults."""

    profile: str = "default"
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_confidence: Confidence = "low"
    fail_on: Severity = "warning"
    exclude: tuple[str, ...] = ()
    external: tuple[str, ...] = ()
    environments: Mapping[str, Callable[[str], bool]] = {}
    strict_inputs: bool = False
    options: Mapping[str, Mapping[str, Value]] = {}
    suppressions: tuple[Suppression, ...] = ()
    limits: Limits = Limits()


def find(start: str, root: str) -> tuple[str | None, list[str]]:
    """Return the nearest configuration file in `start` or a folder above it, up to `root`.

    With it the files on the way that look like one and are none.
    """
    here = os.path.realpath(start)
    here = here if os.path.isdir(here) else os.path.dirname(here)
    root = os.path.realpath(root)
    misnamed: list[str] = []
    while True:
        paths = [os.path.join(here, name) for name in _MISNAMED]
        misnamed.extend(path for path in paths if os.path.isfile(path))
        for name in FILE_NAMES:
            path = os.path.join(here, name)
            if os.path.isfile(path) and (name != "pyproject.toml" or _has_table(path)):
                return path, misnamed
        if here == root or os.path.dirname(here) == here:
            return None, misnamed
        here = os.path.dirname(here)


def load(path: str, rules: Mapping[str, Rule], root: str) -> Settings:
    """Read a configuration file; its path patterns are relative to its folder.

    Those of the settings are relative to `root`. Raises ConfigError.
    """
    value, document = _read(path)
    # Only a run that has a configuration pays for the library.
    from pydantic import ValidationError

    from esolint.config_file import ConfigFile

    try:
        file = ConfigFile.model_validate(value)
    except ValidationError as error:
        raise ConfigError(_explained(error.errors()[0], path, document)) from None
    for name, selectors in (("select", file.select), ("ignore", file.ignore)):
        for i, selector in enumerate(selectors):
            try:
                _selected(selector, rules)
            except ConfigError as error:
                raise ConfigError(f"{_at(path, document, (name, i))}: {error}") from None
    folder = os.path.relpath(os.path.dirname(os.path.realpath(path)), os.path.realpath(root))
    return Settings(
        profile=file.profile,
        select=tuple(file.select),
        ignore=tuple(file.ignore),
        min_confidence=file.min_confidence,
        fail_on=file.fail_on,
        exclude=tuple(_moved(pattern, folder.replace(os.sep, "/")) for pattern in file.exclude),
        external=tuple(file.external),
        environments={
            name: _inside(patterns, path) for name, patterns in file.environments.items()
        },
        strict_inputs=file.strict_inputs,
        options=dict(
            _options(rule_id, given, rules, lambda r: _at(path, document, r))
            for rule_id, given in file.rules.items()
        ),
        suppressions=tuple(
            _suppression(entry, path, document, i) for i, entry in enumerate(file.suppressions)
        ),
        limits=Limits(**file.limits.model_dump()),
    )


def active_rules(
    rules: Mapping[str, Rule],
    *,
    select: Sequence[str],
    ignore: Sequence[str],
    profile: str,
    options: Mapping[str, Mapping[str, Value]],
) -> list[ActiveRule]:
    """Return the rules of a run: those of the profile, or what is selected, less what is ignored.

    A selector is an id, an alias, `topic:NAME`, `layer:NAME` or `ALL`. A rule that is off
    by default runs where it is selected by its id or has an option set. Raises ConfigError.
    """
    profiles = ("default", "strict") if profile == "strict" else ("default",)
    chosen = {r.id for r in rules.values() if r.profile in profiles or r.id in options}
    if select:
        chosen = {rule_id for selector in select for rule_id in _selected(selector, rules)}
    chosen -= {rule_id for selector in ignore for rule_id in _selected(selector, rules)}
    return [
        ActiveRule(rule, {**rule.defaults(), **options.get(rule.id, {})})
        for rule in rules.values()
        if rule.id in chosen
    ]


def _selected(selector: str, rules: Mapping[str, Rule]) -> set[str]:
    if selector == "ALL":
        return set(rules)
    field, colon, name = selector.partition(":")
    if colon and field in ("topic", "layer"):
        names = {getattr(rule, field) for rule in rules.values()}
        if name not in names:
            raise ConfigError(f'there is no {field} "{name}"{hint(name, names)}')
        return {rule.id for rule in rules.values() if getattr(rule, field) == name}
    known = by_name(rules)
    if selector not in known:
        raise ConfigError(f'there is no rule "{selector}"{hint(selector, known)}')
    return {known[selector].id}


def _inside(patterns: Sequence[str], path: str) -> Callable[[str], bool]:
    """Return a test of folders and files against the patterns of a configuration file."""
    fits = matcher(patterns, os.path.dirname(os.path.realpath(path)))
    return lambda name: bool(fits(os.path.realpath(name), True))


def _moved(pattern: str, folder: str) -> str:
    """Return a gitignore pattern of a folder as its parent has to write it."""
    if folder == "." or pattern.startswith("#"):
        return pattern
    negation, pattern = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
    anchored = "/" in pattern.rstrip("/")
    return f"{negation}/{folder}/{'' if anchored else '**/'}{pattern.lstrip('/')}"


# Reading


def _has_table(path: str) -> bool:
    with open(path, "rb") as file:
        return b"[tool.esolint" in file.read()


def _read(path: str) -> tuple[Value, Document | None]:
    """Return a file's settings, and the document that knows their places (none for TOML)."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{shown(path)}: cannot be read: {error}") from None
    if path.endswith(".toml"):
        import tomllib

        try:
            table: Any = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{shown(path)}: {error}") from None
        tools = table.get("tool")
        return tools.get("esolint", {}) if isinstance(tools, dict) else {}, None
    documents, unread = read_text(text, shown(path), literal=True)
    if unread:
        line = unread[0].span.line if unread[0].span else 1
        raise ConfigError(f"{shown(path)}:{line}: {unread[0].detail}")
    if len(documents) > 1:
        raise ConfigError(f"{shown(path)}:{documents[1].line + 1}: one document is wanted")
    if not documents:
        return {}, None
    if documents[0].duplicates:
        route = documents[0].duplicates[0]
        where = _at(path, documents[0], route)
        raise ConfigError(f'{where}: "{format_route(route)}" is given twice')
    return documents[0].value, documents[0]


def _at(path: str, document: Document | None, route: Route) -> str:
    if document is None:
        return shown(path)
    span = document.key_span(route)
    return f"{shown(path)}:{span.line}:{span.column}"


def _explained(error: Any, path: str, document: Document | None) -> str:
    """Say what pydantic found, in the words of whoever wrote the file."""
    from esolint.config_file import ConfigFile, LimitsEntry, SuppressionEntry

    route = tuple(step for step in error["loc"] if isinstance(step, str | int))
    if route and route[-1] == "[key]":
        route = route[:-1]
    where = _at(path, document, route)
    name = format_route(route)
    kind, given = error["type"], error["input"]
    if kind == "extra_forbidden":
        models = {"limits": LimitsEntry, "suppressions": SuppressionEntry}
        model: Any = models.get(str(route[0]) if len(route) > 1 else "", ConfigFile)
        fields = [field.alias or n for n, field in model.model_fields.items()]
        return f'{where}: "{name}" is no setting{hint(str(route[-1]), fields)}'
    if kind == "literal_error":
        words = re.findall(r"'([^']+)'", error["ctx"]["expected"])
        return f'{where}: {name}: "{given}" is none of {", ".join(words)}{hint(str(given), words)}'
    if kind in ("model_type", "dict_type"):
        return f"{where}: {name or 'the configuration'} wants a mapping"
    if kind == "missing":
        return f"{where}: {name} is missing"
    return f"{where}: {name}: {error['msg'][:1].lower()}{error['msg'][1:]}"


_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "duration": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "string-list": (list,),
}


def _options(
    name: str, given: Mapping[str, Any], rules: Mapping[str, Rule], at: Callable[[Route], str]
) -> tuple[str, Mapping[str, Value]]:
    """Return a rule's id and the options that are set for it."""
    known = by_name(rules)
    if name not in known:
        where = at(("rules", name))
        raise ConfigError(f'{where}: there is no rule "{name}"{hint(name, known)}')
    rule = known[name]
    for key, value in given.items():
        where = at(("rules", name, key))
        if key not in rule.options:
            raise ConfigError(f'{where}: {name} has no option "{key}"{hint(key, rule.options)}')
        wanted = rule.options[key].type
        if not _fits(value, wanted):
            raise ConfigError(f"{where}: {key} of {name} wants a value of type {wanted}")
    return rule.id, given


def _fits(value: Value, wanted: str) -> bool:
    if wanted == "duration" and isinstance(value, str):
        from esolint.go import duration_error

        if duration_error(value):
            return False
    return isinstance(value, _TYPES[wanted]) and (wanted == "boolean") == isinstance(value, bool)


def _suppression(entry: Any, path: str, document: Document | None, number: int) -> Suppression:
    route = ("suppressions", number)
    span = document.span(route) if document else Span(1, 1, 1, 2)
    until = fault = None
    if entry.until is not None:
        _, until, fault = dated(f"until={entry.until}")
    in_paths = matcher(entry.paths, os.path.dirname(os.path.realpath(path)))
    for i, name in enumerate(entry.resources):
        if len(name.split("/")) not in (2, 3):
            where = _at(path, document, (*route, "resources", i))
            raise ConfigError(f'{where}: "{name}" is not of the form Kind/namespace/name')

    def covers(diagnostic: Diagnostic) -> bool:
        if entry.paths and not in_paths(os.path.realpath(diagnostic.place.path), False):
            return False
        return not entry.resources or any(_names(name, diagnostic) for name in entry.resources)

    if not entry.paths and not entry.resources:
        fault = fault or "the suppression names neither paths nor resources"
    return Suppression(
        "configuration",
        () if fault else tuple(entry.rules),
        entry.reason,
        until,
        Place(shown(path), span),
        Excerpt(()),
        None,
        covers,
        fault,
    )


def _names(pattern: str, diagnostic: Diagnostic) -> bool:
    """Say whether `Kind/namespace/name`, or `Kind/name` for no namespace, names the object."""
    from fnmatch import fnmatchcase

    resource = diagnostic.resource
    if resource is None:
        return False
    namespace = [resource.namespace] if resource.namespace else []
    parts, patterns = [resource.kind, *namespace, resource.name], pattern.split("/")
    return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))
