"""A static policy linter and admission-rule checker for External Secrets Operator manifests."""

__version__ = "0.1.0"
