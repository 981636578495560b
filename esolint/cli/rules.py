"""The command `rules`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from esolint.cli import Choice, write
from esolint.rule import load_rules

_FIELDS = ("id", "title", "topic", "severity", "confidence", "layer", "profile", "since")


@click.command("rules", short_help="List the rules.")
@click.option("--output-format", type=Choice(["text", "json"]), default="text")
def command(output_format: str) -> None:
    """List all rules with their severity, layer and profile."""
    write(_json() if output_format == "json" else _text())


def _json() -> Iterator[str]:
    import json

    rules = load_rules().values()
    listing = [{field: getattr(rule, field) for field in _FIELDS} for rule in rules]
    yield json.dumps(listing, ensure_ascii=False, indent=1) + "\n"


def _text() -> Iterator[str]:
    rules = load_rules().values()
    width = max(len(rule.id) for rule in rules)
    topic = None
    for rule in sorted(rules, key=lambda rule: (rule.topic, rule.id)):
        if rule.topic != topic:
            yield f"{'' if topic is None else chr(10)}{rule.topic}\n"
            topic = rule.topic
        note = "" if rule.profile == "default" else f"  [{rule.profile}]"
        yield f"  {rule.id:{width}}  {rule.severity:7}  {rule.layer:9}  {rule.title}{note}\n"
