"""What ESO finds wrong with the block of a provider: in its webhook, and when it makes a client.

Source: ESO v2.9.0, ValidateStore and NewClient of each provider under providers/v1. What the
rows of the table hold (texts that may not be empty, references that need a name or a key)
is read from them; here stands what is left. References whose namespace is at fault are the
business of other rules. What the schema refuses anyway is left to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from esolint import go
from esolint.diagnostic import Confidence
from esolint.model.providers import Provider
from esolint.model.store import Store
from esolint.nearest import mistyped
from esolint.resource import known_namespace
from esolint.value import Route, Value, expand, format_route, parse_route, sequence


class Fault(NamedTuple):
    """What is wrong. `text` completes a sentence that begins with the route.

    `route` is relative to the block, or begins with `spec` for a part of the store beside
    it. `warning`: the webhook takes the store and says so.
    """

    route: Route
    text: str
    warning: bool = False
    confidence: Confidence | None = None


def refusals(store: Store) -> Iterator[Fault]:
    """Yield what the provider's ValidateStore refuses or warns of."""
    row = store.row
    if row is not None:
        yield from _required(store, row)
        yield from _selectors(store, row)
        yield from _VALIDATORS.get(store.provider, _nothing)(store)


def failures(store: Store) -> Iterator[Fault]:
    """Yield what the webhook lets pass and makes every attempt to get a client fail."""
    yield from _retry_interval(store)
    yield from _foreign(store)
    yield from _CONSTRUCTORS.get(store.provider, _nothing)(store)


def _required(store: Store, row: Provider) -> Iterator[Fault]:
    for wanted in (*row.required, *row.given):
        for route in expand(wanted, store.config):
            if store.has(route) and store.blank(route):
                yield Fault(route, "is empty")
    for route in row.given:
        yield from _missing(store, route)


def _selectors(store: Store, row: Provider) -> Iterator[Fault]:
    for reference in store.references():
        for part in reference.selector.needs:
            lacking = list(_missing(store, (*reference.route, part)))
            yield from lacking
            if lacking:
                break  # one fault for a reference without name and key
    for selector in row.selectors:
        if selector.must is None or not store.has(selector.must):
            continue
        if selector.unless is None or not store.has(selector.unless):
            yield from _missing(store, selector.route)


def _missing(store: Store, route: str | Route, why: str = "") -> Iterator[Fault]:
    """Yield the fault of what is left out, where it is not only mistyped."""
    steps = parse_route(route) if isinstance(route, str) else route
    if not store.lacks(steps):
        return
    # Where a part of the way is missing as well, that part may be the mistyped one.
    there = next(n for n in range(len(steps)) if store.lacks(steps[: n + 1]))
    block = store.get(steps[:there])
    typo = mistyped(block, [str(steps[there])], _fields(store))
    if isinstance(block, dict) and not typo:
        inside = f", and {format_route(steps[there + 1 :])} in it" if steps[there + 1 :] else ""
        yield Fault(steps[: there + 1], f"is missing{inside}{why}")


def _fields(store: Store) -> set[str]:
    """Return the names of fields that the provider table knows of a provider."""
    row = store.row
    routes = [*row.required, *row.given, *(s.route for s in row.selectors)] if row else []
    return {str(step) for route in routes for step in route}


def _nothing(store: Store) -> Iterator[Fault]:
    return iter(())


def _url(
    store: Store,
    route: str,
    *,
    schemes: tuple[str, ...] = (),
    host: bool = False,
    request: bool = False,
) -> Iterator[Fault]:
    """Yield what Go finds wrong with a URL that is given."""
    value = store.text(route)
    if not value:
        return
    # A URL can hold a password.
    shown = f'"{value}" ' if "@" not in value else ""
    try:
        url = go.parse_url(value, request=request)
    except ValueError as error:
        yield Fault(parse_route(route), f"{shown}is no URL: {error}")
        return
    if schemes and url.scheme not in schemes:
        yield Fault(parse_route(route), f"{shown}does not begin with {' or '.join(schemes)}://")
    elif host and not url.host:
        yield Fault(parse_route(route), f"{shown}has no host")


def _value_or_ref(store: Store, route: str) -> Iterator[Fault]:
    """Yield the fault of a credential that needs exactly one of value and secretRef."""
    value = store.text(f"{route}.value")
    reference = store.has(f"{route}.secretRef")
    if value is None or not isinstance(store.get(route), dict):
        return
    if value and reference:
        yield Fault(parse_route(route), "has both value and secretRef")
    elif not value and store.lacks(f"{route}.secretRef"):
        yield Fault(parse_route(route), "has neither value nor secretRef")


def _one_of(store: Store, block: str, *keys: str) -> Iterator[Fault]:
    """Yield the fault of a block that is given and needs one of some keys."""
    if all(store.lacks((*parse_route(block), key)) for key in keys):
        yield from _neither(store, block, *keys)


def _neither(store: Store, block: str, *keys: str) -> Iterator[Fault]:
    value = store.get(block)
    if isinstance(value, dict) and not mistyped(value, keys, _fields(store)):
        yield Fault(parse_route(block), f"has neither {' nor '.join(keys)}")


def _akeyless(store: Store) -> Iterator[Fault]:
    yield from _url(store, "akeylessGWApiURL", host=True)


def _aws(store: Store) -> Iterator[Fault]:
    region = store.text("region")
    try:
        # The region is only put into the host name of the endpoint.
        go.parse_url(f"https://secretsmanager.{region or ''}.amazonaws.com")
    except ValueError as error:
        yield Fault(("region",), f'"{region}" makes no host name: {error}')
    window = store.get("secretsManager.recoveryWindowInDays")
    if isinstance(window, int) and not isinstance(window, bool) and window != 0:
        route = parse_route("secretsManager.recoveryWindowInDays")
        if not 7 <= window <= 30:
            yield Fault(route, f"is {window}, but must be 7 to 30 days, or 0 for the default")
        elif store.get("secretsManager.forceDeleteWithoutRecovery") is True:
            yield Fault(route, "contradicts forceDeleteWithoutRecovery")


def _azurekv(store: Store) -> Iterator[Fault]:
    if isinstance(store.get("customCloudConfig"), dict):
        if store.get("useAzureSDK") in (None, False):
            yield Fault(("customCloudConfig",), "needs useAzureSDK: true")
    elif store.text("environmentType") == "AzureStackCloud" and store.lacks("customCloudConfig"):
        yield Fault(("environmentType",), "AzureStackCloud needs customCloudConfig")


def _barbican(store: Store) -> Iterator[Fault]:
    if store.has("auth.username.value") and store.blank("auth.username.value"):
        yield from _value_or_ref(store, "auth.username")


def _beyondtrust(store: Store) -> Iterator[Fault]:
    yield from _url(store, "server.apiUrl", host=True)
    if store.has("auth.apiKey"):
        yield from _value_or_ref(store, "auth.apiKey")
    elif isinstance(store.get("auth"), dict):
        missing = [name for name in ("clientId", "clientSecret") if store.lacks(f"auth.{name}")]
        if len(missing) == 2:
            yield Fault(("auth",), "has neither apiKey nor clientId and clientSecret")
        elif missing:
            yield from _missing(store, ("auth", missing[0]), ", the other half of a pair")
        yield from _value_or_ref(store, "auth.clientId")
        yield from _value_or_ref(store, "auth.clientSecret")
    yield from _value_or_ref(store, "auth.certificate")
    yield from _value_or_ref(store, "auth.certificateKey")
    for given, other in (("certificate", "certificateKey"), ("certificateKey", "certificate")):
        if store.has(f"auth.{given}") and store.lacks(f"auth.{other}"):
            yield Fault(("auth", given), f"is ignored without {other}", warning=True)


def _beyondtrust_workload(store: Store) -> Iterator[Fault]:
    yield from _url(store, "server.apiUrl", schemes=("https",), host=True)
    site = store.text("server.siteId")
    if site and not go.is_uuid4(site):
        yield Fault(parse_route("server.siteId"), f'"{site}" is no version 4 UUID')


def _bitwarden(store: Store) -> Iterator[Fault]:
    if store.lacks("caBundle") and store.lacks("caProvider"):
        yield Fault((), "has neither caBundle nor caProvider", warning=True)


def _chef(store: Store) -> Iterator[Fault]:
    url = store.text("serverUrl")
    if url and not url.endswith("/"):
        yield Fault(("serverUrl",), "does not end with a slash")
    else:
        yield from _url(store, "serverUrl", request=True)


def _cloudru(store: Store) -> Iterator[Fault]:
    if store.has("auth"):
        yield from _missing(store, "auth.secretRef")
    project = store.text("projectID")
    if project and not go.is_uuid(project):
        yield Fault(("projectID",), f'"{project}" is no UUID')


def _conjur(store: Store) -> Iterator[Fault]:
    yield from _one_of(store, "auth.jwt", "secretRef", "serviceAccountRef")


def _kubernetes(store: Store) -> Iterator[Fault]:
    if all(store.lacks(r) for r in ("authRef", "server.caBundle", "server.caProvider")):
        route = ("server",) if store.has("server") else ()
        fault = "has neither caBundle nor caProvider, so the operator's own roots are used"
        yield Fault(route, fault, warning=True)


def _crd(store: Store) -> Iterator[Fault]:
    yield from _kubernetes(store)
    group, version, kind = (store.text(f"resource.{k}") for k in ("group", "version", "kind"))
    if group in ("", "core") and version == "v1" and kind and kind.casefold() == "secret":
        yield Fault(("resource", "kind"), "is Secret, which the provider kubernetes reads")
    for i, rule in enumerate(sequence(store.get("whitelist.rules"))):
        route: Route = ("whitelist", "rules", i)
        if isinstance(rule, dict):
            yield from _whitelist_rule(store, route, rule)


def _whitelist_rule(store: Store, route: Route, rule: dict[str, Value]) -> Iterator[Fault]:
    patterns: list[Route] = [("name",), ("namespace",), *expand(("properties", "*"), rule)]
    if not any(rule.get(key) for key in ("name", "namespace", "properties")):
        yield Fault(route, "has neither name nor namespace nor properties")
    for inner in patterns:
        pattern = store.text((*route, *inner))
        reason = go.regexp_error(pattern) if pattern else None
        if inner == ("namespace",) and pattern and not store.is_cluster:
            yield Fault((*route, *inner), "has no meaning in a SecretStore")
        elif reason:
            yield Fault((*route, *inner), f'"{pattern}" does not compile: {reason}')


def _delinea(store: Store) -> Iterator[Fault]:
    yield from _value_or_ref(store, "clientId")
    yield from _value_or_ref(store, "clientSecret")


def _dvls(store: Store) -> Iterator[Fault]:
    faults = list(_url(store, "serverUrl", schemes=("https", "http"), host=True))
    yield from faults
    url = store.text("serverUrl")
    insecure = store.get("insecure")
    if url and not faults and go.parse_url(url).scheme == "http" and insecure in (None, False):
        yield Fault(("serverUrl",), "is http, which needs insecure: true")
    vault = store.text("vault")
    if vault and vault != vault.strip():
        yield Fault(("vault",), f'"{vault}" begins or ends with white space')


def _gitlab(store: Store) -> Iterator[Fault]:
    groups = store.get("groupIDs")
    if store.blank("projectID") and (groups is None or groups == []):
        yield from _neither(store, "", "projectID", "groupIDs")
    if store.get("inheritFromGroups") is True and isinstance(groups, list) and groups:
        yield Fault(("inheritFromGroups",), "contradicts groupIDs")


def _ibm(store: Store) -> Iterator[Fault]:
    yield from _missing(store, "serviceUrl")


_HOST_AND_PORT = r"(?:\[([^\[\]]*)\]|([^\[\]:]*)):[^\[\]:]*"
_DOMAIN_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"


def _nebius(store: Store) -> Iterator[Fault]:
    domain = store.text("apiDomain")
    if domain is not None and store.has("apiDomain"):
        reason = _domain_error(domain)
        if reason:
            yield Fault(("apiDomain",), f'"{domain}" is no domain: {reason}')
    methods = ("tokenSecretRef", "serviceAccountCredsSecretRef")
    if not isinstance(store.get("auth"), dict) or any(store.unknown(f"auth.{m}") for m in methods):
        return
    named = [m for m in methods if not store.blank(f"auth.{m}.name")]
    if len(named) == 2:
        yield Fault(("auth",), f"has both {methods[0]} and {methods[1]}")
    elif not named:
        given = [m for m in methods if store.has(f"auth.{m}")]
        for method in given[:1]:
            yield from _missing(store, ("auth", method, "name"))
    for method in named if len(named) == 1 else ():
        yield from _missing(store, ("auth", method, "key"))


def _domain_error(domain: str) -> str:
    """Return what is wrong with a domain, which may have a port; "" where nothing is."""
    if not domain.strip():
        return "it is empty"
    if "://" in domain:
        return "a scheme is not allowed"
    match = re.fullmatch(_HOST_AND_PORT, domain) if ":" in domain else None
    if ":" in domain and match is None:
        return "it is no host and port"
    host = (match[1] or match[2]) if match else domain
    if not host.isascii() or "xn--" in host.lower():
        return ""  # what IDNA makes of it is not known here
    labels = host.lower().split(".")
    if len(labels) < 2:
        return "there is no dot in it"
    if len(host) > 253:
        return "it is too long"
    wrong = next((x for x in labels if not re.fullmatch(_DOMAIN_LABEL, x) or x[2:4] == "--"), None)
    if wrong is not None:
        return f'"{wrong}" is no label'
    return "its last label is a number" if labels[-1].isdigit() else ""


def _ngrok(store: Store) -> Iterator[Fault]:
    yield from _url(store, "apiUrl")


def _onepassword(store: Store) -> Iterator[Fault]:
    vaults = store.get("vaults")
    if isinstance(vaults, dict):
        if not vaults:
            yield Fault(("vaults",), "names no vault")
        seen: dict[int, str] = {}
        for name, number in vaults.items():
            if isinstance(number, int) and seen.setdefault(number, name) != name:
                yield Fault(("vaults", name), f'has the number {number} of "{seen[number]}"')
    yield from _url(store, "connectHost")


def _onepassword_sdk(store: Store) -> Iterator[Fault]:
    if store.blank("vault") and store.blank("environment"):
        yield from _neither(store, "", "vault", "environment")


def _ovh(store: Store) -> Iterator[Fault]:
    yield from _url(store, "server")
    auth = store.get("auth")
    if isinstance(auth, dict):
        given = [method for method in ("mtls", "token") if auth.get(method) is not None]
        if len(given) != 1:
            fault = "has both mtls and token" if given else "has neither mtls nor token"
            yield Fault(("auth",), fault)
    for reference in store.references():
        if not reference.value and reference.kind == "secret":
            yield Fault(reference.route, "is empty")


def _passbolt(store: Store) -> Iterator[Fault]:
    yield from _url(store, "host", schemes=("https",))


_SCALEWAY_REGION = r"[a-z]{2}-[a-z]{3}"


def _scaleway(store: Store) -> Iterator[Fault]:
    yield from _url(store, "apiUrl")
    region, project = store.text("region"), store.text("projectId")
    if region is not None and store.has("region") and not re.fullmatch(_SCALEWAY_REGION, region):
        yield Fault(("region",), f'"{region}" is no region')
    if project is not None and store.has("projectId") and not go.holds_uuid(project):
        yield Fault(("projectId",), f'"{project}" is no UUID')
    yield from _value_or_ref(store, "accessKey")
    yield from _value_or_ref(store, "secretKey")


def _senhasegura(store: Store) -> Iterator[Fault]:
    yield from _url(store, "url", schemes=("https",), host=True)


def _vault(store: Store) -> Iterator[Fault]:
    role = store.has("auth.appRole") and store.lacks("auth.appRole.roleRef")
    if role and store.blank("auth.appRole.roleId"):
        yield Fault(parse_route("auth.appRole"), "has neither roleId nor roleRef")
    yield from _one_of(store, "auth.jwt", "secretRef", "kubernetesServiceAccountToken")
    halves = ("certSecretRef", "keySecretRef")
    for given, other in (halves, halves[::-1]):
        if isinstance(store.get(f"tls.{given}"), dict) and store.lacks(f"tls.{other}"):
            yield Fault(("tls", given), f"is no use without {other}")
    if store.get("checkAndSet.required") is True and store.text("version") == "v1":
        yield Fault(("checkAndSet",), "needs version v2 of the key-value engine")


def _volcengine(store: Store) -> Iterator[Fault]:
    if store.has("auth"):
        yield from _missing(store, "auth.secretRef")


_VALIDATORS: Mapping[str, Callable[[Store], Iterator[Fault]]] = {
    "akeyless": _akeyless,
    "aws": _aws,
    "azurekv": _azurekv,
    "barbican": _barbican,
    "beyondtrust": _beyondtrust,
    "beyondtrustworkloadcredentials": _beyondtrust_workload,
    "bitwardensecretsmanager": _bitwarden,
    "chef": _chef,
    "cloudrusm": _cloudru,
    "conjur": _conjur,
    "crd": _crd,
    "delinea": _delinea,
    "dvls": _dvls,
    "gitlab": _gitlab,
    "ibm": _ibm,
    "kubernetes": _kubernetes,
    "nebiusmysterybox": _nebius,
    "ngrok": _ngrok,
    "onepassword": _onepassword,
    "onepasswordSDK": _onepassword_sdk,
    "ovh": _ovh,
    "passbolt": _passbolt,
    "scaleway": _scaleway,
    "senhasegura": _senhasegura,
    "vault": _vault,
    "volcengine": _volcengine,
}


# What the webhook lets pass and client construction refuses

_RETRYING = ("aws", "ibm", "oracle", "vault")


def _retry_interval(store: Store) -> Iterator[Fault]:
    route = ("spec", "retrySettings", "retryInterval")
    value = store.resource.get(*route)
    if store.provider in _RETRYING and isinstance(value, str) and not store.resource.unknown(route):
        reason = go.duration_error(value)
        if reason:
            yield Fault(route, f'"{value}" is no Go duration: {reason}')


def _foreign(store: Store) -> Iterator[Fault]:
    """Yield the references of a SecretStore whose namespace only client construction refuses."""
    here = known_namespace(store.resource)
    if store.is_cluster or here is None:
        return
    if store.provider == "oracle" and store.text("principalType") != "Workload":
        return  # nothing reads its ServiceAccount
    for reference in store.references():
        route = (*reference.route, "namespace")
        named = store.text(route)
        if reference.selector.policy.foreign == "fails" and named and named != here:
            yield Fault(route, f'is "{named}", but a SecretStore may only read in "{here}"')


def _aws_client(store: Store) -> Iterator[Fault]:
    if store.get("auth.jwt") == {}:
        yield Fault(("auth", "jwt"), "names no serviceAccountRef", confidence="medium")


def _azurekv_client(store: Store) -> Iterator[Fault]:
    how = store.text("authType") if store.has("authType") else "ServicePrincipal"
    if how == "ServicePrincipal":
        yield from _missing(store, "tenantId", ", which authType ServicePrincipal needs")
        yield from _missing(store, "authSecretRef", ", which authType ServicePrincipal needs")
        if store.has("authSecretRef"):
            yield from _one_of(store, "authSecretRef", "clientSecret", "clientCertificate")
        if all(store.has(f"authSecretRef.{key}") for key in ("clientSecret", "clientCertificate")):
            yield Fault(("authSecretRef",), "has both clientSecret and clientCertificate")
    if how in ("ServicePrincipal", "WorkloadIdentity") and store.has("authSecretRef"):
        yield from _missing(store, "authSecretRef.clientId")


def _beyondtrust_workload_client(store: Store) -> Iterator[Fault]:
    if store.has("auth.apikey.token.name"):
        yield from _missing(store, "auth.apikey.token.key")


def _gcpsm_client(store: Store) -> Iterator[Fault]:
    if store.has("auth.secretRef"):
        yield from _missing(store, "projectID", ", which auth.secretRef needs")
    base = "auth.workloadIdentityFederation"
    if store.has("auth.secretRef") or store.has("auth.workloadIdentity"):
        return  # these win over the federation
    sources = ("serviceAccountRef", "credConfig", "awsSecurityCredentials")
    given = [source for source in sources if not store.lacks(f"{base}.{source}")]
    if store.lacks(base) or store.unknown(base):
        return
    if len(given) != 1:
        listed = " and ".join(given) if given else "none of " + ", ".join(sources)
        yield Fault(parse_route(base), f"has {listed}, but needs exactly one source")
    elif given[0] != "credConfig":
        yield from _missing(store, f"{base}.audience", f", which {given[0]} needs")


def _kubernetes_client(store: Store) -> Iterator[Fault]:
    if store.has("auth") and store.has("authRef"):
        yield Fault(("authRef",), "contradicts auth")
    else:
        yield from _one_of(store, "", "auth", "authRef")


def _ngrok_client(store: Store) -> Iterator[Fault]:
    if store.get("auth.apiKey") == {}:
        yield Fault(parse_route("auth.apiKey"), "has no secretRef", confidence="medium")


def _vault_client(store: Store) -> Iterator[Fault]:
    auth = store.get("auth")
    if isinstance(auth, dict) and all(
        key == "namespace" or value is None for key, value in auth.items()
    ):
        yield Fault(("auth",), "has no method")


_CONSTRUCTORS: Mapping[str, Callable[[Store], Iterator[Fault]]] = {
    "aws": _aws_client,
    "azurekv": _azurekv_client,
    "beyondtrustworkloadcredentials": _beyondtrust_workload_client,
    "gcpsm": _gcpsm_client,
    "kubernetes": _kubernetes_client,
    "ngrok": _ngrok_client,
    "vault": _vault_client,
}
