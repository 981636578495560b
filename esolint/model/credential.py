"""Is this a credential? Judged by key and value; and which routes of a resource hold one.

No function here returns, logs or raises with a value that it was given. Each looks at a
bounded part of a value, and no expression backtracks over more than a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from math import log2
from typing import Literal, NamedTuple, TypeAlias

from esolint.diagnostic import Confidence
from esolint.model.generator import generator_specs
from esolint.resource import Resource
from esolint.value import Route, Value, exists, leaves, mapping

Role: TypeAlias = Literal["password", "token", "key"]

_LONGEST = 65_536
_LONGEST_LINE = 2_000
_MOST_LINES = 2_000
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# ESO's fields that say where a secret is, whatever their names promise.
_POINTS_TO = frozenset(("key", "secretKey", "remoteKey", "property", "encryptionKey"))


class Evidence(NamedTuple):
    """What a value is taken for: `what` completes "holds …" and names no part of it.

    `identifier`: one half of a pair (an AWS access key id), harmless without the other.
    """

    what: str
    confidence: Confidence
    identifier: bool = False


def is_credential(key: str, value: str) -> bool:
    """Say whether `value`, decoded and in plain text, is a credential under `key`."""
    return judge(key, value) is not None


def judge(key: str, value: str, role: Role | None = None) -> Evidence | None:
    """Return what makes `value`, decoded and in plain text, a credential; None where nothing does.

    References to a secret store, placeholders, encrypted text, certificates, public keys,
    and configuration without a credential in it are none. `role` says what the value is
    used as, for a key whose name does not tell.
    """
    text = value[:_LONGEST].strip()
    if len(text) < 4 or text.startswith(_ENCRYPTED):
        return None
    half = _known_format(text)
    if half and not half.identifier:
        return half
    if _REFERENCE_SCHEMES.match(text):
        return None
    parsed = _json(text)
    if parsed is None and text.startswith(("ey", "ew")):
        parsed = _json(_decoded(text) or "")
    if parsed is not None:
        return _judge_leaves(key, parsed)
    if _PUBLIC.match(text):
        return None
    found = _inside(text, key) or half
    if found or "\n" in text or is_reference(text) or is_placeholder(text, key):
        return found
    role = role_of(key) or role
    sure = _accepts(role, text) if role else None
    if role is None or sure is None:
        return None
    return Evidence(_noun(role, key), sure, _is_access_key(key))


def secret_routes(resource: Resource) -> list[Route]:
    """Return the routes whose values no output may show, each once.

    Everything in a Secret and in a fake provider or generator; what a store, generator or
    webhook takes literally; elsewhere each scalar that is a credential by name and value.
    """
    always = dict.fromkeys(_always_secret(resource))
    routes = [route for route in always if exists(resource.value, route)]
    sure = frozenset(routes)
    for route, value in leaves(resource.value):
        if not isinstance(value, str | int) or isinstance(value, bool):
            continue
        if any(route[:length] in sure for length in range(1, len(route) + 1)):
            continue
        name = _name_at(resource.value, route)
        if resource.is_eso and name in _POINTS_TO:
            name = ""
        if is_credential(name, str(value)):
            routes.append(route)
    return routes


# Where secrets stand


def _always_secret(resource: Resource) -> Iterator[Route]:
    """Yield routes that hold secrets whatever their value; some lead nowhere."""
    value = resource.value
    if _LAST_APPLIED in resource.annotations():
        yield ("metadata", "annotations", _LAST_APPLIED)
    if resource.kind == "Secret" and not resource.group:
        yield from _each(value, ("data",))
        yield from _each(value, ("stringData",))
    elif resource.kind == "SealedSecret":
        yield from _each(value, ("spec", "template", "data"))
        yield from _each(value, ("spec", "template", "stringData"))
    elif resource.is_eso:
        yield from _in_eso(resource)


def _in_eso(resource: Resource) -> Iterator[Route]:
    value = resource.value
    for base, kind in generator_specs(resource):
        if kind == "Fake":
            yield from _each(value, (*base, "data"))
        elif kind == "Webhook":
            yield from _webhook(value, base)
    provider: Route = ("spec", "provider")
    yield from _webhook(value, (*provider, "webhook"))
    for route, text in leaves(_get(value, provider), provider):
        # A literal beside or instead of a reference; the fake provider's data.
        if (
            route[-1] == "value"
            or "valueMap" in route
            or (isinstance(text, str) and isinstance(route[-1], str) and _is_misplaced(route[-1]))
        ):
            yield route
    for template in _TEMPLATES:
        for route in _each(value, template):
            if _is_literal(str(route[-1]), _get(value, route)):
                yield route


def _is_misplaced(key: str) -> bool:
    """Say whether text under this key of a provider can only be a secret in a wrong place."""
    if key in _POINTS_TO:
        return False
    name = key.removesuffix("SecretRef").removesuffix("Ref")
    return name.lower() == "secret" or role_of(name) is not None


def _is_literal(key: str, value: Value) -> bool:
    """Say whether an entry of a template is no template and can be more than a setting."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return False
    text = str(value)
    if "{{" in text or text in ("", "true", "false"):
        return False
    last = _words(key)[-1:]
    describes = bool(last) and last[0] in _DESCRIBES
    return role_of(key) is not None or not (describes or _PLAIN_VALUE.fullmatch(text))


_TEMPLATES: tuple[Route, ...] = (
    ("spec", "target", "template", "data"),
    ("spec", "externalSecretSpec", "target", "template", "data"),
    ("spec", "template", "data"),
    ("spec", "pushSecretSpec", "template", "data"),
)


def _webhook(value: Value, base: Route) -> Iterator[Route]:
    """Yield the parts of a webhook that a token can stand in."""
    url = _get(value, (*base, "url"))
    if isinstance(url, str) and ("?" in url or "@" in url):
        yield (*base, "url")
    yield (*base, "body")
    for route in _each(value, (*base, "headers")):
        if str(route[-1]).lower() not in ("accept", "content-type", "user-agent"):
            yield route


def _each(value: Value, route: Route) -> Iterator[Route]:
    """Yield the routes of a mapping's values; the route itself where it is no mapping."""
    here = _get(value, route)
    if isinstance(here, dict):
        yield from ((*route, key) for key in here)
    else:
        yield route


def _get(value: Value, route: Route) -> Value:
    for step in route:
        value = value.get(step) if isinstance(value, dict) and isinstance(step, str) else None
    return value


def _name_at(value: Value, route: Route) -> str:
    """Return the name of a scalar: its key, or that of the `name:` beside its `value:`."""
    here: Value = value
    name = ""
    beside: Value = None
    for step in route:
        if isinstance(step, str):
            name = step
            beside = mapping(here).get("name")
            here = mapping(here).get(step)
        elif isinstance(here, list):
            here = here[step]
    return beside if name == "value" and isinstance(beside, str) else name


# Keys

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PASSWORDS = (
    "password", "passwd", "passphrase", "passcode", "passwort", "pwd", "psw", "requirepass",
)  # fmt: skip
_SHORT_PASSWORDS = frozenset(("pass", "pw", "psk"))
_NO_PASSWORDS = frozenset(("bypass", "compass"))
_TOKENS = (
    "token", "secret", "apikey", "secretkey", "privatekey", "credential", "cred", "bearer",
    "jwt", "salt", "pepper",
)  # fmt: skip
_STRONG_KEYS = frozenset(
    (
        "access", "account", "admin", "api", "app", "auth", "cookie", "crypt", "data",
        "encryption", "fernet", "hmac", "jwt", "master", "private", "root", "secret", "service",
        "session", "shared", "signing", "storage", "unseal", "webhook",
    )
)  # fmt: skip
# Keys that name something.
_NAMING_KEYS = frozenset(("kms", "object", "partition", "primary", "sort"))
# The last word of a key that describes a credential and holds none.
_DESCRIBES = frozenset(
    (
        "age", "alg", "algorithm", "at", "aud", "audience", "backend", "bucket", "ca", "cert",
        "certificate", "cluster", "count", "crt", "description", "dir", "disabled", "domain",
        "duration", "email", "enable", "enabled", "endpoint", "expiration", "expire", "expires",
        "expiry", "file", "filename", "fingerprint", "format", "header", "hint", "host",
        "hostname", "id", "ids", "interval", "issuer", "kind", "label", "length", "limit",
        "location", "login", "method", "mode", "name", "namespace", "org", "organization", "path",
        "policy", "port", "prefix", "project", "provider", "pub", "public", "realm", "ref",
        "reference", "references", "region", "rotation", "scope", "scopes", "server", "size",
        "subject", "suffix", "tenant", "thumbprint", "timeout", "ttl", "type", "uri", "url",
        "user", "username", "uuid", "version",
    )
)  # fmt: skip
_TRAILERS = frozenset(
    (
        "b", "base", "current", "default", "dev", "env", "json", "new", "old", "plain", "previous",
        "primary", "prod", "production", "secondary", "staging", "test", "txt", "value", "yaml",
        "yml",
    )
)  # fmt: skip


def _words(key: str) -> list[str]:
    """Cut a key into words: `smaug-s3SecretKey` → smaug, s, secret, key."""
    return [word.lower() for word in _WORDS.findall(key[:200])]


def role_of(key: str) -> Role | None:
    """Say what a key's name promises: a password, a token (or secret), or some key."""
    words = _words(key)
    while len(words) > 1 and words[-1] in _TRAILERS:
        words.pop()
    if not words or words[-1] in _DESCRIBES or any(map(_is_public, words)):
        return None
    last = words[-1]
    if _is_password(last):
        return "password"
    if last.endswith(_TOKENS) or last.removesuffix("s").endswith(_TOKENS):
        return "token"
    if last in ("key", "keys") or last.endswith("key"):
        before = words[-2] if len(words) > 1 else last.removesuffix("key")
        if before in _NAMING_KEYS:
            return None
        return "token" if before in _STRONG_KEYS else "key"
    if any(_is_password(word) and word not in _SHORT_PASSWORDS for word in words):
        return "token"  # `PASSWORD_GRAFANA` is one, `password-rounds` is none: more is wanted
    if any(word.endswith(_TOKENS) for word in words):
        return "key"
    return None


def _is_public(word: str) -> bool:
    return word.startswith("public")


def _is_password(word: str) -> bool:
    if word in _SHORT_PASSWORDS:
        return True
    word = word.removesuffix("s") if word.endswith(("passwords", "passphrases")) else word
    return word.endswith(_PASSWORDS) or (word.endswith("pass") and word not in _NO_PASSWORDS)


def _is_access_key(key: str) -> bool:
    """Say whether a key is the public half of an S3-like pair: `accessKey`, `access-key`."""
    words = _words(key)
    return "secret" not in words and "".join(words).endswith("accesskey")


# What is no value

_REFERENCE_SCHEMES = re.compile(
    r"(?i)(?:op|ref|secrets?|secretref|awssm|awssecretsmanager|awsssm|aws-sm|ssm|sm|gcpsm|gcp-sm"
    r"|gcpsecretmanager|azurekv|azkv|azurekeyvault|keyvault|akv|bws?|bitwarden|lpass|pass|gopass"
    r"|doppler|infisical|vals|env|file|keychain|keyring|kms|conjur|sops|ejson|hcv|vault|berglas"
    r"|arn:aws[a-z-]*)(?::|\+[a-z0-9]+:)"
    r"|(?i:secrets?|vault|projects)/|ocid1\."
)
_REFERENCE = re.compile(
    r"\$\{|\$\(|\{\{|\{%|\{(?:env|file|secret|vault)[:.]|<path:|<[A-Za-z][^<>\n]{0,200}>|<%|\[\[|#\{[A-Za-z]"
    r"|(?<![A-Za-z0-9])__[A-Za-z0-9][A-Za-z0-9_]*?__"
)
_REFERENCE_WHOLE = re.compile(
    r"\$\$?[A-Za-z_]\w*|%[A-Za-z_]\w*%|@[A-Za-z_][\w.-]*@|\(\([\w./:-]+\)\)|\$__\w+\{.*\}"
)
_ENCRYPTED = (
    "ENC[",
    "ENC(",
    "$ANSIBLE_VAULT",
    "-----BEGIN AGE ENCRYPTED",
    "-----BEGIN PGP MESSAGE",
    "age-encryption.org/",
)


def is_reference(text: str) -> bool:
    """Say whether one line of text stands for a value that another tool puts there."""
    return (
        text.startswith(_ENCRYPTED)
        or bool(_REFERENCE.search(text))
        or bool(_REFERENCE_WHOLE.fullmatch(text))
        or bool(_REFERENCE_SCHEMES.match(text))
    )


_PLACEHOLDER = re.compile(
    r"(?i)change[-_ .]?(?:me|it|this|in)(?![a-z])|replace[-_ ]?(?:me|this|with|by|if)|placeholder"
    r"|redacted|example|dummy|(?<![a-z])your[-_ ]|xxxx|\*\*\*|\.\.\.|insert[-_ ]|foobar|deadbeef"
    r"|not[-_ ]?a?[-_ ]?(?:real|secret)|(?<![a-z])(?:todo|tbd|fixme|fake|sample)(?![a-z])"
    r"|(?:set|filled|injected|provided|managed|generated|created|patched)[-_ ](?:in|by|at)[-_ ]"
    r"|add[-_ ]manually|to[-_ ]be[-_ ]|override[-_ ]?me|lorem"
)
_FILLERS = tuple(
    sorted(
        {
            "a", "an", "the", "my", "our", "your", "this", "that", "is", "some", "any", "super",
            "very", "test", "testing", "demo", "foo", "bar", "baz", "qux", "secret", "secrets",
            "password", "passwd", "pass", "passphrase", "token", "tokens", "key", "keys", "api",
            "access", "private", "client", "value", "values", "val", "string", "text", "change",
            "changed", "me", "please", "in", "into", "it", "replace", "replaced", "with", "put",
            "enter", "here", "goes", "removed", "hidden", "masked", "none", "null", "nil",
            "empty", "undefined", "unset", "default", "user", "username", "for", "of", "and", "by",
            "from", "via", "service", "principal", "ignored", "unused", "needed", "if", "only",
            "use", "not", "real", "encoded", "base", "optional", "required", "yes", "no", "true",
            "false", "on", "off", "enabled", "disabled", "data", "credential", "credentials",
            "good", "strong", "random", "generated", "unknown", "mock", "stub", "overridden",
        },
        key=len,
        reverse=True,
    )
)  # fmt: skip
_FILLER = re.compile(rf"(?:{'|'.join(_FILLERS)})+")
_NAME_LIKE = re.compile(r"[A-Za-z]+(?:[-_. /:]+[A-Za-z]+)*")
_SELF_NAMED = frozenset(
    ("password", "passwd", "secret", "token", "key", "credential", "credentials")
)
_NUMBERED = re.compile(r"(?:value|foo|bar|baz|secret|key|test|hello|data)[-_]?\d{1,2}")
_LETTERS = re.compile(r"[a-z]+")


def is_placeholder(text: str, key: str = "") -> bool:
    """Say whether one line of text only holds the place of a value: `changeme`, `my-token`, `xxx`.

    Words that say "secret" or repeat the key tell nothing; `admin` does: somebody uses it.
    """
    text = text[:_LONGEST_LINE].strip().strip("\"'`*<>[](){} ")
    if len(text) > 400:
        return bool(re.match(r"(?i)change[-_ ]?me|replace|placeholder|example|your[-_ ]", text))
    if len(set(text)) <= 2 or _PLACEHOLDER.search(text) or _NUMBERED.fullmatch(text.lower()):
        return True
    if _is_sequence(text):
        return True
    if not _NAME_LIKE.fullmatch(text):
        return False
    own = frozenset(_words(key))
    words = _LETTERS.findall(text.lower())
    if all(_is_filler(word) for word in words):
        return True
    return len(words) > 1 and (
        all(word in own or _is_filler(word) for word in words)
        or any(word in _SELF_NAMED for word in words)
    )


def _is_filler(word: str) -> bool:
    return len(word) <= 40 and bool(_FILLER.fullmatch(word))


def _is_sequence(text: str) -> bool:
    """Say whether a text is mostly runs such as 1234, abc or aaaa."""
    plain = [char for char in text.lower() if char.isalnum()]
    covered = run = 0
    step: int | None = None
    for here, after in zip(plain, [*plain[1:], ""], strict=False):
        run += 1
        now = None
        if after:
            now = 1 if here + after == "90" else ord(after) - ord(here)
        if now not in (0, 1, -1) or (run > 1 and now != step):
            covered += run if run >= 3 else 0
            run = 0
        step = now
    return bool(plain) and covered >= max(4, min(len(plain) - 2, 0.75 * len(plain)))


# Values that tell by themselves

_PUBLIC = re.compile(
    r"-----BEGIN (?:[A-Z0-9 ]{0,20}CERTIFICATE|[A-Z0-9 ]{0,20}PUBLIC KEY|X509 CRL|DH PARAMETERS"
    r"|PGP PUBLIC KEY BLOCK|SSH2 PUBLIC KEY)|(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-\S+) AAAA"
    r"|age1[a-z0-9]{50}"
)
_START = r"(?<![A-Za-z0-9])"
# (a part of each match, what it is, expression): only where the part stands is one compiled.
_FORMATS: tuple[tuple[str, str, str], ...] = (
    ("AGE-SECRET-KEY-", "an age identity", r"AGE-SECRET-KEY-1[A-Z0-9]{50,64}"),
    ("gh", "a GitHub token", r"gh[pousr]_[A-Za-z0-9]{30,255}"),
    ("github_pat_", "a GitHub token", r"github_pat_[A-Za-z0-9_]{22,255}"),
    ("gl", "a GitLab token", r"gl(?:pat|dt|rt|ptt|soat|agent|cbt|ft)-[\w-]{20,255}"),
    ("xox", "a Slack token", r"xox[abeoprs]-[A-Za-z0-9-]{10,255}"),
    ("xapp-", "a Slack token", r"xapp-\d-[A-Za-z0-9-]{10,255}"),
    (
        "hooks.slack.com/",
        "a Slack webhook address",
        r"https://hooks\.slack\.com/(?:services|workflows|triggers)/T[A-Za-z0-9]{4,400}/[A-Za-z0-9/_-]{16,400}",
    ),
    (
        "/api/webhooks/",
        "a Discord webhook address",
        r"https://(?:\w{1,20}\.)?discord(?:app)?\.com/api/webhooks/\d{10,20}/[\w-]{30,400}",
    ),
    ("AIza", "a Google API key", r"AIza[\w-]{35}(?![\w-])"),
    ("ya29.", "a Google access token", r"ya29\.[\w-]{30,400}"),
    ("GOCSPX-", "a Google client secret", r"GOCSPX-[\w-]{28}"),
    ("sk-", "an API key", r"sk-(?:[a-z]{1,10}\d{0,4}-){0,4}[A-Za-z0-9_]{20,200}"),
    ("_live_", "a Stripe key", r"[srw]k_live_[A-Za-z0-9]{16,400}"),
    ("whsec_", "a webhook secret", r"whsec_[A-Za-z0-9+/]{24,400}"),
    ("npm_", "an npm token", r"npm_[A-Za-z0-9]{36}"),
    ("pypi-", "a PyPI token", r"pypi-AgE[\w-]{50,400}"),
    ("dp.", "a Doppler token", r"dp\.(?:st|pt|ct|sa|scim|audit)\.[\w.-]{20,400}"),
    ("hv", "a Vault token", r"hv[sbr]\.[\w-]{20,400}"),
    ("s.", "a Vault token", r"s\.(?=[A-Za-z]{0,23}\d)[A-Za-z0-9]{24}(?![\w.])"),
    ("ops_ey", "a 1Password service account token", r"ops_ey[\w=-]{40,400}"),
    ("_v1_", "a DigitalOcean token", r"do[opr]_v1_[a-f0-9]{64}"),
    ("dckr_", "a Docker token", r"dckr_(?:pat|oat)_[\w-]{20,400}"),
    (".atlasv1.", "a Terraform token", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,400}"),
    ("pul-", "a Pulumi token", r"pul-[a-f0-9]{40}"),
    ("SG.", "a SendGrid key", r"SG\.[\w-]{16,32}\.[\w-]{16,64}"),
    ("dapi", "a Databricks token", r"dapi[a-f0-9]{32}"),
    ("gl", "a Grafana token", r"gl(?:sa_[A-Za-z0-9]{32}_[a-f0-9]{8}|c_ey[\w+/=]{30,400})"),
    ("NRAK-", "a New Relic key", r"NRAK-[A-Z0-9]{27}"),
    ("tskey-", "a Tailscale key", r"tskey-[a-z]{1,20}-[A-Za-z0-9]{8,400}-[A-Za-z0-9]{16,400}"),
    ("shp", "a Shopify token", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    (
        "AccountKey=",
        "an Azure storage connection string",
        r"AccountKey=[A-Za-z0-9+/]{40,400}={0,2}",
    ),
    (
        "SharedAccessKey=",
        "an Azure connection string",
        r"SharedAccessKey=[A-Za-z0-9+/]{30,400}={0,2}",
    ),
    ("eyJ", "a JSON web token", r"eyJ[\w-]{10,1000}\.eyJ[\w-]{10,8000}\.[\w-]{16,1000}"),
)
_PRIVATE_KEY = re.compile(r"-----BEGIN ([A-Z0-9 ]{0,40})PRIVATE KEY(?: BLOCK)?-----")
_PRIVATE_KEY_HEADER = re.compile(r"(?m)^[A-Za-z-]+: .*$")
_ENCODED_PEM = re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/=]{60,8000}")
_AWS_KEY_ID = re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])")
_HASH = re.compile(
    r"\$(?:2[abxy]\$\d\d|apr1|[156y]|argon2(?:id|i|d)|pbkdf2-\w+|scrypt)\$[A-Za-z0-9./$=,+]{20,}"
    r"|(?<=:)\{SHA\}[A-Za-z0-9+/]{27}="
)
_USER_INFO = re.compile(
    r"(?i)(?<![a-z0-9])[a-z][a-z0-9+.-]{1,20}://[^\s/@:'\"<>]{0,100}:([^\s/'\"<>]{1,200}?)@"
    r"|(?<![\w.])[\w.-]{1,60}:([^\s/:@'\"]{1,100})@(?:tcp|unix)\("
)


def _known_format(text: str) -> Evidence | None:
    """Find what is a credential by its shape alone, wherever in the text it stands."""
    if "PRIVATE KEY" in text:
        for match in _PRIVATE_KEY.finditer(text):
            body = text[match.end() : match.end() + 2_000].replace("\\n", "\n").replace("\\r", "")
            body = _PRIVATE_KEY_HEADER.sub("", body.partition("-----")[0])
            body = re.sub(r"\s+", "", body)[:400]
            if re.fullmatch(r"[A-Za-z0-9+/=]{40,}", body) and len(set(body)) > 12:
                encrypted = "ENCRYPTED" in match.group(1)
                return Evidence("a private key", "medium" if encrypted else "high")
    for match in _ENCODED_PEM.finditer(text) if "LS0tLS1CRUdJTi" in text else ():
        inner = _decoded(match.group()[: len(match.group()) // 4 * 4])
        if inner and inner.startswith("-----BEGIN") and "PRIVATE KEY" in inner[:60]:
            found = _known_format(inner) if "LS0tLS1" not in inner else None
            if found:
                return found
    for hint, what, expression in _FORMATS:
        if hint not in text:
            continue
        for match in re.finditer(_START + expression, text):
            if not _is_sample(match.group()):
                return Evidence(what, "high")
    if "://" in text or "@tcp(" in text or "@unix(" in text:
        for match in _USER_INFO.finditer(text):
            password = match.group(1) or match.group(2)
            if not _is_sample(password) and len(password) >= 4:
                sure: Confidence = "high" if _random(password) else "medium"
                return Evidence("an address with a password", sure)
    for match in _HASH.finditer(text):
        if len(set(match.group())) > 12 and not _is_sample(match.group()):
            return Evidence("a password hash", "medium")
    for match in _AWS_KEY_ID.finditer(text):
        if not _is_sample(match.group()):
            return Evidence("an AWS access key id", "high", identifier=True)
    return None


def _is_sample(text: str) -> bool:
    return is_reference(text) or is_placeholder(text)


# Credentials inside configuration

_PAIR = re.compile(
    r"(?:export\s+|set\s+|-\s+)?[\"']?([A-Za-z_][\w.-]{0,60})[\"']?\s{0,20}(?::=|=>|[:=])\s{0,20}(\S.*)"
)
_INLINE = re.compile(
    r"(?i)(?:^|[\s;&?,\"'(-])((?:[\w-]{0,30}[_-])?(?:password|passwd|pwd|passphrase|secret|token"
    r"|api[_-]?key|access[_-]?key|accountkey|sig))\s?=\s?([\"']?)([^\s;&\"',)]{4,300})"
)
_ELEMENT = re.compile(
    r"<(password|passphrase|token|secret|privateKey|apiKey)>([^<>\n]{4,200})</", re.IGNORECASE
)
_STATEMENT = re.compile(r"(?i)\b(?:IDENTIFIED\s{1,5}BY|PASSWORD)\s{1,5}'([^'\n]{4,100})'")
_NETRC = re.compile(
    r"\bmachine\s{1,20}\S{1,200}\s{1,20}login\s{1,20}\S{1,200}\s{1,20}password\s{1,20}(\S{4,200})"
)
_HEADER = re.compile(
    r"(?i)(?:\bauthorization\W{1,5}|^[\"']?)(?:bearer|basic|token)\s{1,3}([A-Za-z0-9+/=._~-]{16,400})"
)
_COMMENT_STARTS = ("#", "//", ";", "--", "/*", "* ", "<!--")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_CODE = re.compile(r"[(){}\[\]|<>$`]|^[&!%@]")


def _inside(text: str, key: str) -> Evidence | None:
    """Find a credential in text that holds other things too: settings, scripts, statements."""
    lines = text.split("\n", _MOST_LINES)[:_MOST_LINES]
    for raw in lines:
        line = raw[:_LONGEST_LINE].strip()
        if not line or line.startswith(_COMMENT_STARTS):
            continue
        found = _in_line(line, several=len(lines) > 1)
        if found:
            return found
    match = _NETRC.search(text) if "machine" in text else None
    if match and not _is_sample(match.group(1)):
        return Evidence("a password", "medium")
    if "pgpass" in key:
        fields = lines[0].split(":")
        if len(fields) == 5 and not _is_sample(fields[4]):
            return Evidence("a password", "medium")
    return None


def _in_line(line: str, several: bool) -> Evidence | None:
    pairs: list[tuple[str, str]] = []
    pair = _PAIR.match(line) if several else None
    if pair:
        pairs.append((pair.group(1), _setting(pair.group(2))))
    for match in _INLINE.finditer(line):
        if match[2] or not _CODE.search(match[3]):
            pairs.append((match[1], match[3]))
    pairs.extend((match[1], match[2]) for match in _ELEMENT.finditer(line))
    for name, value in pairs:
        found = _setting_evidence(name, value)
        if found:
            return found
    for match in _STATEMENT.finditer(line):
        if not _is_sample(match.group(1)):
            return Evidence("a password", "medium")
    for match in _HEADER.finditer(line):
        if _random(match.group(1)) and not _is_sample(match.group(1)):
            return Evidence("a token", "high")
    return None


def _setting(value: str) -> str:
    """Return the value of a setting without quotes, trailing comma and comment; "" for code."""
    value = value.rstrip(",; ")
    if value[:1] in ("'", '"'):
        end = value.find(value[0], 1)
        return value[1:end] if end > 0 else ""
    value = value.split(" #", 1)[0].rstrip()
    return "" if _CODE.search(value) else value


def _setting_evidence(name: str, value: str) -> Evidence | None:
    """Judge one setting: stricter than a Secret's own entry, as settings are mostly no secrets."""
    role = role_of(name)
    if name.lower() == "sig":
        role = "token"
    if role is None or len(value) < 4 or is_reference(value) or is_placeholder(value, name):
        return None
    if role == "password" and len(value) <= 12 and value.isalpha() and value.islower():
        return None
    if _DOTTED.fullmatch(value) and not _random(value):
        return None
    sure = _accepts(role, value)
    return Evidence(_noun(role, name), sure, _is_access_key(name)) if sure else None


def _judge_leaves(key: str, parsed: Value) -> Evidence | None:
    """Judge what stands in JSON, each scalar under its nearest key."""
    half: Evidence | None = None
    for route, value in leaves(parsed):
        if not isinstance(value, str):
            continue
        name = next((step for step in reversed(route) if isinstance(step, str)), key)
        text = value[:_LONGEST_LINE].strip()
        if len(text) < 4 or is_reference(text) or is_placeholder(text, name):
            continue
        found = _known_format(text) or _setting_evidence(name, text)
        if found is None and name == "auth":
            _, _, password = (_decoded(text) or "").partition(":")
            if len(password) >= 4 and not _is_sample(password):
                found = Evidence("registry credentials", "high")
        if found is None and name == "k" and _random(text):
            found = Evidence("a private key", "high")
        if found and not found.identifier:
            return found
        half = half or found
    return half


def _json(text: str) -> Value:
    """Return the mapping or list that a text is in JSON; None where it is none."""
    if text[:1] not in ("{", "["):
        return None
    import json

    try:
        value: Value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def _decoded(text: str) -> str | None:
    """Return the text that a base64 text holds; None where it is none."""
    from base64 import b64decode

    try:
        plain = b64decode("".join(text.split()), validate=True).decode()
    except ValueError:
        return None
    return None if _CONTROL.search(plain) else plain


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def plain_text(value: Value, encoded: bool) -> str | None:
    """Return what an entry of a Secret says: of `data` (`encoded`) decoded, else as it stands.

    `data` that is no base64, or does not decode to text, is returned as written: it may be
    plain text in the wrong place, or a key in binary. None for what is no scalar.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value)[: 2 * _LONGEST]
    return (_decoded(text) if encoded else None) or text


# Values under a key that promises a credential

_ENDINGS = ("token", "secret", "key")


def _noun(role: Role, key: str) -> str:
    """Return what to call a credential: what its key calls it, where that is plain."""
    if role == "password":
        return "a password"
    last = next((word for word in reversed(_words(key)) if word.endswith(_ENDINGS)), "")
    return next((f"a {noun}" for noun in _ENDINGS if last.endswith(noun)), "a credential")


_PLAIN_VALUE = re.compile(
    r"(?i)\d{1,5}|\d+(?:ns|us|ms|[smhdwy])|v?\d+(?:\.\d+){1,3}|[a-z][a-z0-9+.-]*://\S*"
)
_PLAIN_TOKEN = re.compile(
    r"(?i)[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?|[a-z0-9-]+(?:\.[a-z0-9-]+)+:\d+"
    r"|\d+|\d{4}-\d\d-\d\d(?:[t ][\d:.+z-]+)?"
)
_FILE_PATH = re.compile(
    r"(?:~|\.{1,2})?/?(?:var|etc|run|mnt|tmp|usr|home|opt|vault|data|app|config|secrets?|certs?|kv|srv|root|\.\w+)"
    r"(?:/[\w.@ -]+)+|[\w./-]{1,200}\.(?:pem|key|crt|json|ya?ml|txt|conf|ini|p12|jks)"
)
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RANDOM = re.compile(r"[!-~]{16,}")


def _accepts(role: Role, text: str) -> Confidence | None:
    """Say how sure it is that one line of text, no placeholder, plays its key's role."""
    if _PUBLIC.match(text) or _FILE_PATH.fullmatch(text):
        return None
    if _random(text):
        return "high"
    if role == "key" or _PLAIN_VALUE.fullmatch(text):
        return None
    spaces = text.count(" ")
    if role == "password":
        return "medium" if spaces < 5 and len(text) <= 256 else None
    if spaces or len(text) < 8 or _NAME_LIKE.fullmatch(text) or _PLAIN_TOKEN.fullmatch(text):
        return None
    return "medium" if any(char.isdigit() or char.isupper() for char in text) else None


def _random(text: str) -> bool:
    """Say whether a text looks drawn by chance: a key, a token, a UUID."""
    if _UUID.fullmatch(text):
        return True
    if not _RANDOM.fullmatch(text) or _PLAIN_VALUE.fullmatch(text):
        return False
    sample = text[:256]
    counts = [sample.count(char) for char in set(sample)]
    entropy = -sum(count / len(sample) * log2(count / len(sample)) for count in counts)
    if entropy < 2.8:
        return False
    longest = max(re.split(r"[-_./:@ ]", sample), key=len)
    if len(longest) < 12:
        return False
    digits = sum(char.isdigit() for char in longest)
    letters = sum(char.isalpha() for char in longest)
    if digits >= 2 and letters:
        return True
    # Upper case inside words: `wJalrXUtn`, not `CamelCaseWords`.
    turns = sum(a.islower() != b.islower() for a, b in pairwise(longest))
    return len(longest) >= 16 and turns >= len(longest) / 3
