"""The checks of the rules: one module per topic of rules/, each check a plain function."""
