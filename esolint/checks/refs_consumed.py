"""The rules of topic refs about what workloads take from the Secrets of ExternalSecrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from esolint.graph import Environment
from esolint.model.consumer import EXTERNAL_SECRETS, PUSH_SECRETS
from esolint.nearest import Slips, akin, nearest, suggestion, words
from esolint.resource import Resource
from esolint.rule import Finding, Note
from esolint.value import Route, text
from esolint.words import both, listed

if TYPE_CHECKING:
    from esolint.model.reader import Use
    from esolint.model.writer import Writer

_MOST = 5


def _of_cluster(use: Use, env: Environment) -> Use | None:
    """Return what a cluster-scoped object refers to, with the one namespace that it can mean.

    Its controller knows where to look; here it is where ESO alone makes a Secret of a name.
    """
    if use.resource.is_eso or not use.resource.kind.startswith("Cluster"):
        return None
    makers = [w for w in env.links.writers_of("Secret", use.name, None) if not _makes_anything(w)]
    namespaces = {maker.namespace for maker in makers}
    if len(namespaces) != 1 or not all(map(_is_of_eso, makers)):
        return None
    return use._replace(namespace=namespaces.pop(), sure=False)


def _is_of_eso(writer: Writer) -> bool:
    return bool(writer.policy) and writer.sure


def _makes_anything(writer: Writer) -> bool:
    return writer.name == "*"


# consumed-key-missing


def consumed_key_missing(env: Environment) -> Iterator[Finding]:
    place = env.place
    for written in env.links.uses:
        if written.kind != "Secret" or not written.keys or written.optional:
            continue
        use = written if written.namespace is not None else _of_cluster(written, env)
        if use is None:
            continue
        # template-source-not-found and push-source-key-missing
        if "templateFrom" in use.route or use.resource.kind in PUSH_SECRETS:
            continue
        writers = _decisive(env.links.writers_of("Secret", use.name, use.namespace), use)
        writers = _of_one_place(writers, use, place)
        if not writers or not all(writer.keys.exact for writer in writers):
            continue
        there = {key: writer for writer in writers for key in writer.keys.named}
        missing: dict[Route, list[str]] = {}
        for key, route in use.keys:
            if key not in there:
                missing.setdefault(route, []).append(key)
        source = next(filter(_is_of_eso, writers))
        sure = use.sure and place(use.resource) == place(source.resource)
        for route, keys in missing.items():
            finding = _without(use, route, keys, source, there, env)
            yield finding if sure else finding._replace(confidence="medium")


def _decisive(writers: Sequence[Writer], use: Use) -> Sequence[Writer]:
    """Return the writers that can put a key into a Secret; none where none is surely ESO's.

    What may make any Secret, as charts do, makes none that an ExternalSecret has for its own.
    """
    surely = [w for w in writers if _is_of_eso(w) and w.namespace == use.namespace]
    if any(writer.policy in _WHOLE for writer in surely):
        return [writer for writer in writers if not _makes_anything(writer)]
    return writers if surely else ()


# Policies of an ExternalSecret that has a Secret for its own.
_WHOLE = ("Owner", "Orphan")


def _of_one_place(
    writers: Sequence[Writer], use: Use, place: Callable[[Resource], Hashable]
) -> Sequence[Writer]:
    """Return the writers that count where one beside the reader has the Secret for its own.

    An ExternalSecret of another place that has it for its own too is that of another cluster.
    """
    here = place(use.resource)
    if not any(w.policy in _WHOLE and w.sure and place(w.resource) == here for w in writers):
        return writers
    return [w for w in writers if w.policy not in _WHOLE or place(w.resource) == here]


def _without(
    use: Use,
    route: Route,
    keys: Sequence[str],
    source: Writer,
    there: Mapping[str, Writer],
    env: Environment,
) -> Finding:
    lost = _fetched(source, env).keys() >= set(keys)
    near = None
    if len(keys) == 1 and not lost:
        near = nearest(keys[0], there) or akin(keys[0], there)
    if near:
        source = there[near]
        note = Note(source.resource, source.keys.named[near], "did you mean this one?")
    else:
        written = listed([f'"{key}"' for key in there], _MOST) or "none"
        note = Note(source.resource, _origin_of_keys(source), f"the keys that it has: {written}")
    names = both([f'"{key}"' for key in keys])
    why = "fetches, and its template leaves out" if lost else "does not write"
    return Finding(
        use.resource,
        route,
        f'{use.resource.title} takes {names} from the Secret "{_written(use)}", which '
        f"{source.resource.title} {why}{suggestion(near)}",
        related=(note,),
    )


def _written(use: Use) -> str:
    """Return a Secret's name as its reader's source has it: one line may serve many."""
    return text(use.resource.written(use.route)) or use.name


def _origin_of_keys(writer: Writer) -> Route:
    """Return where an ExternalSecret says which keys it writes."""
    resource, base = writer.resource, EXTERNAL_SECRETS[writer.resource.kind]
    for route in ((*base, "target", "template"), (*base, "data")):
        if resource.get(*route) is not None:
            return route
    return (*base, "dataFrom")


def _fetched(writer: Writer, env: Environment) -> Mapping[str, Route]:
    from esolint.model.keys import fetched

    resource = writer.resource
    return fetched(resource, EXTERNAL_SECRETS[resource.kind], env.links.find).named


# consumed-secret-not-found

# Words that only say of a name that it is that of a Secret.
_NOUNS = frozenset(("secret", "secrets", "credential", "credentials", "creds", "env", "envs"))


class _Targets:
    """What ExternalSecrets surely write in one namespace of one place."""

    def __init__(self) -> None:
        self.by_name: dict[str, Writer] = {}
        # By the name of what writes them, where that is another one.
        self.by_writer: dict[str, Writer] = {}

    @cached_property
    def _slips(self) -> Slips:
        return Slips(self.by_name)

    @cached_property
    def _by_stem(self) -> dict[tuple[str, ...], list[Writer]]:
        found: dict[tuple[str, ...], list[Writer]] = {}
        for name, writer in self.by_name.items():
            found.setdefault(_stem(name), []).append(writer)
        return found

    def slip(self, name: str) -> Writer | None:
        """Return the target that is misspelt in a name."""
        near = self._slips.find(name)
        return self.by_name[near] if near else None

    def twin(self, name: str) -> Writer | None:
        """Return the target whose name only has other nouns, where there is one alone."""
        stem = _stem(name)
        found = self._by_stem.get(stem, ()) if stem else ()
        return found[0] if len(found) == 1 else None


def _stem(name: str) -> tuple[str, ...]:
    return tuple(word for word in words(name) if word not in _NOUNS)


def consumed_secret_not_found(env: Environment) -> Iterator[Finding]:
    if all(resource.is_eso for resource in env.resources):
        return
    place = env.place
    targets: dict[Hashable, _Targets] = {}
    anywhere: dict[Hashable, Writer] = {}
    for writer in filter(_is_of_eso, env.links.writers):
        if writer.kind == "Secret" and writer.namespace is not None:
            here = place(writer.resource)
            beside = targets.setdefault((here, writer.namespace), _Targets())
            beside.by_name.setdefault(writer.name, writer)
            if writer.resource.name != writer.name and not writer.cluster:
                beside.by_writer.setdefault(writer.resource.name, writer)
            anywhere.setdefault((here, writer.name), writer)
    if not targets:
        return
    custom = _custom_names(env)
    for use in env.links.uses:
        # What stores and ExternalSecrets name is looked at by other rules.
        if use.kind != "Secret" or use.optional or use.namespace is None or use.resource.is_eso:
            continue
        makers = env.links.writers_of("Secret", use.name, use.namespace)
        if not all(map(_makes_anything, makers)) or _bears(use.name, use, custom):
            continue
        here = place(use.resource)
        known = targets.get((here, use.namespace)) or _Targets()
        alone = use.sure and not makers
        # Who writes another name into the target of an ExternalSecret forgets its readers.
        own = known.by_writer.get(use.name) if alone else None
        near = _near(own or known.slip(use.name), use, env, is_proof=alone)
        if near is None and not makers and _is_all_known(use, custom, env):
            near = _near(known.twin(use.name), use, env, is_proof=False)
            abroad = anywhere.get((here, use.name))
            if near is None and abroad is not None:
                there = f'{abroad.resource.title} makes only in namespace "{abroad.namespace}"'
                yield _absent(
                    use,
                    there,
                    Note(abroad.resource, abroad.route, "the one in the other namespace"),
                )
        if near is not None:
            note = Note(near.resource, near.route, "did you mean this one?")
            yield _absent(use, f"nothing makes{suggestion(near.name)}", note)


def _absent(use: Use, why: str, note: Note) -> Finding:
    return Finding(
        use.resource,
        use.route,
        f'{use.resource.title} uses the Secret "{_written(use)}" in namespace "{use.namespace}", '
        f"which {why}",
        related=(note,),
    )


def _near(target: Writer | None, use: Use, env: Environment, *, is_proof: bool) -> Writer | None:
    """Return a target if a use means it: unless the name alone is proof, if nobody else does.

    An object that uses both of them tells them apart.
    """
    if target is None or not _has_keys(target, use):
        return None
    readers = env.links.readers_of("Secret", target.name, target.namespace)
    if any(reader.resource is use.resource for reader in readers):
        return None
    return target if is_proof or not (readers or _is_named(target, env)) else None


def _has_keys(writer: Writer, use: Use) -> bool:
    """Say whether a target may have all keys that a use wants."""
    return not writer.keys.exact or all(key in writer.keys.named for key, _ in use.keys)


def _is_named(writer: Writer, env: Environment) -> bool:
    """Say whether the name of a target stands in any other document."""
    name = re.compile(rf"(?<![-.\w]){re.escape(writer.name)}(?![-.\w])")
    documents = {id(r.document): r.document for r in env.resources}
    documents.pop(id(writer.resource.document), None)
    texts = (document.text for document in documents.values())
    # A plain word is found many times faster.
    return any(writer.name in text and name.search(text) for text in texts)


def _is_all_known(use: Use, custom: _Names, env: Environment) -> bool:
    """Say whether a Secret that nobody is known to make is hardly made by somebody else."""
    if not use.sure or any(rendering.unknown for rendering in env.renderings):
        return False
    parts = use.name.split("-")
    return not any(_bears("-".join(parts[:n]), use, custom) for n in range(1, len(parts)))


_Names: TypeAlias = "frozenset[tuple[str, str | None]]"
# What brings objects is called as they are.
_BRINGERS = ("Application", "ApplicationSet", "Kustomization")


def _custom_names(env: Environment) -> _Names:
    """Return the names of custom resources: those of the Secrets that they make begin so."""
    return frozenset(
        (resource.name, resource.namespace)
        for resource in env.resources
        if "." in resource.group
        and not resource.is_eso
        and not resource.group.endswith(".k8s.io")
        and resource.kind not in _BRINGERS
    )


def _bears(name: str, use: Use, custom: _Names) -> bool:
    """Say whether a custom resource that may make what is used has a name."""
    return any((name, namespace) in custom for namespace in (use.namespace, None))
