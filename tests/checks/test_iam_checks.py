from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esolint.checks import iam
from esolint.graph import Environment
from esolint.resource import resources
from esolint.source import read_text
from esolint.value import format_route

STORE = """
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: aws}
spec: {provider: {aws: {service: SecretsManager, region: eu-west-1}}}
"""
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:team-a/*"


def environment(**files: str) -> Environment:
    found = []
    for path, text in {"store.yaml": STORE, **files}.items():
        documents, unread = read_text(text, path)
        assert not unread
        found.extend(r for document in documents for r in resources(document))
    return Environment(found)


def statement(action: object, resource: object = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def action_cases(
    *statements: dict[str, object], path: str = "p.json"
) -> list[tuple[str, str | None, str | None]]:
    """Return (route, case, severity) of what iam-wildcard-action reports."""
    env = environment(**{path: json.dumps({"Statement": list(statements)})})
    return [(format_route(f.route), f.case, f.severity) for f in iam.wildcard_action(env)]


def resource_cases(*statements: dict[str, object]) -> list[tuple[str, str | None]]:
    """Return (route, case) of what iam-wildcard-resource reports."""
    env = environment(**{"p.json": json.dumps({"Statement": list(statements)})})
    return [(format_route(f.route), f.case) for f in iam.wildcard_resource(env)]


# iam-wildcard-action


@pytest.mark.parametrize(
    ("action", "case"),
    [
        ("secretsmanager:*", "whole-service"),
        ("SecretsManager:**", "whole-service"),
        ("secretsmanager:?*", "whole-service"),
        ("ssm:*", "whole-service"),
        ("secretsmanager:Get*", "partial"),
        ("secretsmanager:*SecretValue", "partial"),
        ("secretsmanager:Put*", "partial"),
        ("secretsmanager:*ResourcePolicy", "partial"),
        ("ssm:Get*", "partial"),
        ("ssm:*Parameter*", "partial"),
        ("ssm:?etParameter", None),
        ("ssm:GetParameter*", None),
        ("ssm:PutParameter*", None),
        ("ssm:Describe*", None),
        ("ssm:List*", None),
        ("ssm:Start*", None),
        ("secretsmanager:GetSecretValue*", None),
        ("secretsmanager:GetSecret*", None),
        ("secretsmanager:Describe*", None),
        ("secretsmanager:List*", None),
        ("secretsmanager:Tag*", None),
        ("secretsmanager:", None),
        ("secretsmanager:GetSecretValue", None),
        ("kms:*", None),
        ("sts:*", None),
        ("s3:*", None),
        ("tag:*", None),
        ("", None),
    ],
)
def test_patterns(action, case):
    expected = [("Statement[0].Action", case, None)] if case else []
    assert action_cases(statement(action)) == expected


@pytest.mark.parametrize("action", ["*", "*:*", "**"])
def test_everything_counts_for_an_identity_of_eso(action):
    assert action_cases(statement(action), path="external-secrets.json") == [
        ("Statement[0].Action", "everything", None)
    ]
    env = environment(**{"admin.json": json.dumps({"Statement": statement(action)})})
    assert [(f.case, f.profile) for f in iam.wildcard_action(env)] == [
        ("everything-elsewhere", "strict")
    ]


def test_what_only_a_name_says_is_less_certain():
    env = environment(**{"external-secrets.json": json.dumps({"Statement": statement("*")})})
    (finding,) = iam.wildcard_action(env)
    assert (finding.confidence, finding.related) == ("medium", ())


def test_keys_and_sessions_count_for_an_identity_of_eso():
    found = action_cases(statement(["kms:*", "sts:*", "s3:*"]), path="external-secrets.json")
    assert found == [
        ("Statement[0].Action[0]", "whole-service", "warning"),
        ("Statement[0].Action[1]", "whole-service", "warning"),
    ]


def test_the_widest_pattern_stands_for_the_narrower_ones():
    found = action_cases(statement(["secretsmanager:Get*", "secretsmanager:*", "ssm:Get*"]))
    assert [route for route, _, _ in found] == ["Statement[0].Action[1]", "Statement[0].Action[2]"]
    assert action_cases(statement(["secretsmanager:*", "*"]), path="eso.json") == [
        ("Statement[0].Action[1]", "everything", None)
    ]
    assert action_cases(statement(["secretsmanager:*Secret*", "secretsmanager:Put*"])) == [
        ("Statement[0].Action[0]", "partial", None),
        ("Statement[0].Action[1]", "partial", None),
    ]


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ({}, None),
        ({"Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}}}, "warning"),
        ({"Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}, None),
    ],
)
def test_a_tag_condition_lowers_a_whole_service(more, severity):
    assert action_cases(statement("secretsmanager:*", **more)) == [
        ("Statement[0].Action", "whole-service", severity)
    ]


def test_other_services_beside_it_lower_a_whole_service():
    ((_, case, severity),) = action_cases(statement(["ec2:*", "secretsmanager:*"]))
    assert (case, severity) == ("whole-service", "warning")
    ((_, case, severity),) = action_cases(
        statement(["ec2:*", "secretsmanager:*"]), path="external-secrets.json"
    )
    assert (case, severity) == ("whole-service", None)


@pytest.mark.parametrize(
    ("resource", "reported"),
    [
        ("*", True),
        ("arn:aws:ssm:*:*:parameter/team-a/*", True),
        ("arn:aws:ssm:eu-west-1:111122223333:*", True),
        ("arn:aws:ssm:eu-west-1:${ACCOUNT}:param*", True),
        ("arn:aws:*:*:*:*", True),
        ("${RESOURCE}", True),
        (["arn:aws:ec2:*:*:instance/*", "arn:aws:ssm:*:*:parameter/x"], True),
        ([{"Fn::GetAtt": ["Secret", "Arn"]}], True),
        ([], True),
        ("arn:aws:ec2:*:*:instance/*", False),
        ("arn:aws:ssm:*:*:document/*", False),
        ("arn:aws:ssm:*::document/AWS-*", False),
        ("arn:aws:ssm:eu-west-1::parameter/aws/service/*", False),
        ("arn:aws:ssm:*:*:parameter/aws/service/eks/*", False),
        (SECRET, False),
    ],
)
def test_systems_manager_on_what_can_be_a_parameter(resource, reported):
    assert bool(action_cases(statement("ssm:*", resource))) is reported


@pytest.mark.parametrize(
    ("actions", "reported"),
    [
        (["ssm:*"], True),
        (["ssm:*", "kms:Decrypt", "secretsmanager:GetSecretValue"], True),
        (["ssm:*", "ssm:GetParameter", "ssm:ListTagsForResource", "tag:GetResources"], True),
        (["ssm:*", "ssmmessages:*"], False),
        (["ssm:*", "ssm:SendCommand"], False),
        (["ssm:*", "logs:*"], False),
        (["ssm:*", "*:Describe"], False),
    ],
)
def test_systems_manager_among_other_actions(actions, reported):
    assert bool(action_cases(statement(actions))) is reported
    on_parameters = statement([*actions], "arn:aws:ssm:*:*:parameter/team-a/*")
    assert action_cases(on_parameters)
    assert action_cases(statement(actions), path="external-secrets.json")


def test_deny_trust_and_resource_policies_are_silent():
    assert action_cases({**statement("secretsmanager:*"), "Effect": "Deny"}) == []
    assert action_cases(statement("secretsmanager:*", Principal="*")) == []
    assert action_cases(statement("secretsmanager:*"), statement("a:b", NotPrincipal="*")) == []
    assert action_cases({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}) == []


# iam-wildcard-resource


@pytest.mark.parametrize(
    ("resource", "case"),
    [
        ("*", "every-name"),
        ("**", "every-name"),
        ("arn:*", "every-name"),
        ("arn:aws:secretsmanager:*", "every-name"),
        ("arn:aws:secretsmanager:*:*:secret:*", "every-name"),
        ("arn:aws:secretsmanager:*:*:*", "every-name"),
        ("arn:*:secretsmanager:*:*:secret:?*", "every-name"),
        ("arn:aws:secretsmanager:eu-west-1:*:secret:*", "every-name"),
        ("arn:aws:secretsmanager:eu-*:111122223333:secret:*", None),
        ("arn:aws:secretsmanager:eu-west-1:*", "every-name"),
        ("arn:aws:secretsmanager:eu-west-1:111122223333:*", "whole-account"),
        ("arn:aws:secretsmanager:eu-west-1:111122223333:secret:*", "whole-account"),
        ("arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:*", "whole-account"),
        ("arn:aws:secretsmanager:<REGION>:<ACCOUNT>:secret:*-??????", "whole-account"),
        ("arn:aws:secretsmanager:*:*:secret:a*", None),
        ("arn:aws:secretsmanager:*:*:secret:*/db-??????", None),
        ("arn:aws:secretsmanager:*:*:secret:${PREFIX}*", None),
        ("arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/team}/*", None),
        ("arn:aws:ssm:*:*:parameter/*", None),
        ("arn:aws:s3:::*", None),
        ("${RESOURCE}", None),
        ("", None),
    ],
)
def test_resources_of_secrets(resource, case):
    expected = [("Statement[0].Resource", case)] if case else []
    assert resource_cases(statement("secretsmanager:GetSecretValue", resource)) == expected


@pytest.mark.parametrize(
    ("resource", "case"),
    [
        ("arn:aws:ssm:*:*:parameter/*", "every-name"),
        ("arn:aws:ssm:*:*:parameter*", "every-name"),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter/*", "whole-account"),
        ("arn:aws:ssm:eu-west-1::parameter/*", None),
        ("arn:aws:ssm:*:*:parameter/aws/*", None),
        ("arn:aws:ssm:*:*:document/*", None),
    ],
)
def test_resources_of_parameters(resource, case):
    expected = [("Statement[0].Resource", case)] if case else []
    assert resource_cases(statement("ssm:GetParameter*", resource)) == expected


@pytest.mark.parametrize(
    ("action", "reads"),
    [
        ("secretsmanager:GetSecretValue", True),
        ("SECRETSMANAGER:getsecretvalue", True),
        ("secretsmanager:*", True),
        ("secretsmanager:Get*", True),
        ("ssm:GetParameters", True),
        ("ssm:GetParametersByPath", True),
        ("ssm:GetParameterHistory", True),
        ("ssm:Get*", True),
        ("*", False),
        ("secretsmanager:BatchGetSecretValue", False),
        ("secretsmanager:ListSecrets", False),
        ("secretsmanager:DescribeSecret", False),
        ("secretsmanager:PutSecretValue", False),
        ("ssm:DescribeParameters", False),
        ("ssm:GetCommandInvocation", False),
        ("ssm:PutParameter", False),
        ("tag:GetResources", False),
        ("kms:Decrypt", False),
    ],
)
def test_reading_actions(action, reads):
    assert bool(resource_cases(statement(action))) is reads


@pytest.mark.parametrize(
    ("operator", "key", "narrows"),
    [
        ("StringEquals", "aws:ResourceTag/team", True),
        ("StringLike", "secretsmanager:ResourceTag/team", True),
        ("ForAnyValue:StringEquals", "ssm:resourceTag/team", True),
        ("ArnLike", "secretsmanager:SecretId", True),
        ("StringEquals", "aws:PrincipalTag/team", False),
        ("StringEquals", "aws:RequestedRegion", False),
        ("StringEquals", "kms:ViaService", False),
        ("Bool", "aws:SecureTransport", False),
        ("StringEquals", "secretsmanager:VersionStage", False),
    ],
)
def test_conditions(operator, key, narrows):
    conditioned = statement("secretsmanager:GetSecretValue", Condition={operator: {key: "x"}})
    assert bool(resource_cases(conditioned)) is not narrows


def test_a_condition_that_cannot_be_read_may_narrow():
    assert resource_cases(statement("ssm:GetParameter", Condition={"Fn::If": ["a", {}, {}]})) == []
    assert resource_cases(statement("ssm:GetParameter", Condition="${CONDITION}")) == []


def test_one_finding_for_one_resource():
    both = ["secretsmanager:GetSecretValue", "ssm:GetParameter"]
    assert resource_cases(statement(both)) == [("Statement[0].Resource", "every-name")]
    assert resource_cases(statement(both, ["arn:aws:ssm:*:*:parameter/*", "*"])) == [
        ("Statement[0].Resource[1]", "every-name")
    ]
    wide = ["arn:aws:ssm:*:*:parameter/*", "arn:aws:secretsmanager:*:*:secret:*", SECRET]
    assert resource_cases(statement(both, wide)) == [
        ("Statement[0].Resource[0]", "every-name"),
        ("Statement[0].Resource[1]", "every-name"),
    ]


def test_action_and_resource_are_two_faults_and_an_administrator_is_one():
    wide = statement("secretsmanager:*")
    assert len(action_cases(wide)) == len(resource_cases(wide)) == 1
    assert resource_cases(statement("*")) == []


def test_the_message_names_what_is_allowed():
    text = json.dumps(
        {"Statement": statement(["ssm:GetParameter", "secretsmanager:GetSecretValue"])}
    )
    (finding,) = iam.wildcard_resource(environment(**{"p.json": text}))
    assert finding.message == (
        'Resource "*" lets ssm:GetParameter and secretsmanager:GetSecretValue read every '
        "parameter and secret"
    )


# Both


def test_a_list_in_which_resources_stand_keeps_the_finding_at_its_object():
    policy = json.dumps({"Statement": statement("secretsmanager:*")})
    text = f"kind: List\nitems:\n  - kind: ConfigMap\n    data:\n      a: '{policy}'\n"
    (finding,) = iam.wildcard_action(environment(**{"list.yaml": text}))
    document, route = finding.resource.origin(finding.route)
    assert format_route(finding.route) == "data.a.Statement.Action"
    assert document.raw(route) == '"secretsmanager:*"'


def test_findings_of_two_environments_are_equal():
    first = environment(**{"p.json": json.dumps({"Statement": statement("secretsmanager:*")})})
    second = Environment(first.resources)
    for check in (iam.wildcard_action, iam.wildcard_resource):
        assert list(check(first)) == list(check(second)) != []


WIDE = ["*", "*:*", "secretsmanager:*", "ssm:*", "secretsmanager:Get*", "ssm:Get*", "kms:*", "s3:*"]
PLAIN = ["ssm:GetParameter", "secretsmanager:GetSecretValue", "${X}:*", "secretsmanager:${X}*", ""]
ACTIONS = st.sampled_from([*WIDE, *PLAIN])
RESOURCES = st.sampled_from(
    ["*", SECRET, "arn:aws:ssm:*:*:parameter/*", "arn:aws:secretsmanager:*:*:secret:*", "${X}", ""]
)
PATHS = st.sampled_from(["p.json", "external-secrets.json"])


@given(ACTIONS, RESOURCES, PATHS)
def test_a_string_means_the_same_as_a_list_of_one(action, resource, path):
    texts = [
        {"Statement": statement(action, resource)},
        {"Statement": [statement([action], [resource])]},
    ]
    for check in (iam.wildcard_action, iam.wildcard_resource):
        one, two = (
            [(f.case, f.severity, f.message) for f in check(environment(**{path: json.dumps(t)}))]
            for t in texts
        )
        assert one == two


@given(st.lists(ACTIONS, max_size=3), RESOURCES, PATHS, st.booleans())
def test_the_case_of_an_action_does_not_matter(actions, resource, path, upper):
    written = [a if "$" in a else a.upper() if upper else a.title() for a in actions]
    for check in (iam.wildcard_action, iam.wildcard_resource):
        one, two = (
            [
                (f.case, f.severity, f.route)
                for f in check(
                    environment(**{path: json.dumps({"Statement": statement(a, resource)})})
                )
            ]
            for a in (actions, written)
        )
        assert one == two


JUNK: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 1) | ACTIONS | RESOURCES,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["Fn::Sub", "Ref", "aws:ResourceTag/x", "a"]), inner, max_size=2
        )
    ),
    max_leaves=6,
)


ELEMENTS = ("Action", "NotAction", "Resource", "NotResource", "Condition", "Principal")


@given(
    st.fixed_dictionaries(
        {"Effect": st.sampled_from(["Allow", "Deny", "allow", ""])},
        optional=dict.fromkeys(ELEMENTS, JUNK),
    ),
    PATHS,
)
def test_any_statement_is_judged_without_a_crash(content, path):
    env = environment(**{path: json.dumps({"Statement": [content, 1, content]})})
    for check in (iam.wildcard_action, iam.wildcard_resource):
        for finding in check(env):
            document, route = finding.resource.origin(finding.route)
            assert document.span(route).line == 1
            assert content["Effect"] == "Allow"
            assert not finding.message.endswith(".")


def test_the_policies_of_the_corpus(shared: Path):
    """The one policy of the corpus that lets ESO read every secret, and no other."""
    folder = shared / "corpus"
    found = []
    for name in ("kioskOG__observability-hub", "cnoe-io__reference-implementation-aws"):
        files = {
            path.relative_to(folder).as_posix(): path.read_text("utf-8")
            for pattern in ("**/policy/*.json", "cluster/**/*.json", "cluster/**/*.yaml")
            for path in sorted((folder / name).glob(pattern))
        }
        env = environment(**files)
        for check in (iam.wildcard_action, iam.wildcard_resource):
            found += [
                (
                    f.resource.document.path.rpartition("/")[2],
                    format_route(f.route),
                    f.case,
                    f.profile,
                )
                for f in check(env)
            ]
    assert found == [
        ("ESOSecretsManagerAccessPolicy.json", "Statement[0].Resource", "every-name", None),
    ]
