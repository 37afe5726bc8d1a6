"""Compare two OpenAPI documents: which changes break clients that were written for the former one?

A request may be accepted in more ways than before, and a response may contain more than before. The opposite breaks
clients: a removed route, a field that is removed or newly required, a narrower type, another status.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

METHODS = ("get", "post", "put", "patch", "delete")
_LOWER_BOUNDS = ("minLength", "minItems", "minimum", "exclusiveMinimum")
_UPPER_BOUNDS = ("maxLength", "maxItems", "maximum", "exclusiveMaximum")
_DEEPEST = 12  # nested objects; recursive schemas end here


class Operation(NamedTuple):
    """One operation, and the components that its references name."""

    definition: dict[str, Any]
    components: dict[str, Any]


class Side(NamedTuple):
    """A schema, the components that its references name, and how deep it is nested."""

    schema: dict[str, Any]
    components: dict[str, Any]
    depth: int = 0

    def nest(self, schema: dict[str, Any]) -> "Side":
        return Side(schema, self.components, self.depth + 1)


def list_operations(documents: list[dict[str, Any]]) -> dict[str, Operation]:
    """Return the operations of all *documents* by method and path."""
    return {
        f"{method.upper()} {path}": Operation(methods[method], document.get("components", {}))
        for document in documents
        for path, methods in document.get("paths", {}).items()
        for method in METHODS
        if method in methods
    }


def find_breaking_changes(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
    """Return a sentence for each change from the documents *before* to those *after* that breaks a client."""
    operations = list_operations(after)
    found = []
    for name, former in list_operations(before).items():
        if name not in operations:
            found.append(f"{name}: the route was removed.")
        else:
            found += [f"{name}: {change}" for change in _compare(former, operations[name])]
    return found


def _compare(former: Operation, new: Operation) -> Iterator[str]:
    for status in former.definition.get("responses", {}):
        if status not in new.definition.get("responses", {}):
            yield f"the status {status} was removed or changed."
    yield from _compare_parameters(former, new)
    bodies = [_get_body(operation, operation.definition.get("requestBody")) for operation in (former, new)]
    if bodies[0] is None and bodies[1] is not None and new.definition["requestBody"].get("required"):
        yield "the request needs a body now."
    if bodies[0] is not None and bodies[1] is not None:
        yield from _compare_schemas("the request", bodies[0], bodies[1], is_request=True)
    for status, response in former.definition.get("responses", {}).items():
        if status.startswith("2") and status in new.definition.get("responses", {}):
            sides = [_get_body(former, response), _get_body(new, new.definition["responses"][status])]
            if sides[0] is not None and sides[1] is not None:
                yield from _compare_schemas("the response", sides[0], sides[1], is_request=False)


def _get_body(operation: Operation, holder: Any) -> Side | None:
    """Return the schema of the JSON in a request body or a response."""
    holder = _resolve(holder or {}, operation.components)
    schema = holder.get("content", {}).get("application/json", {}).get("schema")
    return None if schema is None else Side(schema, operation.components)


def _compare_parameters(former: Operation, new: Operation) -> Iterator[str]:
    known = {_name_parameter(parameter): parameter for parameter in former.definition.get("parameters", ())}
    present = {_name_parameter(parameter): parameter for parameter in new.definition.get("parameters", ())}
    for name, parameter in known.items():
        if name not in present:
            yield f"the parameter {name} was removed."
            continue
        sides = (Side(parameter.get("schema", {}), former.components), Side(present[name]["schema"], new.components))
        yield from _compare_schemas(f"the parameter {name}", *sides, is_request=True)
    for name, parameter in present.items():
        if parameter.get("required") and not known.get(name, {}).get("required"):
            yield f"the parameter {name} is required now."


def _name_parameter(parameter: dict[str, Any]) -> str:
    return f"{parameter['name']!r} ({parameter['in']})"


def _compare_schemas(place: str, former: Side, new: Side, *, is_request: bool) -> Iterator[str]:
    """Yield what a client would notice in *place*, recursively."""
    former, new = (side._replace(schema=_resolve(side.schema, side.components)) for side in (former, new))
    accepted, offered = _find_types(former), _find_types(new)
    if is_request and (lost := _subtract(accepted, offered)):
        yield f"{place} accepts no {' and no '.join(sorted(lost))} any more."
    if not is_request and (gained := _subtract(offered, accepted)):
        yield f"{place} may be {' or '.join(sorted(gained))} now."
    if is_request:
        yield from _compare_bounds(place, former, new)
    if former.depth < _DEEPEST:
        yield from _compare_members(place, former, new, is_request=is_request)


def _subtract(types: set[str], others: set[str]) -> set[str]:
    """Return the *types* that *others* do not include; none if one side does not name any."""
    if not types or not others:
        return set()
    return types - others - ({"integer"} if "number" in others else set())


def _compare_bounds(place: str, former: Side, new: Side) -> Iterator[str]:
    values, allowed = _find_enum(former), _find_enum(new)
    if allowed is not None and values is None and "boolean" not in _find_types(former):
        yield f"{place} accepts only {', '.join(map(repr, allowed))} now."
    elif allowed is not None and (lost := [value for value in values or () if value not in allowed]):
        yield f"{place} does not accept {', '.join(map(repr, lost))} any more."
    for bounds, sign in ((_LOWER_BOUNDS, 1), (_UPPER_BOUNDS, -1)):
        for bound in bounds:
            limit, previous = new.schema.get(bound), former.schema.get(bound)
            if limit is not None and (previous is None or sign * limit > sign * previous):
                yield f"{place} has {bound} {limit} now, and had {'none' if previous is None else previous}."
    for key in ("format", "pattern"):
        if new.schema.get(key) not in (None, former.schema.get(key)):
            yield f"{place} has the {key} {new.schema[key]!r} now."


def _compare_members(place: str, former: Side, new: Side, *, is_request: bool) -> Iterator[str]:
    known, present = former.schema.get("properties", {}), new.schema.get("properties", {})
    for name, schema in known.items():
        where = _name_member(place, name)
        if name in present:
            yield from _compare_schemas(where, former.nest(schema), new.nest(present[name]), is_request=is_request)
        elif not is_request or new.schema.get("additionalProperties") is False:
            yield f"{where} was removed."
    if is_request:
        required = set(new.schema.get("required", ())) - set(former.schema.get("required", ()))
        yield from (f"{_name_member(place, name)} is required now." for name in sorted(required))
    if "items" in former.schema and "items" in new.schema:
        sides = (former.nest(former.schema["items"]), new.nest(new.schema["items"]))
        yield from _compare_schemas(f"{place}[]", *sides, is_request=is_request)


def _name_member(place: str, name: str) -> str:
    """Return how messages name the field *name* of the object in *place*."""
    roots = {"the request": "the field ", "the response": "the response field "}
    return f"{roots[place]}{name}" if place in roots else f"{place}.{name}"


def _resolve(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """Return *schema* with the component that it refers to, itself or as the only part of `allOf`."""
    if len(schema.get("allOf", ())) == 1:
        schema = {**schema["allOf"][0], **{key: value for key, value in schema.items() if key != "allOf"}}
    if "$ref" not in schema:
        return schema
    kind, name = schema["$ref"].split("/")[-2:]
    rest = {key: value for key, value in schema.items() if key != "$ref"}
    return {**_resolve(components.get(kind, {}).get(name, {}), components), **rest}


def _list_parts(side: Side) -> list[Side]:
    """Return the alternatives of a schema, or the schema itself."""
    alternatives = [part for key in ("oneOf", "anyOf") for part in side.schema.get(key, ())]
    return [side._replace(schema=_resolve(part, side.components)) for part in alternatives] or [side]


def _find_types(side: Side) -> set[str]:
    types: set[str] = set()
    for part in _list_parts(side):
        own = part.schema.get("type", [])
        types |= {own} if isinstance(own, str) else set(own)
        types |= {"null"} if part.schema.get("enum") == [None] else set()
    return types


def _find_enum(side: Side) -> list[Any] | None:
    """Return the values that the schema enumerates, or None if one of its alternatives does not enumerate any."""
    parts = [part.schema.get("enum") for part in _list_parts(side)]
    return None if None in parts else [value for part in parts if part is not None for value in part]
