"""Rules × resources and rules × environments → findings."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from itertools import chain
from typing import Literal, NamedTuple, TypeAlias

from esolint.diagnostic import Span
from esolint.expression import compiled
from esolint.graph import Environment
from esolint.locate import Located
from esolint.repository import Repository
from esolint.resource import Resource, unreadable
from esolint.rule import Finding, Rule, load_rules
from esolint.schema import concerns
from esolint.source import Unread
from esolint.value import Value

# These speak of a field, not of its value, except where the value says what the object is.
_AT_KEY = frozenset({"unknown-field", "field-not-in-version", "deprecated-field"})
_TYPE = (("apiVersion",), ("kind",))

CRASH = "internal-error"
# What these topics look at is anybody's, where nothing is of ESO.
_WITH_ESO = frozenset({"auth", "git", "iam", "install", "admission-policies"})

_PACKAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")

Check: TypeAlias = Callable[..., Iterable[Finding]]
# The id of a rule, what it found, and the name of the environment, "" for none.
Report: TypeAlias = tuple[str, Finding, str]


class ActiveRule(NamedTuple):
    """A rule that a run applies, with the values of its options."""

    rule: Rule
    options: Mapping[str, Value]


def check(
    repository: Repository, environments: Sequence[Environment], rules: Sequence[ActiveRule]
) -> list[Located]:
    """Run rules over a repository. Rules with a builtin check are reported by others.

    A check that crashes yields a finding of `internal-error`, whatever rules are active, and
    the others go on. Equal findings of several environments become one that names them all.
    """
    merged: dict[object, tuple[str, Finding, list[str]]] = {}
    ids = {active.rule.id for active in rules if "builtin" in active.rule.check}
    found = [_run(active, repository, environments) for active in rules]
    found += [_admitted(environment, ids) for environment in environments]
    for rule_id, finding, name in chain.from_iterable(found):
        _, _, there = merged.setdefault(_place(rule_id, finding), (rule_id, finding, []))
        if name and name not in there:
            there.append(name)
    known = load_rules()
    return [Located(known[rule_id], f, tuple(there)) for rule_id, f, there in merged.values()]


def _place(rule_id: str, finding: Finding) -> tuple[object, ...]:
    """Return what findings share that say the same of one place, for several renderings."""
    document, route = finding.resource.origin(finding.route)
    return rule_id, finding.case, finding.message, id(document), route, finding.point


def _run(
    active: ActiveRule, repository: Repository, environments: Sequence[Environment]
) -> Iterator[Report]:
    """Yield what one rule finds."""
    rule = active.rule
    if "builtin" in rule.check:
        return
    what = f"the check of {rule.id}"
    function: Check | None = None
    for subject, arguments, environment in _calls(rule, repository, environments):
        try:
            # Only now: most rules have no subject, and their modules take time to load.
            function = function or _function(rule)
        except Exception as error:
            yield CRASH, _crash(what, subject, error), environment
            return
        call = partial(function, *arguments, **active.options)
        yield from _guarded(what, subject, call, rule.id, environment)


def _calls(
    rule: Rule, repository: Repository, environments: Sequence[Environment]
) -> Iterator[tuple[Resource, tuple[object, ...], str]]:
    """Yield what a check is called for: a subject, the arguments, the environment's name."""
    scope = rule.check.get("scope", "resource")
    if scope == "repository":
        if rule.topic in _WITH_ESO and not repository.has_eso:
            return
        if rule.kinds and all(each.kind not in rule.kinds for each in repository.objects):
            return
        if rule.check.get("needs") == "others" and all(each.is_eso for each in repository.objects):
            return
        nowhere = unreadable(Unread(".", Span(1, 1, 1, 2), "unreadable", ""))
        # What is written holds for no one of several clusters.
        name = environments[0].name if len(environments) == 1 else ""
        yield next(iter(repository.objects), nowhere), (repository,), name
        return
    for environment in environments:
        runs = environment.has_eso and _has(environment, rule)
        subjects = _subjects(rule, environment) if runs else ()
        if scope == "environment":
            for first in subjects[:1]:
                yield first, (environment,), environment.name
        else:
            for resource in environment.distinct(subjects):
                yield resource, (resource, environment), environment.name


def _has(environment: Environment, rule: Rule) -> bool:
    """Say whether an environment holds what a check needs (`needs` of a rule file)."""
    needed = rule.check.get("needs")
    if needed == "several":
        return len(environment.of_kind(*rule.kinds)) > 1
    if needed == "beyond":
        return any(resource.kind not in rule.kinds for resource in environment.resources)
    if needed == "others":
        around = (environment.resources, environment.beside, environment.elsewhere)
        return any(not resource.is_eso for part in around for resource in part)
    if needed == "stores":
        return environment.has_stores
    if needed == "kustomized":
        return any(rendering.name for rendering in environment.renderings)
    if needed == "deployed":
        return any(rendering.by is not None for rendering in environment.renderings)
    if needed == "undeployed":
        return bool(environment.undeployed)
    return True


def _subjects(rule: Rule, environment: Environment) -> Sequence[Resource]:
    """Return what a rule looks at in an environment: its kinds, or without kinds everything."""
    if not rule.kinds:
        return (*environment.objects, *environment.undeployed)
    subjects = environment.of_kind(*rule.kinds)
    if rule.check.get("patches"):
        patches = (patch for patch in environment.patches if patch.kind in rule.kinds)
        subjects = [*subjects, *patches]
    mentions = rule.check.get("mentions")
    if mentions:
        return [resource for resource in subjects if _may_mention(resource, mentions)]
    return subjects


def _may_mention(resource: Resource, words: Iterable[str]) -> bool:
    """Say whether one of some words can stand in an object."""
    # A part that came from elsewhere stands in another text, and an escape may spell a word.
    if resource.overrides or resource.known:
        return True
    written = resource.document.text
    return "\\" in written or any(word in written for word in words)


def _admitted(environment: Environment, rules: Collection[str]) -> Iterator[Report]:
    """Yield what the API server would refuse, as findings of the rules that are active."""
    eso = (r for r in environment.resources if concerns(r.api_version))
    for resource in environment.distinct(eso):
        try:
            violations = environment.admission(resource).violations
        except Exception as error:
            crash = _crash("the schema check", resource, error)
            yield CRASH, crash, environment.name
            continue
        for rule, route, message, case in violations:
            if rule in rules:
                at_key = rule in _AT_KEY and route not in _TYPE
                point: Literal["key", "value"] = "key" if at_key else "value"
                finding = Finding(resource, route, message, case, point=point)
                yield rule, finding, environment.name


def _guarded(
    what: str,
    subject: Resource,
    call: Callable[[], Iterable[Finding]],
    rule_id: str,
    environment: str,
) -> Iterator[Report]:
    """Yield a call's findings, and its crash as one more finding."""
    try:
        for finding in call():
            yield rule_id, finding, environment
    except Exception as error:
        yield CRASH, _crash(what, subject, error), environment


def _crash(what: str, subject: Resource, error: Exception) -> Finding:
    message = f"{what} crashed ({type(error).__name__}{crash_place(error)})"
    return Finding(subject, (), message)


def crash_place(error: BaseException) -> str:
    """Return where in esolint an exception came from: ` in checks/refs.py:12`.

    The exception's own text may hold a value of a manifest, so nobody may tell it.
    """
    from traceback import extract_tb

    for frame in reversed(extract_tb(error.__traceback__)):
        if frame.filename.startswith(_PACKAGE):
            module = frame.filename[len(_PACKAGE) :].replace(os.sep, "/")
            return f" in {module}:{frame.lineno}"
    return ""


def _function(rule: Rule) -> Check:
    """Return the function that a rule's check names, or its expression as one."""
    path = rule.check.get("python")
    if path is None:
        return compiled(rule)
    module, _, name = str(path).partition(".")
    function: Check = getattr(import_module(f"esolint.checks.{module}"), name)
    return function
