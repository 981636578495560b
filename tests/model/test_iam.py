from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esolint.model import iam
from esolint.resource import Resource, resources
from esolint.source import read_text

READ = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}


def read(text: str, path: str = "x.yaml") -> list[Resource]:
    documents, unread = read_text(text, path)
    assert not unread
    return [resource for document in documents for resource in resources(document)]


def policies(text: str, path: str = "x.yaml") -> list[iam.Policy]:
    return [policy for resource in read(text, path) for policy in iam.policies(resource)]


def only(text: str) -> iam.Policy:
    (policy,) = policies(text)
    return policy


# Where policies stand


def test_policy_file_with_lists_and_with_single_values():
    many = only(json.dumps({"Version": "2012-10-17", "Statement": [READ, READ]}))
    assert [s.actions for s in many.statements] == [
        ((("Statement", i, "Action"), "secretsmanager:GetSecretValue"),) for i in (0, 1)
    ]
    one = only(json.dumps({"Statement": {**READ, "Action": ["a:B", "c:D"]}}))
    (statement,) = one.statements
    assert statement.route == ("Statement",)
    assert statement.actions == (
        (("Statement", "Action", 0), "a:B"),
        (("Statement", "Action", 1), "c:D"),
    )


@pytest.mark.parametrize(
    "text",
    [
        '{"Statement": []}',
        '{"Statement": "Effect"}',
        '{"Statement": [{"Effect": "Allow"}]}',
        '{"Statement": [{"Action": "*"}]}',
        '{"Statement": [{"Effect": ["Allow"], "Action": "*"}]}',
        '{"statement": [{"Effect": "Allow", "Action": "*"}]}',
    ],
)
def test_what_has_not_the_shape_is_no_policy(text):
    assert policies(text) == []


def test_text_in_a_block_scalar_is_read_and_keeps_its_places():
    policy = only(
        "kind: ConfigMap\n"
        "data:\n"
        "  a.json: |\n"
        "    {\n"
        '      "Statement": [{"Effect": "Allow", "Action": "*",\n'
        '        "Resource": "*"}]\n'
        "    }\n"
    )
    assert policy.route == ("data", "a.json")
    ((route, text),) = policy.statements[0].resources
    document, there = policy.resource.origin(route)
    assert (text, document.span(there)[:2]) == ("*", (6, 21))


def test_values_text_that_holds_policy_text():
    values = "role:\n  policy: '" + json.dumps({"Statement": READ}) + "'\n"
    text = "kind: ConfigMap\ndata:\n  values.yaml: |\n" + "".join(
        f"    {line}\n" for line in values.splitlines()
    )
    assert only(text).route == ("data", "values.yaml", "role", "policy")


@pytest.mark.parametrize(
    "text", ["{{ .Values.Statement.Effect }}", "Statement: [Effect", "Statement Effect"]
)
def test_text_that_is_no_policy_is_left_alone(text):
    assert policies(f"kind: ConfigMap\ndata:\n  a: {json.dumps(text)}\n") == []


@pytest.mark.parametrize("variable", ["${AWS_ACCOUNT_ID}", "${aws:PrincipalTag/team}", "<ACCOUNT>"])
def test_text_with_placeholders_is_read_all_around_them(variable):
    policy = json.dumps({"Statement": [READ, {**READ, "Resource": f"arn:aws:x:::{variable}"}]})
    found = only(f"kind: ConfigMap\ndata:\n  a: '{policy}'\n")
    assert not found.resource.unknown((*found.statements[0].route, "Resource"))
    assert found.resource.unknown((*found.statements[1].route, "Resource"))


def test_several_policies_come_in_document_order():
    text = json.dumps({"b": [{"Statement": READ}, {"Statement": READ}], "a": {"Statement": READ}})
    assert [policy.route for policy in policies(text)] == [("b", 0), ("b", 1), ("a",)]


@pytest.mark.parametrize(
    "head",
    [
        "apiVersion: v1\nkind: Secret\nstringData:\n  a: ",
        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nspec:\n  a: ",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  a: ",
    ],
)
def test_secrets_and_templates_are_not_searched(head):
    assert policies(head + json.dumps({"Statement": READ}) + "\n") == []


# What a statement says


def test_intrinsic_functions_are_unknown_but_for_sub():
    policy = only(
        "Statement:\n"
        "  Effect: Allow\n"
        "  Action: {Ref: Action}\n"
        "  Resource:\n"
        "    - Fn::Sub: arn:${AWS::Partition}:x\n"
        "    - !GetAtt Secret.Arn\n"
        "    - Fn::GetAtt: [Secret, Arn]\n"
        "  Condition:\n"
        "    Fn::If: [Wide, {}, {}]\n"
    )
    (statement,) = policy.statements
    assert statement.actions == ()
    assert [text for _, text in statement.resources] == ["arn:${AWS::Partition}:x", "Secret.Arn"]
    assert statement.open == {"Action", "Resource", "Condition"}


def test_a_tagged_list_is_not_a_list_of_its_arguments():
    (statement,) = only(
        "Statement:\n  - Effect: Allow\n    Action: a:B\n    Resource: !If [Wide, '*', narrow]\n"
    ).statements
    assert statement.resources == ()
    assert statement.open == {"Resource"}


def test_conditions_and_principals():
    (statement,) = only(
        json.dumps(
            {
                "Statement": {
                    "Effect": "Allow",
                    "Principal": "*",
                    "NotAction": ["a:B"],
                    "NotResource": "c",
                    "Condition": {"StringEquals": {"x:Y": "z"}, "Bool": {"q": "true", "r": "true"}},
                }
            }
        )
    ).statements
    assert statement.principal
    assert statement.conditions == (("StringEquals", "x:Y"), ("Bool", "q"), ("Bool", "r"))
    assert [t for _, t in (*statement.not_actions, *statement.not_resources)] == ["a:B", "c"]


# Patterns


@pytest.mark.parametrize(
    ("pattern", "candidate", "verdict"),
    [
        ("", "", True),
        ("*", "", True),
        ("?", "", False),
        ("a*", "a", True),
        ("a*c", "abcbc", True),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("*Secret*", "GetSecretValue", True),
        ("get[a-z]", "geta", False),
        ("Get", "GetX", False),
    ],
)
def test_globs(pattern, candidate, verdict):
    assert iam.globs(pattern, candidate) is verdict


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_globs_like_a_regular_expression(pattern, candidate):
    import re

    regex = "".join({"*": ".*", "?": "."}.get(char, char) for char in pattern)
    assert iam.globs(pattern, candidate) is (re.fullmatch(regex, candidate) is not None)


def test_globs_does_not_explode():
    assert not iam.globs("*a" * 500 + "b", "a" * 5000)


def test_policy_variables_are_placeholders():
    assert iam.opaque("arn:${AWS::Region}:x/${aws:PrincipalTag/team}-<NAME>") == "arn:\0:x/\0-\0"
    assert iam.opaque("a<b") == "a<b"


# The prefilter


WORDS = ["*", "Allow", "secretsmanager:*", "${X}", "", "arn:aws:iam::1:role/x", '{"Statement"']
KEYS = ["Statement", "Effect", "Action", "NotAction", "Resource", "Condition", "Fn::Sub", "name"]
JSON_VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 1) | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
        | st.fixed_dictionaries(
            {"Effect": st.just("Allow"), "Action": inner}, optional={"Resource": inner}
        ).map(lambda statement: {"Statement": [statement]})
        | inner.map(json.dumps)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["Statement", "spec"]), JSON_VALUES))
def test_any_value_is_read_and_the_prefilter_misses_none(value):
    text = json.dumps(value)
    found = policies(text)
    assert not found or iam.mentions_policy(text)


@given(st.sets(st.sampled_from("StatemnfcAlow")), st.sampled_from([r"\u%04x", r"\u%04X"]))
def test_escaped_letters_do_not_hide_a_policy(escaped, form):
    text = "".join(
        form % ord(char) if char in escaped else char for char in json.dumps({"Statement": READ})
    )
    assert iam.mentions_policy(text)
    assert len(policies(text)) == 1
    nested = json.dumps({"kind": "ConfigMap", "data": {"a": text}})
    assert iam.mentions_policy(nested)
    assert len(policies(nested)) == 1


def test_other_escapes_do_not_make_a_candidate():
    assert not iam.mentions_policy(r'{"query": "a \u003c b \x41 \u0053 \n"}')
    assert not iam.mentions_policy('a: "b \\\n  c"')
    assert iam.mentions_policy('"State\\\n  ment": {Effect: Allow}')


# Whose policy it is


STORE = """
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: aws, namespace: team-a}
spec:
  provider:
    aws:
      service: SecretsManager
      region: eu-west-1
      role: arn:aws:iam::111122223333:role/path/store-role
      additionalRoles: [arn:aws:iam::111122223333:role/hop]
      auth: {jwt: {serviceAccountRef: {name: reader}}}
"""
TRUST = {
    "Effect": "Allow",
    "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/o"},
    "Action": "sts:AssumeRoleWithWebIdentity",
}


def trust(subject: str | list[str]) -> str:
    condition = {"StringEquals": {"oidc.eks/id/X:sub": subject, "oidc.eks/id/X:aud": "sts"}}
    return json.dumps({"Statement": [{**TRUST, "Condition": condition}]})


def use(*texts: str, path: str = "x.yaml") -> iam.Use | None:
    """Return the verdict on the one policy of an identity that the texts hold."""
    everything = [resource for text in texts for resource in read(text, path)]
    (policy,) = (
        policy
        for resource in everything
        for policy in iam.policies(resource)
        if not policy.of_resource
    )
    return iam.used_by_eso(policy, iam.identities(everything))


def ack_role(name: str = "r", subject: str = "system:serviceaccount:x:y") -> str:
    return json.dumps(
        {
            "apiVersion": "iam.services.k8s.aws/v1alpha1",
            "kind": "Role",
            "metadata": {"name": f"k8s-{name}"},
            "spec": {
                "name": name,
                "assumeRolePolicyDocument": trust(subject),
                "inlinePolicies": {"p": json.dumps({"Statement": [READ]})},
            },
        }
    )


def test_role_of_a_store():
    for name in ("store-role", "hop"):
        found = use(STORE, ack_role(name))
        assert found is not None
        assert found.why == "that SecretStore aws uses"
        assert found.resource is not None
    assert use(STORE, ack_role("other")) is None


@pytest.mark.parametrize(
    ("subject", "used"),
    [
        ("system:serviceaccount:team-a:reader", True),
        ("system:serviceaccount:team-b:reader", False),
        ("system:serviceaccount:*:reader", True),
        ("system:serviceaccount:eso:external-secrets", True),
        ("system:serviceaccount:eso:external-secrets-webhook", False),
        ("system:serviceaccount:team-a:*", False),
        ("system:serviceaccount:*:*", False),
        ("repo:org/repo:ref", False),
    ],
)
def test_role_that_trusts_a_service_account(subject, used):
    assert (use(STORE, ack_role("r", subject)) is not None) is used


def test_role_of_an_annotated_service_account():
    account = """
apiVersion: v1
kind: ServiceAccount
metadata:
  name: reader
  namespace: team-a
  annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::${ACCOUNT}:role/r"}
"""
    found = use(STORE, account, ack_role())
    assert found is not None
    assert found.route == ("metadata", "annotations", iam.ROLE_ARN)
    assert use(STORE, account.replace("team-a", "team-b"), ack_role()) is None
    assert use(STORE, account.replace("role/r", "role/${NAME}"), ack_role()) is None
    assert iam.mentions_identity(account)


@pytest.mark.parametrize(
    "values",
    [
        "kind: HelmRelease\nmetadata: {name: external-secrets}\nspec:\n  values:\n    ",
        "kind: Application\nspec:\n  source:\n    chart: external-secrets\n    helm:\n"
        "      valuesObject:\n        ",
        "kind: Application\nspec:\n  sources:\n    - chart: external-secrets\n      helm:\n"
        "        valuesObject:\n          ",
    ],
)
def test_role_in_the_values_of_the_chart(values):
    role = '{annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::1:role/r"}}'
    assert use(f"{values}serviceAccount: {role}\n", ack_role()) is not None
    assert use(f"{values}serviceAccount: {{}}\n", ack_role()) is None


@pytest.mark.parametrize(
    "spec",
    [
        "{namespace: team-a, serviceAccount: reader, roleARN: 'arn:aws:iam::1:role/r'}",
        "{namespace: team-a, serviceAccount: reader, roleRef: {from: {name: k8s-r}}}",
        "{forProvider: {namespace: team-a, serviceAccount: reader, roleArnRef: {name: k8s-r}}}",
    ],
)
def test_role_of_a_pod_identity_association(spec):
    association = f"kind: PodIdentityAssociation\nmetadata: {{name: a}}\nspec: {spec}\n"
    assert use(STORE, association, ack_role()) is not None
    assert use(STORE, association.replace("team-a", "team-b"), ack_role()) is None
    assert iam.mentions_identity(association)


ACK_POLICY = json.dumps(
    {
        "apiVersion": "iam.services.k8s.aws/v1alpha1",
        "kind": "Policy",
        "metadata": {"name": "k8s-p"},
        "spec": {"name": "p", "policyDocument": json.dumps({"Statement": [READ]})},
    }
)


@pytest.mark.parametrize(
    ("field", "value"),
    [("policies", "['arn:aws:iam::1:policy/p']"), ("policyRefs", "[{from: {name: k8s-p}}]")],
)
def test_managed_policy_of_an_ack_role(field, value):
    role = (
        "apiVersion: iam.services.k8s.aws/v1alpha1\nkind: Role\nmetadata: {name: x}\n"
        f"spec:\n  name: store-role\n  {field}: {value}\n"
    )
    assert use(STORE, role, ACK_POLICY) is not None
    assert use(STORE, role.replace("store-role", "other"), ACK_POLICY) is None


@pytest.mark.parametrize("role", ["roleRef: {name: store-role}", "role: store-role"])
def test_crossplane_attachment_and_inline_policy(role):
    policy = json.dumps({"Statement": [READ]})
    managed = (
        "apiVersion: iam.aws.upbound.io/v1beta1\nkind: Policy\nmetadata: {name: p}\n"
        f"spec: {{forProvider: {{policy: '{policy}'}}}}\n"
    )
    attachment = (
        "apiVersion: iam.aws.upbound.io/v1beta1\nkind: RolePolicyAttachment\nmetadata: {name: a}\n"
        f"spec: {{forProvider: {{policyArnRef: {{name: p}}, {role}}}}}\n"
    )
    inline = (
        "apiVersion: iam.aws.upbound.io/v1beta1\nkind: RolePolicy\nmetadata: {name: p}\n"
        f"spec: {{forProvider: {{policy: '{policy}', {role}}}}}\n"
    )
    assert use(STORE, managed) is None
    assert use(STORE, managed, attachment) is not None
    assert use(STORE, inline) is not None


CLOUDFORMATION = """
Resources:
  Eso:
    Type: AWS::IAM::Role
    Properties:
      RoleName: ROLE
      AssumeRolePolicyDocument: TRUST
      ManagedPolicyArns: [ATTACHED]
  Rights:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [BACK]
      PolicyDocument: POLICY
"""


@pytest.mark.parametrize(
    ("name", "subject", "attached", "back", "used"),
    [
        ("store-role", "x", "!Ref Rights", "x", True),
        ("store-role", "x", "{Ref: Rights}", "x", True),
        ("store-role", "x", "x", "{Ref: Eso}", True),
        ("other", "system:serviceaccount:team-a:reader", "x", "!Ref Eso", True),
        ("other", "system:serviceaccount:team-b:reader", "x", "!Ref Eso", False),
        ("store-role", "x", "x", "x", False),
    ],
)
def test_cloudformation(name, subject, attached, back, used):
    template = CLOUDFORMATION.replace("ROLE", name).replace("TRUST", trust(subject))
    template = template.replace("ATTACHED", attached).replace("BACK", back)
    template = template.replace("Eso:", "Role:").replace("Eso", "Role")
    template = template.replace("POLICY", json.dumps({"Statement": [READ]}))
    assert (use(STORE, template) is not None) is used


@pytest.mark.parametrize(
    ("entry", "used"),
    [
        ("metadata: {name: reader, namespace: team-a}", True),
        ("metadata: {name: reader, namespace: team-b}", False),
        ("metadata: {name: x}, roleName: store-role", True),
        ("namespace: eso, serviceAccountName: external-secrets", True),
        ("namespace: eso, serviceAccountName: external-dns", False),
    ],
)
def test_eksctl(entry, used):
    policy = json.dumps({"Statement": [READ]})
    text = f"kind: ClusterConfig\niam:\n  x:\n    - {{{entry}, attachPolicy: {policy}}}\n"
    found = use(STORE, text)
    assert (found is not None) is used
    assert found is None or found.resource is not None


@pytest.mark.parametrize(
    ("path", "used"),
    [
        ("iam/external-secrets.json", True),
        ("iam/ExternalSecretsPolicy.json", True),
        ("iam/ESOReader.json", True),
        ("iam/prod-eso.json", True),
        ("external-secrets/admin.json", False),
        ("iam/resource.json", False),
        ("iam/esoteric.json", False),
    ],
)
def test_name_of_a_policy_file(path, used):
    found = use(json.dumps({"Statement": [READ]}), path=path)
    assert (found is not None) is used
    assert found is None or found.resource is None


@given(JSON_VALUES, st.sampled_from(["Role", "ClusterConfig", "SecretStore", "HelmRelease", ""]))
def test_identities_of_any_value(value, kind):
    text = json.dumps(
        {"apiVersion": "external-secrets.io/v1", "kind": kind, "metadata": value, "spec": value}
    )
    other = json.dumps(
        {"apiVersion": "iam.aws.upbound.io/v1beta1", "kind": kind, "iam": value, "Resources": value}
    )
    everything = [*read(text), *read(other)]
    known = iam.identities(everything)
    for resource in everything:
        for policy in iam.policies(resource):
            iam.used_by_eso(policy, known)


def test_policies_of_the_corpus(shared: Path):
    """Every policy of the corpus is found: counted by hand."""
    folder = shared / "corpus"
    counts = {
        "kioskOG__observability-hub/terragrunt/infrastructure-live/accounts/mlops/global/iam/role/"
        "policy": 5,
        "cnoe-io__reference-implementation-aws/cluster/iam-policies": 2,
        "cnoe-io__reference-implementation-aws/cluster/eksctl": 2,
    }
    for name, count in counts.items():
        texts = [p.read_text("utf-8") for p in sorted((folder / name).iterdir()) if p.is_file()]
        assert sum(len(policies(text)) for text in texts) == count
