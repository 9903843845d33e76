from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.fuzz.mutation.hints import MAX_HINTS, Hint, learn, path_of
from fnfuzz.fuzz.mutation.messages import EXAMPLES, type_of

IN_ITEMS = ("items", 0, "qty")
JACKSON = (
    'Cannot deserialize value of type `int` from String "abc": not a valid `int` value (through reference chain: '
    'Order["items"]->java.util.ArrayList[0]->Item["qty"])'
)
JSON_SCHEMA = (
    "'7' is not of type 'integer'\n\nFailed validating 'type' in schema['properties']['items']['items']:\n"
    "    {'type': 'integer'}\n\nOn instance['items'][0]['qty']:\n    '7'"
)
MESSAGES: list[tuple[str, dict[str, Any]]] = [
    ("missing field 'qty'", {"name": "qty"}),
    ("limits may only be given with commissioning: true", {"name": "commissioning", "values": (True,)}),
    ("note is only allowed when mode is custom", {"name": "mode", "values": ("custom",)}),
    ('weight can only be used together with unit "kg"', {"name": "unit", "values": ("kg",)}),
    ("express only if weight=30", {"name": "weight", "values": (30,)}),
    ("discount requires loyalty to be false", {"name": "loyalty", "values": (False,)}),
    ("the payment is 15.00 at least", {"name": "payment", "values": (14.0, 15.0, 16.0)}),
    ("a batch has 50 rows or less", {"name": "batch", "values": (49, 50, 51)}),
    ("KeyError: 'qty'", {"name": "qty"}),
    (
        "Traceback (most recent call last):\n  File \"a.py\", line 3, in f\n    x['qty']\nKeyError: 'qty'\n",
        {"name": "qty"},
    ),
    ("bad order: KeyError('customer')", {"name": "customer"}),
    ("TypeError: f() missing 1 required positional argument: 'qty'", {"name": "qty"}),
    ("TypeError: 'int' object is not iterable", {"type": "array"}),
    ("TypeError: string indices must be integers, not 'str'", {"type": "object"}),
    ("AttributeError: 'str' object has no attribute 'get'", {"type": "object"}),
    ("AttributeError: 'int' object has no attribute 'strip'", {"type": "string"}),
    ("ValueError: invalid literal for int() with base 10: 'abc'", {"type": "integer", "got": "abc"}),
    ("ValueError: could not convert string to float: 'x'", {"type": "number", "got": "x"}),
    ("TypeError: '>' not supported between instances of 'str' and 'int'", {"type": "integer"}),
    ('TypeError: can only concatenate str (not "int") to str', {"type": "string"}),
    ("ValueError: Invalid isoformat string: 'soon'", {"type": "date", "got": "soon"}),
    ("time data 'x' does not match format '%Y-%m-%d'", {"type": "date", "got": "x"}),
    ("binascii.Error: Incorrect padding", {"type": "base64"}),
    ("json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)", {"type": "json"}),
    ("TypeError: Cannot read properties of undefined (reading 'qty')", {"name": "qty", "inner": True}),
    ("Cannot read property 'qty' of undefined", {"name": "qty", "inner": True}),
    ("Cannot destructure property 'qty' of 'order' as it is undefined.", {"name": "qty", "inner": True}),
    ("TypeError: order.items is not iterable", {"path": ("order", "items"), "type": "array"}),
    ("TypeError: order.items.map is not a function", {"name": "items", "type": "array"}),
    ("TypeError: sku.toUpperCase is not a function", {"name": "sku", "type": "string"}),
    ("SyntaxError: Unexpected token < in JSON at position 0", {"type": "json"}),
    (
        "json: cannot unmarshal string into Go struct field Order.lines.qty of type int",
        {"path": ("lines", "qty"), "type": "integer"},
    ),
    ("json: cannot unmarshal array into Go value of type main.Order", {"type": "object"}),
    ('strconv.Atoi: parsing "abc": invalid syntax', {"type": "integer", "got": "abc"}),
    ('parsing time "soon" as "2006-01-02": cannot parse', {"type": "date", "got": "soon"}),
    ("Key: 'Order.Qty' Error:Field validation for 'Qty' failed on the 'required' tag", {"name": "Qty"}),
    ("missing field `qty` at line 1 column 20", {"name": "qty"}),
    ('invalid type: string "a", expected u32 at line 1 column 9', {"type": "integer"}),
    ("unknown variant `a`, expected one of `x`, `y`", {"values": ("x", "y")}),
    ("unknown variant `a`, expected `x` or `y`", {"values": ("x", "y")}),
    (JACKSON, {"path": IN_ITEMS}),
    (JACKSON, {"type": "integer"}),
    ("Missing required creator property 'qty' (index 1)", {"name": "qty"}),
    ('java.lang.NumberFormatException: For input string: "abc"', {"type": "number", "got": "abc"}),
    ('org.json.JSONException: JSONObject["qty"] not found.', {"name": "qty"}),
    ("Expected an int but was STRING at line 1 column 8 path $.items[0].qty", {"path": IN_ITEMS, "type": "integer"}),
    ("Fields [id, qty] are required for type with serial name 'Order'", {"name": "qty"}),
    (
        "The JSON value could not be converted to System.Int32. Path: $.items[0].qty | LineNumber: 0",
        {"path": IN_ITEMS, "type": "integer"},
    ),
    ("The given key 'qty' was not present in the dictionary.", {"name": "qty"}),
    ('PHP Warning:  Undefined array key "qty" in /app/a.php on line 3', {"name": "qty"}),
    ("PHP Notice:  Undefined index: qty in a.php", {"name": "qty"}),
    ("key not found: :qty (KeyError)", {"name": "qty"}),
    ("param is missing or the value is empty: order", {"name": "order"}),
    ("1 validation error for Order\nitems.0.qty\n  Field required [type=missing, input_value={}]", {"path": IN_ITEMS}),
    (
        "items.0.qty\n  Input should be a valid integer, unable to parse string as an integer [type=int_parsing",
        {"path": IN_ITEMS, "type": "integer"},
    ),
    ("kind\n  Input should be 'a', 'b' or 'c' [type=enum", {"name": "kind", "values": ("a", "b", "c")}),
    (JSON_SCHEMA, {"path": IN_ITEMS, "type": "integer"}),
    ("'qty' is a required property", {"name": "qty"}),
    ("'x' is not one of ['red', 'blue']", {"values": ("red", "blue")}),
    ("qty is required", {"name": "qty"}),
    ('"qty" must be a number', {"name": "qty", "type": "number"}),
    ("qty must be an integer number", {"name": "qty", "type": "integer"}),
    ("must be of type integer", {"type": "integer"}),
    ("shipment.parcels must be a non-empty array", {"path": ("shipment", "parcels"), "type": "array"}),
    ("The qty field is required.", {"name": "qty"}),
    ("name can't be blank", {"name": "name"}),
    ("Required request parameter 'qty' for method parameter type int is not present", {"name": "qty"}),
    ("Missing required parameter: qty", {"name": "qty"}),
    ("message.chat.id is an integer", {"path": ("message", "chat", "id"), "type": "integer"}),
    ("taxPercent is a whole number from 0 to 40", {"name": "taxPercent", "type": "integer"}),
    ("taxPercent is a whole number from 0 to 40", {"name": "taxPercent", "values": (39, 40, 41, 0, -1, 1)}),
    ("running must be 1 to 240 and layover 0 to 60 minutes", {"name": "layover", "values": (59, 60, 61, 0, -1, 1)}),
    ("headway for metro must be 1 to 30 minutes", {"name": "headway", "values": (29, 30, 31, 1, 0, 2)}),
    ("starts is not a time of the form HH:MM", {"name": "starts", "values": ("12:00", "07:30", "23:59")}),
    ("day must be YYYY-MM-DD", {"name": "day", "values": ("2024-02-29", "2025-03-11", "2025-10-26")}),
    ("name has 1 to 80 characters", {"name": "name", "lengths": (79, 80, 81)}),
    ("born is not a valid date", {"name": "born", "type": "date"}),
    ("order is a number like A-1029", {"name": "order", "values": ("A-1029",)}),
    ("status is single or couple", {"name": "status", "values": ("single", "couple")}),
    ("cycle is one of monthly, yearly", {"name": "cycle", "values": ("monthly", "yearly")}),
    ("phone is malformed", {"name": "phone"}),
    ("currency must be one of: EUR, CHF, XAU", {"name": "currency", "values": ("EUR", "CHF", "XAU")}),
    ("unsupported currency 'X', supported values: EUR, CHF", {"values": ("EUR", "CHF")}),
    ("size must be one of 1, 2, 3", {"name": "size", "values": (1, 2, 3)}),
    ("expected integer, got str", {"type": "integer"}),
    ("Expected number, received string", {"type": "number"}),
    ("qty should be at most 100", {"name": "qty", "values": (99, 100, 101)}),
    ("amount must be less than or equal to 2.5", {"name": "amount", "values": (1.5, 2.5, 3.5)}),
    ("name must be longer than or equal to 3 characters", {"name": "name", "lengths": (2, 3, 4)}),
    ("the note exceeds the maximum of 400 characters", {"lengths": (399, 400, 401)}),
]
ANSWERS: list[tuple[Any, dict[str, Any]]] = [
    ({"detail": [{"type": "missing", "loc": ["body", *IN_ITEMS], "msg": "Field required"}]}, {"path": IN_ITEMS}),
    (
        {"issues": [{"code": "invalid_type", "expected": "number", "path": list(IN_ITEMS), "message": "Required"}]},
        {"path": IN_ITEMS, "type": "number"},
    ),
    ([{"instancePath": "/items/0", "message": "must have required property 'qty'"}], {"path": IN_ITEMS}),
    ([{"instancePath": "/items/0/qty", "message": "must be integer"}], {"path": IN_ITEMS, "type": "integer"}),
    ({"qty": ["This field is required."]}, {"name": "qty"}),
    ({"items": [{"qty": ["This field may not be null."]}]}, {"path": ("items", "qty")}),
    ({"errors": {"qty": ["can't be blank"]}}, {"name": "qty"}),
    ({"errors": [{"field": "qty", "defaultMessage": "must not be null"}]}, {"name": "qty"}),
    ({"message": "bad", "errors": [{"field": "qty", "message": "must be a whole number"}]}, {"type": "integer"}),
    ({"Outputs": {"res": {"statusCode": 400, "body": "bad order: KeyError('lines')"}}}, {"name": "lines"}),
    ({"Outputs": {"res": {"statusCode": 400, "body": '{"error":"qty is required"}'}}}, {"name": "qty"}),
    ({"Outputs": {}, "Logs": ["'from' is a required property"], "ReturnValue": None}, {"name": "from"}),
]


def holds(hints: Any, wanted: dict[str, Any]) -> bool:
    return any(all(getattr(hint, key) == value for key, value in wanted.items()) for hint in hints.fields)


@pytest.mark.parametrize(("text", "wanted"), MESSAGES, ids=lambda item: item[:40] if isinstance(item, str) else "")
def test_messages_tell_what_is_wanted(text: str, wanted: dict[str, Any]) -> None:
    for hints in (learn(text, ""), learn("", text), learn(f"10:15:01 INFO started\nERROR {text}\n", "oops")):
        if "\n  " not in text or hints is learn(text, ""):
            assert holds(hints, wanted), hints


@pytest.mark.parametrize(("answer", "wanted"), ANSWERS, ids=lambda item: json.dumps(item)[:40])
def test_answers_tell_what_is_wanted_and_where(answer: Any, wanted: dict[str, Any]) -> None:
    assert holds(learn("", json.dumps(answer)), wanted), learn("", json.dumps(answer))
    assert holds(learn(f"answered {json.dumps(answer)}\n", ""), wanted)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ok",
        "started on port 8080",
        "order 17 was priced at 12.50",
        "not an object",
        "order has no items",
        "no such order",
        '{"Outputs":{"res":{"statusCode":200,"body":"fine"}},"Logs":["17 rows"],"ReturnValue":null}',
        '{"id":7,"name":"mira","tags":["new"],"total":12.5}',
        "GET /orders/7 200 12 ms",
        "only one item is left",
        "this needs a day",
    ],
)
def test_usual_texts_wish_for_nothing(text: str) -> None:
    assert learn(text, text).fields == ()


def test_a_message_with_a_name_stands_for_the_same_one_without() -> None:
    assert learn("expected integer, got str", "qty must be an integer").fields == (Hint("qty", type="integer"),)


def test_types_and_paths_are_read_in_all_notations() -> None:
    for told in ("$.items[0].qty", "items.0.qty", "/items/0/qty", ["body", "items", 0, "qty"], "['items'][0]['qty']"):
        assert path_of(told) == IN_ITEMS
    assert path_of(7) == path_of("[0]") == path_of("") == ()
    known = {"int32": "integer", "str": "string", "[]main.Item": "array", "*float64": "number", "Map": "object"}
    for word, name in {**known, "bool": "boolean", "present": "", "longer": ""}.items():
        assert type_of(word) == name
    assert {type_of(name) for name in EXAMPLES if name and name != "json"} <= set(EXAMPLES)


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_is_an_error(log: str, answer: str) -> None:
    assert len(learn(log, answer).fields) <= MAX_HINTS


@pytest.mark.parametrize(
    "text",
    [
        *("x" * 9000, "a b " * 3000, "must be " * 1500, "missing " * 1500, "'" * 9000, "a is " * 2000, "[a]" * 3000),
        *("expected " * 1000, "is not of type 'x'" * 500, "is not one of [" * 600, "name.." * 1500, "a\n  " * 2000),
        *("must be one of " * 600, "at most " * 1000, "[" * 9000, '{"a":' * 900 + "1" + "}" * 900, "key " * 2000),
    ],
    ids=lambda text: text[:12],
)
def test_hostile_texts_take_no_time(text: str) -> None:
    began = time.process_time()
    learn(text, text)
    assert time.process_time() - began < 0.5
