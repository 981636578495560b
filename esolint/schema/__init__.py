"""What the API server demands of ESO's objects, for each version of ESO."""

from esolint.schema.admission import Admission, admit, concerns
from esolint.schema.catalog import Catalog, Schema, open_folder, packaged
from esolint.schema.structural import defaulted, validate
from esolint.schema.versions import Version
from esolint.schema.violation import Violation

__all__ = [
    "Admission",
    "Catalog",
    "Schema",
    "Version",
    "Violation",
    "admit",
    "concerns",
    "defaulted",
    "open_folder",
    "packaged",
    "validate",
]
