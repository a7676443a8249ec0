"""A JSON Schema validator for what contrib/golub.schema.json uses, and for nothing else: an unknown word is an error.

As a program: schema_check.py SCHEMA < LINES  checks each line of standard input; exit status 1 if one is wrong.
"""
import json
import sys

TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
}
IGNORED = {"$schema", "$defs", "title", "description", "examples"}


def same(a, b):
    """JSON's equality: true is not 1."""
    return isinstance(a, bool) == isinstance(b, bool) and a == b


def resolve(reference, root):
    assert reference.startswith("#/"), reference
    schema = root
    for step in reference[2:].split("/"):
        schema = schema[step]
    return schema


def check_object(value, schema, root, at):
    known = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            yield "%s: %r is missing" % (at, name)
    for name, part in known.items():
        if name in value:
            yield from check(value[name], part, root, "%s.%s" % (at, name))
    for name in sorted(set(value) - set(known)):
        yield from check(value[name], schema.get("additionalProperties", True), root, "%s.%s" % (at, name))


def check_one_of(value, schema, root, at):
    tried = [list(check(value, part, root, at)) for part in schema["oneOf"]]
    fits = sum(not problems for problems in tried)
    if fits != 1:
        yield "%s: fits %d of the forms, not one; the nearest: %s" % (at, fits, min(tried, key=len))


def check_numbers(value, schema, at):
    if "minimum" in schema and value < schema["minimum"]:
        yield "%s: %r is below %r" % (at, value, schema["minimum"])
    if "maximum" in schema and value > schema["maximum"]:
        yield "%s: %r is above %r" % (at, value, schema["maximum"])


def check(value, schema, root, at):
    if isinstance(schema, bool):
        if not schema:
            yield "%s: must not be there" % at
        return
    unknown = set(schema) - IGNORED - {"$ref", "type", "const", "enum", "required", "properties", "additionalProperties",
                                       "oneOf", "minimum", "maximum", "minLength", "items"}
    assert not unknown, "this validator does not know %s" % unknown
    if "$ref" in schema:
        yield from check(value, resolve(schema["$ref"], root), root, at)
    if "type" in schema and not TYPES[schema["type"]](value):
        yield "%s: %r is no %s" % (at, value, schema["type"])
        return
    if "const" in schema and not same(value, schema["const"]):
        yield "%s: %r is not %r" % (at, value, schema["const"])
    if "enum" in schema and not any(same(value, e) for e in schema["enum"]):
        yield "%s: %r is none of %r" % (at, value, schema["enum"])
    if isinstance(value, str) and len(value) < schema.get("minLength", 0):
        yield "%s: %r is too short" % (at, value)
    if TYPES["number"](value):
        yield from check_numbers(value, schema, at)
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from check(item, schema.get("items", True), root, "%s[%d]" % (at, number))
    if isinstance(value, dict):
        yield from check_object(value, schema, root, at)
    if "oneOf" in schema:
        yield from check_one_of(value, schema, root, at)


def validate(value, schema):
    """@return what is wrong with the value, as sentences; empty: nothing"""
    return list(check(value, schema, schema, "$"))


def main():
    with open(sys.argv[1]) as f:
        schema = json.load(f)
    wrong = 0
    for number, line in enumerate(sys.stdin, 1):
        try:
            problems = validate(json.loads(line), schema)
        except ValueError as e:
            problems = ["no JSON: %s" % e]
        for problem in problems:
            print("line %d: %s" % (number, problem))
        wrong += bool(problems)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
