"""The providers of ESO, one row each: what their blocks refer to, and what the webhook asks.

Source: ESO v2.9.0, each provider's ValidateStore and NewClient under providers/v1 and the
CRDs of the stores and generators; alibaba and device42 left ESO with v2.0.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal, NamedTuple, TypeAlias

from esolint.value import Route, Value, at, expand, mapping, parse_route

Kind: TypeAlias = Literal["secret", "serviceAccount", "configMap", "ca"]
Capability: TypeAlias = Literal["read", "write", "read-write"]

# What becomes of a ClusterSecretStore whose reference names no namespace: the webhook
# refuses it; it is taken and no client can ever be made; each consumer's own namespace is
# used; nothing in ESO prepares for it, and the store most likely never gets ready.
Absent: TypeAlias = Literal["refused", "never-ready", "referent", "probably-never-ready"]

# What becomes of a SecretStore whose reference names another namespace: the webhook refuses
# it, or even the store's own (forbidden); client construction fails; the namespace is
# ignored and the consumer's taken.
Foreign: TypeAlias = Literal["refused", "forbidden", "fails", "ignored"]


class Policy(NamedTuple):
    """How ESO treats the namespace of a reference; None: it is not known."""

    absent: Absent | None
    foreign: Foreign | None


STRICT = Policy("refused", "refused")
STRICT_ABSENT = Policy("refused", "ignored")
LATE = Policy("never-ready", "refused")
LATE_UNCHECKED = Policy("never-ready", "ignored")
REFERENT = Policy("referent", "refused")
REFERENT_UNCHECKED = Policy("referent", "ignored")
DOUBTFUL = Policy("probably-never-ready", "refused")
DOUBTFUL_LATE = Policy("probably-never-ready", "fails")
UNCHECKED = Policy("probably-never-ready", "ignored")
CA = Policy("never-ready", "fails")
STRICT_CA = Policy("refused", "forbidden")
UNKNOWN = Policy(None, None)


class Selector(NamedTuple):
    """A place of a provider's block that refers to a Secret, ServiceAccount, ConfigMap or CA.

    `route` is relative to the block, `*` stands for each item of a list. `needs`: the parts
    that the webhook wants although the schema does not. `must`: where this route is set, the
    webhook wants the reference itself, which the schema lets out. `when` and `unless`: looked
    at only where this route is set, or is not. `named`: not looked at while it has no name.
    `bare`: looked at even where only its parent stands. `static`: a long-lived credential.
    """

    route: Route
    kind: Kind
    policy: Policy
    needs: tuple[str, ...] = ()
    must: Route | None = None
    when: Route | None = None
    unless: Route | None = None
    named: bool = False
    bare: bool = False
    static: bool = False


class Literally(NamedTuple):
    """A `value` field, which takes in plain text what belongs into a Secret.

    `secret` is False where the value is a name (a user, a client id).
    """

    route: Route
    secret: bool = True


class Provider(NamedTuple):
    """One row. `required`: texts that the webhook wants and that the schema lets be empty.

    Those in `given` it also wants where the schema lets them out. `identity` says how a
    store of this provider gets along without a long-lived credential; empty: it cannot.
    """

    title: str
    capability: Capability
    selectors: tuple[Selector, ...] = ()
    required: tuple[Route, ...] = ()
    given: tuple[Route, ...] = ()
    literals: tuple[Literally, ...] = ()
    identity: str = ""
    maintained: bool = True


class Reference(NamedTuple):
    """What stands at a selector. `route` is relative to the block; `value` {}: a bare one."""

    selector: Selector
    route: Route
    value: dict[str, Value]

    @property
    def kind(self) -> Kind:
        return self.selector.kind


def references(provider: str, config: Value) -> Iterator[Reference]:
    """Yield the references that a provider's block holds and that ESO looks at."""
    row = PROVIDERS.get(provider)
    for selector in row.selectors if row else ():
        yield from _at(selector, config)


def generator_references(kind: str, spec: Value) -> Iterator[Reference]:
    """Yield the references in the spec of a generator; ESO ignores their namespaces."""
    for selector in GENERATORS.get(kind, ()):
        yield from _at(selector, spec)


def _at(selector: Selector, config: Value) -> Iterator[Reference]:
    if selector.unless is not None and at(config, selector.unless) not in (None, ""):
        return
    if selector.when is not None and at(config, selector.when) is None:
        return
    for route in expand(selector.route, config):
        value = at(config, route)
        if value is None and selector.bare and at(config, route[:-1]) is not None:
            value = {}
        if isinstance(value, dict) and (value.get("name") or not selector.named):
            yield Reference(selector, route, mapping(value))


def _selector(
    route: str,
    policy: Policy,
    needs: str = "",
    *,
    kind: Kind = "secret",
    must: str | None = None,
    when: str | None = None,
    unless: str | None = None,
    named: bool = False,
    bare: bool = False,
    static: bool = False,
) -> Selector:
    return Selector(
        parse_route(route),
        kind,
        policy,
        tuple(needs.split()),
        None if must is None else parse_route(must),
        None if when is None else parse_route(when),
        None if unless is None else parse_route(unless),
        named,
        bare,
        static,
    )


_key = partial(_selector, static=True)  # a long-lived credential
_name = _selector  # a Secret that holds a user or a client id
_account = partial(_selector, kind="serviceAccount")
_certificate = partial(_selector, kind="ca")  # a CA in a plain Secret


def _ca(route: str, policy: Policy = CA) -> Selector:
    """Return the selector of a CA provider; a bundle beside it wins."""
    bundle = route.replace("caProvider", "caBundle")
    return _selector(route, policy, kind="ca", unless=bundle if policy is CA else None)


def _routes(text: str) -> tuple[Route, ...]:
    return tuple(parse_route(word) for word in text.split())


def _literals(secret: str, name: str = "") -> tuple[Literally, ...]:
    return (
        *(Literally((*route, "value")) for route in _routes(secret)),
        *(Literally((*route, "value"), secret=False) for route in _routes(name)),
    )


def _kubernetes(title: str, capability: Capability) -> Provider:
    return Provider(
        title,
        capability,
        (
            _key("auth.token.bearerToken", STRICT, "name key"),
            _key("auth.cert.clientCert", STRICT, "name key"),
            _key("auth.cert.clientKey", REFERENT_UNCHECKED),
            _account("auth.serviceAccount", REFERENT),
            _key("authRef", UNCHECKED),
            _ca("server.caProvider", STRICT_CA),
        ),
        identity="auth.serviceAccount",
    )


def _yandex(title: str) -> Provider:
    return Provider(
        title,
        "read",
        (
            _key("auth.authorizedKeySecretRef", UNCHECKED, named=True),
            _certificate("caProvider.certSecretRef", UNCHECKED),
        ),
        required=_routes("fetching.byName.folderID"),
    )


_AWS_KEYS = (
    "secretRef.accessKeyIDSecretRef",
    "secretRef.secretAccessKeySecretRef",
    "secretRef.sessionTokenSecretRef",
)


def _vault(base: str = "", policy: Policy = REFERENT) -> tuple[Selector, ...]:
    """Return the selectors of a Vault block; `policy` is what its usual references get."""
    unsure = DOUBTFUL if policy is REFERENT else policy
    unchecked = UNCHECKED if policy is REFERENT else policy
    return (
        _key(f"{base}auth.tokenSecretRef", policy),
        _name(f"{base}auth.appRole.roleRef", unsure, unless=f"{base}auth.appRole.roleId"),
        _key(f"{base}auth.appRole.secretRef", policy),
        _key(f"{base}auth.kubernetes.secretRef", policy),
        _account(f"{base}auth.kubernetes.serviceAccountRef", policy),
        _key(f"{base}auth.ldap.secretRef", policy),
        _key(f"{base}auth.userPass.secretRef", policy),
        _key(f"{base}auth.jwt.secretRef", policy),
        _account(
            f"{base}auth.jwt.kubernetesServiceAccountToken.serviceAccountRef",
            policy,
            unless=f"{base}auth.jwt.secretRef",
        ),
        _key(f"{base}auth.cert.clientCert", unsure),
        _key(f"{base}auth.cert.secretRef", policy),
        *(_key(f"{base}auth.iam.{key}", policy) for key in _AWS_KEYS),
        _account(f"{base}auth.iam.jwt.serviceAccountRef", policy),
        _key(f"{base}auth.gcp.secretRef.secretAccessKeySecretRef", unchecked),
        _account(f"{base}auth.gcp.serviceAccountRef", unchecked),
        _account(f"{base}auth.gcp.workloadIdentity.serviceAccountRef", unchecked),
        _key(f"{base}tls.certSecretRef", unsure, when=f"{base}tls.keySecretRef"),
        _key(f"{base}tls.keySecretRef", unsure, when=f"{base}tls.certSecretRef"),
        _ca(f"{base}caProvider", CA if policy is REFERENT else policy),
    )


def _google(policy: Policy, unchecked: Policy) -> tuple[Selector, ...]:
    federation = "auth.workloadIdentityFederation"
    return (
        _key("auth.secretRef.secretAccessKeySecretRef", policy),
        _account("auth.workloadIdentity.serviceAccountRef", policy),
        _account(f"{federation}.serviceAccountRef", unchecked),
        _selector(f"{federation}.credConfig", unchecked, kind="configMap"),
        _key(f"{federation}.awsSecurityCredentials.awsCredentialsSecretRef", unchecked),
    )


PROVIDERS: dict[str, Provider] = {
    "akeyless": Provider(
        "Akeyless",
        "read-write",
        (
            _key(
                "authSecretRef.secretRef.accessID",
                STRICT,
                "name key",
                must="authSecretRef",
                unless="authSecretRef.kubernetesAuth",
            ),
            _key(
                "authSecretRef.secretRef.accessType",
                STRICT,
                unless="authSecretRef.kubernetesAuth",
                bare=True,
            ),
            _key(
                "authSecretRef.secretRef.accessTypeParam",
                STRICT,
                unless="authSecretRef.kubernetesAuth",
                named=True,
            ),
            _key("authSecretRef.kubernetesAuth.secretRef", STRICT),
            _account("authSecretRef.kubernetesAuth.serviceAccountRef", DOUBTFUL),
            _account(
                "authSecretRef.serviceAccountRef", DOUBTFUL, unless="authSecretRef.kubernetesAuth"
            ),
            _ca("caProvider"),
        ),
        required=_routes(
            "authSecretRef.kubernetesAuth.accessID authSecretRef.kubernetesAuth.k8sConfName"
        ),
        identity="serviceAccountRef in authSecretRef.kubernetesAuth or authSecretRef",
    ),
    "alibaba": Provider(
        "Alibaba Cloud KMS",
        "read",
        (
            _key("auth.secretRef.accessKeyIDSecretRef", UNKNOWN),
            _key("auth.secretRef.accessKeySecretSecretRef", UNKNOWN),
        ),
        identity="auth.rrsa",
    ),
    "aws": Provider(
        "AWS",
        "read-write",
        (
            *(_key(f"auth.{key}", REFERENT) for key in _AWS_KEYS),
            _account("auth.jwt.serviceAccountRef", REFERENT),
        ),
        identity="auth.jwt.serviceAccountRef, or no auth at all and the operator's own identity",
    ),
    "azurekv": Provider(
        "Azure Key Vault",
        "read-write",
        (
            _name("authSecretRef.clientId", REFERENT),
            _name("authSecretRef.tenantId", UNCHECKED),
            _key("authSecretRef.clientSecret", REFERENT),
            _key("authSecretRef.clientCertificate", UNCHECKED),
            _account("serviceAccountRef", REFERENT),
        ),
        required=_routes("customCloudConfig.activeDirectoryEndpoint"),
        identity="authType WorkloadIdentity with serviceAccountRef",
    ),
    "barbican": Provider(
        "OpenStack Barbican",
        "read",
        (
            _name("auth.username.secretRef", STRICT),
            _key("auth.password.secretRef", STRICT),
        ),
        given=_routes("authURL"),
        literals=_literals("", "auth.username"),
    ),
    "beyondtrust": Provider(
        "BeyondTrust Password Safe",
        "read-write",
        (
            _key("auth.apiKey.secretRef", DOUBTFUL, "name key"),
            _name("auth.clientId.secretRef", DOUBTFUL, "name key"),
            _key("auth.clientSecret.secretRef", DOUBTFUL, "name key"),
            _key("auth.certificate.secretRef", DOUBTFUL, "name key"),
            _key("auth.certificateKey.secretRef", DOUBTFUL, "name key"),
        ),
        required=_routes("server.apiUrl"),
        literals=_literals(
            "auth.apiKey auth.clientSecret auth.certificateKey", "auth.clientId auth.certificate"
        ),
    ),
    "beyondtrustworkloadcredentials": Provider(
        "BeyondTrust Workload Credentials",
        "read",
        (
            _key("auth.apikey.token", STRICT, "name"),
            _ca("caProvider"),
        ),
        required=_routes("server.apiUrl server.siteId"),
    ),
    "bitwardensecretsmanager": Provider(
        "Bitwarden Secrets Manager",
        "read-write",
        (
            _key("auth.secretRef.credentials", UNCHECKED),
            _ca("caProvider"),
        ),
        given=_routes("bitwardenServerSDKURL"),
    ),
    "chef": Provider(
        "Chef",
        "read",
        (_key("auth.secretRef.privateKeySecretRef", STRICT, "key"),),
        required=_routes("username serverUrl"),
    ),
    "cloudrusm": Provider(
        "Cloud.ru Secret Manager",
        "read",
        (
            _key("auth.secretRef.accessKeyIDSecretRef", DOUBTFUL),
            _key("auth.secretRef.accessKeySecretSecretRef", DOUBTFUL),
        ),
        given=_routes("projectID"),
    ),
    "conjur": Provider(
        "Conjur",
        "read",
        (
            _name("auth.apikey.userRef", DOUBTFUL),
            _key("auth.apikey.apiKeyRef", DOUBTFUL),
            _key("auth.jwt.secretRef", DOUBTFUL),
            _account("auth.jwt.serviceAccountRef", DOUBTFUL),
            _key("auth.cert.clientCertRef", DOUBTFUL, "name"),
            _key("auth.cert.clientKeyRef", DOUBTFUL, "name"),
            _ca("caProvider"),
        ),
        required=_routes(
            "url auth.apikey.account auth.jwt.account auth.jwt.serviceID"
            " auth.cert.account auth.cert.serviceID"
        ),
        identity="auth.jwt.serviceAccountRef",
    ),
    "crd": _kubernetes("Kubernetes custom resources", "read"),
    "delinea": Provider(
        "Delinea DevOps Secrets Vault",
        "read",
        (
            _name("clientId.secretRef", LATE, "name key"),
            _key("clientSecret.secretRef", LATE, "name key"),
        ),
        required=_routes("tenant"),
        literals=_literals("clientSecret", "clientId"),
    ),
    "device42": Provider("Device42", "read", (_key("auth.secretRef.credentials", UNKNOWN),)),
    "doppler": Provider(
        "Doppler",
        "read",
        (
            _key("auth.secretRef.dopplerToken", STRICT, "name"),
            _account("auth.oidcConfig.serviceAccountRef", STRICT, unless="auth.secretRef"),
        ),
        required=_routes("auth.oidcConfig.identity"),
        identity="auth.oidcConfig.serviceAccountRef",
    ),
    "dvls": Provider(
        "Devolutions Server",
        "read-write",
        (
            _key("auth.secretRef.appId", STRICT, "name key"),
            _key("auth.secretRef.appSecret", STRICT, "name key"),
        ),
        required=_routes("serverUrl"),
    ),
    "fake": Provider(
        "Fake", "read-write", required=_routes("data.*.key data.*.value"), maintained=False
    ),
    "fortanix": Provider(
        "Fortanix", "read", (_key("apiKey.secretRef", DOUBTFUL, "name key", must=""),)
    ),
    "gcpsm": Provider(
        "Google Cloud Secret Manager",
        "read-write",
        _google(REFERENT, UNCHECKED),
        identity="auth.workloadIdentity or auth.workloadIdentityFederation,"
        " or no auth at all and the operator's own identity",
    ),
    "github": Provider("GitHub Actions", "write", (_key("auth.privateKey", UNCHECKED),)),
    "gitlab": Provider(
        "GitLab variables",
        "read",
        (
            _key("auth.SecretRef.accessToken", STRICT, "name key", must="auth.SecretRef"),
            _ca("caProvider"),
        ),
    ),
    "ibm": Provider(
        "IBM Cloud Secrets Manager",
        "read-write",
        (_key("auth.secretRef.secretApiKeySecretRef", STRICT, "name key", must="auth.secretRef"),),
        required=_routes("auth.containerAuth.profile"),
        identity="auth.containerAuth",
    ),
    "infisical": Provider(
        "Infisical",
        "read-write",
        (
            _key("auth.universalAuthCredentials.clientId", DOUBTFUL, "key"),
            _key("auth.universalAuthCredentials.clientSecret", DOUBTFUL, "key"),
            _key("auth.tokenAuthCredentials.accessToken", UNCHECKED),
            _name("auth.ldapAuthCredentials.identityId", UNCHECKED),
            _name("auth.ldapAuthCredentials.ldapUsername", UNCHECKED),
            _key("auth.ldapAuthCredentials.ldapPassword", UNCHECKED),
            _name("auth.jwtAuthCredentials.identityId", UNCHECKED),
            _key("auth.jwtAuthCredentials.jwt", UNCHECKED),
            _name("auth.ociAuthCredentials.identityId", UNCHECKED),
            _name("auth.ociAuthCredentials.userId", UNCHECKED),
            _name("auth.ociAuthCredentials.tenancyId", UNCHECKED),
            _name("auth.ociAuthCredentials.region", UNCHECKED),
            _name("auth.ociAuthCredentials.fingerprint", UNCHECKED),
            _key("auth.ociAuthCredentials.privateKey", UNCHECKED),
            _key("auth.ociAuthCredentials.privateKeyPassphrase", UNCHECKED),
            _name("auth.kubernetesAuthCredentials.identityId", UNCHECKED),
            _name("auth.kubernetesAuthCredentials.serviceAccountTokenPath", UNCHECKED),
            _name("auth.awsAuthCredentials.identityId", UNCHECKED),
            _name("auth.azureAuthCredentials.identityId", UNCHECKED),
            _name("auth.azureAuthCredentials.resource", UNCHECKED),
            _name("auth.gcpIdTokenAuthCredentials.identityId", UNCHECKED),
            _name("auth.gcpIamAuthCredentials.identityId", UNCHECKED),
            _name("auth.gcpIamAuthCredentials.serviceAccountKeyFilePath", UNCHECKED),
            _ca("caProvider", STRICT_CA),
        ),
        required=_routes("secretsScope.projectSlug secretsScope.environmentSlug"),
        identity="auth.kubernetesAuthCredentials, or that of the cloud the operator runs in",
    ),
    "keepersecurity": Provider(
        "Keeper Security",
        "read-write",
        (_key("authRef", STRICT),),
        required=_routes("folderID"),
    ),
    "kubernetes": _kubernetes("Kubernetes", "read-write"),
    "nebiusmysterybox": Provider(
        "Nebius MysteryBox",
        "read",
        (
            _key("auth.tokenSecretRef", STRICT, named=True),
            _key("auth.serviceAccountCredsSecretRef", STRICT, named=True),
            _certificate("caProvider.certSecretRef", STRICT, "name key", must="caProvider"),
        ),
    ),
    "ngrok": Provider(
        "ngrok",
        "write",
        (_key("auth.apiKey.secretRef", LATE_UNCHECKED),),
        required=_routes("vault.name"),
    ),
    "onboardbase": Provider(
        "Onboardbase",
        "read",
        (
            _key("auth.apiKeyRef", STRICT, "name"),
            _key("auth.passcodeRef", STRICT, "name"),
        ),
    ),
    "onepassword": Provider(
        "1Password Connect",
        "read-write",
        (_key("auth.secretRef.connectTokenSecretRef", STRICT, "name key"),),
    ),
    "onepasswordSDK": Provider(
        "1Password", "read-write", (_key("auth.serviceAccountSecretRef", STRICT, "name key"),)
    ),
    "openBao": Provider(
        "OpenBao",
        "read",
        (
            _key("auth.tokenSecretRef", REFERENT),
            _name("auth.appRole.roleRef", REFERENT),
            _key("auth.appRole.secretRef", REFERENT),
            _key("auth.userPass.secretRef", REFERENT),
            _ca("caProvider"),
        ),
    ),
    "oracle": Provider(
        "Oracle Vault",
        "read-write",
        (
            _key("auth.secretRef.privatekey", STRICT, "name key"),
            _key("auth.secretRef.fingerprint", STRICT, "name key"),
            _account("serviceAccountRef", DOUBTFUL, when="auth"),
            _account("serviceAccountRef", DOUBTFUL_LATE, unless="auth"),
        ),
        required=_routes("vault region auth.user auth.tenancy"),
        identity="principalType Workload or InstancePrincipal",
    ),
    "ovh": Provider(
        "OVHcloud",
        "read-write",
        (
            _key("auth.mtls.certSecretRef", UNCHECKED),
            _key("auth.mtls.keySecretRef", UNCHECKED),
            _key("auth.token.tokenSecretRef", UNCHECKED),
            _ca("auth.mtls.caProvider"),
        ),
        required=_routes("server okmsid"),
    ),
    "passbolt": Provider(
        "Passbolt",
        "read",
        (
            _key("auth.passwordSecretRef", UNCHECKED, "name key"),
            _key("auth.privateKeySecretRef", UNCHECKED, "name key"),
            _ca("caProvider"),
        ),
        required=_routes("host"),
    ),
    "passworddepot": Provider(
        "Password Depot", "read", (_key("auth.secretRef.credentials", UNCHECKED),)
    ),
    "previder": Provider(
        "Previder",
        "read",
        (_key("auth.secretRef.accessToken", UNCHECKED, "name key", must="auth"),),
    ),
    "pulumi": Provider(
        "Pulumi ESC",
        "read",
        (
            _key("auth.accessToken.secretRef", LATE, "name key", must="auth.accessToken"),
            _key("accessToken.secretRef", LATE, "name key", must="accessToken"),
            _account("auth.oidcConfig.serviceAccountRef", STRICT_ABSENT),
        ),
        required=_routes("organization project environment auth.oidcConfig.organization"),
        identity="auth.oidcConfig.serviceAccountRef",
    ),
    "scaleway": Provider(
        "Scaleway",
        "read-write",
        (
            _name("accessKey.secretRef", LATE),
            _key("secretKey.secretRef", LATE),
        ),
        literals=_literals("secretKey", "accessKey"),
    ),
    "secretserver": Provider(
        "Delinea Secret Server",
        "read-write",
        (
            _key("token.secretRef", LATE, "name key"),
            _name("username.secretRef", LATE, "name key", unless="token"),
            _key("password.secretRef", LATE, "name key", unless="token"),
            _ca("caProvider"),
        ),
        required=_routes("serverURL"),
        literals=_literals("token password", "username"),
    ),
    "senhasegura": Provider(
        "Senhasegura",
        "read",
        (_key("auth.clientSecretSecretRef", UNCHECKED),),
        required=_routes("url auth.clientId"),
    ),
    "vault": Provider(
        "HashiCorp Vault",
        "read-write",
        _vault(),
        identity="auth.kubernetes, auth.jwt, auth.iam or auth.gcp with a serviceAccountRef",
    ),
    "volcengine": Provider(
        "Volcengine",
        "read",
        (
            _key("auth.secretRef.accessKeyID", DOUBTFUL),
            _key("auth.secretRef.secretAccessKey", DOUBTFUL),
            _key("auth.secretRef.token", DOUBTFUL),
        ),
        required=_routes("region"),
        identity="no auth at all and the operator's own identity",
    ),
    "webhook": Provider(
        "Webhook",
        "read-write",
        (
            _key("secrets.*.secretRef", LATE_UNCHECKED),
            _name("auth.ntlm.usernameSecret", LATE_UNCHECKED),
            _key("auth.ntlm.passwordSecret", LATE_UNCHECKED),
            _ca("caProvider"),
        ),
    ),
    "yandexcertificatemanager": _yandex("Yandex Certificate Manager"),
    "yandexlockbox": _yandex("Yandex Lockbox"),
}

# A generator reads what it refers to in the namespace of its consumer, whatever it names.
_IGNORED = Policy(None, "ignored")

GENERATORS: dict[str, tuple[Selector, ...]] = {
    "ACRAccessToken": (
        _name("auth.servicePrincipal.secretRef.clientId", _IGNORED),
        _key("auth.servicePrincipal.secretRef.clientSecret", _IGNORED),
        _account("auth.workloadIdentity.serviceAccountRef", _IGNORED),
    ),
    "BeyondtrustWorkloadCredentialsDynamicSecret": (
        _key("provider.auth.apikey.token", _IGNORED),
        _ca("provider.caProvider", _IGNORED),
    ),
    "CloudsmithAccessToken": (_account("serviceAccountRef", _IGNORED),),
    "ECRAuthorizationToken": (
        *(_key(f"auth.{key}", _IGNORED) for key in _AWS_KEYS),
        _account("auth.jwt.serviceAccountRef", _IGNORED),
    ),
    "GCRAccessToken": _google(_IGNORED, _IGNORED),
    "GithubAccessToken": (_key("auth.privateKey.secretRef", _IGNORED),),
    "GitlabDeployToken": (_key("auth.token.secretRef", _IGNORED),),
    "Grafana": (
        _key("auth.token", _IGNORED),
        _key("auth.basic.password", _IGNORED),
    ),
    "MFA": (_key("secret", _IGNORED),),
    "QuayAccessToken": (_account("serviceAccountRef", _IGNORED),),
    "STSSessionToken": (
        *(_key(f"auth.{key}", _IGNORED) for key in _AWS_KEYS),
        _account("auth.jwt.serviceAccountRef", _IGNORED),
    ),
    "VaultDynamicSecret": _vault("provider.", _IGNORED),
    "Webhook": (
        _key("secrets.*.secretRef", _IGNORED),
        _name("auth.ntlm.usernameSecret", _IGNORED),
        _key("auth.ntlm.passwordSecret", _IGNORED),
        _ca("caProvider", _IGNORED),
    ),
}
