"""The rules of topic target about the keys that an ExternalSecret writes.

Source: Kubernetes, ValidateSecret and IsConfigMapKey: the API server refuses a Secret whose
keys do not fit, and with it all that the ExternalSecret fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from esolint.graph import Environment
from esolint.model.consumer import EXTERNAL_SECRETS
from esolint.model.keys import creation_policy, secret_keys
from esolint.resource import ESO_GROUP, Resource
from esolint.rule import Finding
from esolint.value import Route, mapping
from esolint.words import both, quoted

_LONGEST = 253
_CHARACTERS = r"[-._a-zA-Z0-9]+"
_PLACEHOLDER = r"[${}<>%@#*\[\]]|^\.{3}$|…"
# What a Secret of a type holds: each of these, or for basic-auth one of them.
_NEEDED: dict[str, tuple[str, ...]] = {
    "kubernetes.io/basic-auth": ("username", "password"),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}


def invalid_secret_key_name(resource: Resource, env: Environment) -> Iterator[Finding]:
    base = EXTERNAL_SECRETS[resource.kind]
    if resource.group != ESO_GROUP or creation_policy(resource, base) in (None, "None"):
        return
    target: Route = (*base, "target")
    generic = mapping(resource.get(*target, "manifest"))
    kind = generic.get("kind", "Secret")
    data: Route = (*target, "template", "data")
    if kind not in ("Secret", "ConfigMap") or resource.unknown(data):
        return
    given = mapping(resource.get(*data))
    routes = {key: (*data, key) for key, value in given.items() if value is not None}
    # The schema sees to the characters of the others, but not to dots.
    for key, route in {**secret_keys(resource, base).named, **routes}.items():
        fault = _fault(key)
        if fault is not None and not re.search(_PLACEHOLDER, key):
            written = f"writes the key {quoted(key)}, but a {kind} {fault}"
            yield Finding(
                resource,
                route,
                f"{resource.title} {written}",
                point="key" if route[-1] == key else "value",
            )


def _fault(key: str) -> str | None:
    """Return what is wrong with a key of a Secret; None where nothing is."""
    if len(key) > _LONGEST:
        return f"has keys of at most {_LONGEST} characters"
    if not re.fullmatch(_CHARACTERS, key):
        return "has keys of letters, digits, -, _ and . only"
    if key == "." or key.startswith(".."):
        return 'has no key "." and none that begins with ".."'
    return None


def secret_type_keys(resource: Resource, env: Environment) -> Iterator[Finding]:
    base = EXTERNAL_SECRETS[resource.kind]
    if resource.group != ESO_GROUP or creation_policy(resource, base) == "None":
        return
    route: Route = (*base, "target", "template", "type")
    written = resource.get(*route)
    # A generic target takes no type.
    if not isinstance(written, str) or resource.get(*base, "target", "manifest") is not None:
        return
    needed = _NEEDED.get(written, ())
    keys = secret_keys(resource, base)
    if resource.unknown(route) or not keys.exact or not keys.named:
        return
    missing = [key for key in needed if key not in keys.named]
    if written == "kubernetes.io/basic-auth" and len(missing) < len(needed):
        return
    if missing:
        without = " or ".join(missing) if len(missing) == len(needed) else both(missing)
        message = f"{resource.title} makes a Secret of type {written} without {without}"
        yield Finding(resource, route, message)
