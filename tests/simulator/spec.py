"""The Bot API's own description, and a check of any value against it: nothing missing, nothing extra, types right."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

PLACE = Path(__file__).parents[3] / "shared" / "samples" / "telegram" / "bot-api-10.3.json"
SIMPLE: dict[str, type | tuple[type, ...]] = {
    "Integer": int, "String": str, "Boolean": bool, "Float": (int, float),
}  # fmt: skip


@cache
def spec() -> dict[str, Any]:
    """Bot API 10.3: methods and types; the test is skipped where the samples are not beside the project."""
    if not PLACE.exists():
        pytest.skip("the samples of the Bot API are not beside the project (../shared/samples/telegram)")
    described: dict[str, Any] = json.loads(PLACE.read_text())
    return described


def there() -> bool:
    return PLACE.exists()


def faults(value: Any, kinds: list[str], where: str) -> list[str]:
    """What is wrong with a value that should be of one of these types; an empty list if nothing is."""
    found = [_against(value, kind, where) for kind in kinds]
    return [] if not all(found) else min(found, key=len)


def _against(value: Any, kind: str, where: str) -> list[str]:
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            return [f"{where}: {value!r} is no array"]
        inner = kind.removeprefix("Array of ")
        kinds = [inner] if inner.startswith("Array of ") else inner.split("|")
        return [fault for i, one in enumerate(value) for fault in faults(one, kinds, f"{where}[{i}]")]
    if kind in SIMPLE:
        right = isinstance(value, SIMPLE[kind]) and (kind == "Boolean" or not isinstance(value, bool))
        return [] if right else [f"{where}: {value!r} is no {kind}"]
    if kind == "RichTextUnion" and not isinstance(value, dict):  # RichText is words, or a list of RichText
        parts = value if isinstance(value, list) else []
        wrong = [fault for i, one in enumerate(parts) for fault in _against(one, kind, f"{where}[{i}]")]
        return wrong if isinstance(value, str | list) else [f"{where}: {value!r} is no {kind}"]
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no {kind}"]
    if kind == "RichTextUnion":
        kind = "RichText" + "".join(word.capitalize() for word in str(value.get("type", "")).split("_"))
    fields = {field["name"]: field for field in spec()["types"][kind]["fields"]}
    wrong = [f"{where}: {kind} has no {name}" for name in value if name not in fields]
    wrong += [f"{where}.{name} is missing" for name, f in fields.items() if f["required"] and name not in value]
    for name in value.keys() & fields.keys():
        # The description takes the constant 0 of an inaccessible message's date for a string.
        if (kind, name) != ("InaccessibleMessage", "date"):
            wrong += faults(value[name], fields[name]["types"], f"{where}.{name}")
    return wrong
