"""What schemathesis cannot know of our OpenAPI document: cursors come from the server, and no text stands for one."""

from typing import Any

import schemathesis

_CURSORS = {"cursor", "after"}


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """Leave the cursors out."""
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            wanted = operation.get("parameters", ())
            operation["parameters"] = [each for each in wanted if each["name"] not in _CURSORS]
