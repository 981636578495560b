"""The command `explain`."""

from __future__ import annotations

import textwrap

import click

from esolint.cli import write
from esolint.nearest import hint
from esolint.rule import Rule, by_name, load_rules, prose
from esolint.testing import Example, examples

_WIDTH = 88


@click.command("explain", short_help="Explain a rule.")
@click.argument("rule_id", metavar="ID")
@click.pass_context
def command(ctx: click.Context, rule_id: str) -> None:
    """Say what a rule reports, why, and what to write instead, with examples."""
    rules = by_name(load_rules())
    if rule_id not in rules:
        click.echo(f'esolint: there is no rule "{rule_id}"{hint(rule_id, rules)}', err=True)
        ctx.exit(2)
    write(f"{line}\n" for line in _page(rules[rule_id]))


def _page(rule: Rule) -> list[str]:
    words = prose(rule.id)
    lines = [
        f"{rule.id}: {rule.title}",
        f"{rule.severity}, {rule.confidence} confidence, layer {rule.layer}, topic {rule.topic},"
        f" profile {rule.profile}, since {rule.since}",
    ]
    for heading, sentence in (("What", words.what), ("Why", words.why), ("Fix", words.fix)):
        lines += ["", heading, *_wrapped(sentence)]
    if rule.cases:
        lines += ["", "Cases"]
        for name, case in rule.cases.items():
            lines += [
                f"  {name}: {case.severity}, {case.layer}",
                *_wrapped(words.case_whys[name], 4),
            ]
    if rule.options:
        lines += ["", "Options"]
        for name, option in rule.options.items():
            lines += [f"  {name} ({option.type}, default {option.default!r})"]
            lines += _wrapped(option.what, 4)
    lines += [line for example in _one_of_each(rule) for line in _shown(example)]
    if words.references:
        lines += ["", "References", *(f"  {url}" for url in words.references)]
    return lines


def _one_of_each(rule: Rule) -> list[Example]:
    shown = examples(rule.id)
    first_bad = [example for example in shown if example.bad][:1]
    return first_bad + [example for example in shown if not example.bad][:1]


def _shown(example: Example) -> list[str]:
    lines = ["", f"{'Reported' if example.bad else 'Not reported'}: {example.name}"]
    for path, text in example.files.items():
        if len(example.files) > 1:
            lines.append(f"  # {path}")
        lines += [f"  {line}".rstrip() for line in text.rstrip("\n").split("\n")]
    return lines


def _wrapped(sentence: str, indent: int = 2) -> list[str]:
    pad = " " * indent
    return textwrap.wrap(
        sentence,
        _WIDTH,
        initial_indent=pad,
        subsequent_indent=pad,
        break_long_words=False,
        break_on_hyphens=False,
    )
