"""The error messages of languages, parsers and validators, as patterns: what each asks for, of which type.

Every pattern is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fnfuzz.fuzz.mutation.moments import FORM

__all__ = ["BEFORE", "BLANKET", "EXAMPLES", "OWNED", "RULES", "Rule", "type_of"]

EXAMPLES: Mapping[str, Sequence[Any]] = {
    "": ("a", 1, [{}], {}, True, ["a"], "2024-02-29", 1.5, "1", [1], "eyJhIjoxfQ=="),
    "integer": (1, 7, 0, 1000, -1, "1"),
    "number": (1.5, 1, 0, -1, "1.5"),
    "string": ("a", "1", "a b", ""),
    "boolean": (True, False, "true"),
    "array": ([{}], ["a"], [1], [], [[]]),
    "object": ({}, {"a": 1}),
    "null": (None,),
    "date": ("2024-02-29", "2024-02-29T12:00:00Z", "12:00", 1709208000),
    "base64": ("eyJhIjoxfQ==", "YQ==", "/w=="),
    "json": ("{}", "[]", '{"a":1}'),
    "uuid": ("5d1b7a52-93f0-4c7e-9d0a-2f6b1c9e8a44",),
    "email": ("mira@example.com",),
    "url": ("https://example.com/a?b=1",),
}
TYPES: Sequence[tuple[str, re.Pattern[str]]] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("array", r"(?:array|list\b|slice\b|\[\]|sequence|vec|tuple|iterable|collection)"),
        ("date", r"(?:date|days?\b|timestamp|time\b|time\.time|iso|local_?date|instant|rfc)"),
        ("integer", r"(?:int(?:eger|\d+)?s?\b|[iu](?:8|16|32|64|size)\b|uint|long\b|short\b|byte\b|whole|system\.int)"),
        ("number", r"(?:number|numeric|float|double|decimal|real\b|f32|f64|positive|system\.d)"),
        ("boolean", r"bool"),
        ("base64", r"base-?64"),
        ("uuid", r"(?:uuid|guid)"),
        ("email", r"e-?mail"),
        ("url", r"(?:url|uri)\b"),
        ("string", r"(?:str\b|string|text\b|varchar|char\b|system\.string|java\.lang\.string)"),
        ("object", r"(?:object|dict|map\b|mapping|struct|hash|record|table\b|[a-z]\w*\.[A-Z]\w*)"),
        ("null", r"(?:null|none|nil)"),
    )
)

N = r"[A-Za-z_$][\w$.\[\]/-]{0,80}"
"""A name without quotes, or a path."""

Q = r"[\"'`“”‘’]"
T = r"[A-Za-z_\[*][\w.\[\]*-]{0,40}"
THING = "field|key|property|properties|parameter|param|member|attribute|element|column|header|argument|creator property"
LISTS = "map|forEach|filter|reduce|some|every|push|find|join|slice|flatMap|each"
WORDS = "trim|toUpperCase|toLowerCase|split|startsWith|endsWith|replace|charAt|substring|padStart|match|strip|upcase"
BE = "(?:must|should|has to|needs to|is expected to|expected to|shall)"
VALID = "(?:an? )?(?:valid |non-?empty |plain |single |json )*"
LIMIT = r"(?P<limit>-?\d{1,15}(?:\.\d{1,6})?)(?P<length> ?(?:char|item|element|byte|long|entr|letter|digit))?"
LOW = r"(?P<low>-?\d{1,15})"
MORE = "(?:less|greater|more|fewer|longer|shorter|larger|smaller|higher|lower)"
PLAINLY = "(?:valid|non-?empty|plain|single|short|long|positive|json|proper|real|small|simple|known)"
TYPED = (
    "arrays?|lists?|dates?|days?|times?|timestamps?|integers?|ints?|whole|numbers?|numeric|floats?|decimals?|bool(?:ean)?s?"
    "|uuids?|guids?|e-?mails?|urls?|uris?|strings?|texts?|objects?|dict(?:ionar(?:y|ies))?s?|maps?"
)
CHOICE = r"[\"'`]?[\w-]{1,24}[\"'`]?"
ON_INSTANCE = r"(?:[^\0]{0,500}?On instance(?P<path>(?:\[[^\]\n]{1,64}\]){1,12}))?"
IS = f"(?:: ?| ?={{1,3}} ?| is | (?:is )?set to | to be | (?={Q}))"
THAT_IS = rf"{Q}?(?P<name>{N}){Q}?{IS}{Q}?(?P<values>[\w.-]{{1,24}})"
GOT = r"(?P<got>[^'\"\n]{0,80})"


@dataclass(frozen=True, slots=True)
class Rule:
    """``anchor``: one of these words, in small letters, is in every text that the pattern matches. With ``before`` the
    name stands before the match."""

    anchor: tuple[str, ...]
    pattern: re.Pattern[str]
    type: str = ""
    inner: bool = False
    before: bool = False


def _rule(anchor: str, pattern: str, type: str = "", *, inner: bool = False, before: bool = False) -> Rule:
    return Rule(tuple(anchor.split("|")), re.compile(pattern, re.IGNORECASE), type, inner, before)


RULES: Sequence[Rule] = (
    # Python
    _rule("keyerror", rf"KeyError\(?:? ?{Q}(?P<name>[^\"'\n]{{1,64}}){Q}"),
    _rule(
        "positional arg|keyword-only", rf"required (?:positional|keyword-only) arguments?: (?P<names>{Q}[^\n]{{1,200}})"
    ),
    _rule("object is not iterable", r"'(?:int|float|bool|NoneType)' object is not iterable", "array"),
    _rule(
        "indices must be", r"string indices must be integers|list indices must be integers or slices, not str", "object"
    ),
    _rule("object is not subscriptable", "object is not subscriptable", "object"),
    _rule("no attribute", r"object has no attribute '(?:get|items|keys|values|pop|update)'", "object"),
    _rule(
        "no attribute", r"object has no attribute '(?:lower|upper|strip|split|startswith|endswith|encode)'", "string"
    ),
    _rule("invalid literal", rf"invalid literal for int\(\) with base \d+: '{GOT}'", "integer"),
    _rule("could not convert", rf"could not convert string to float: '{GOT}'", "number"),
    _rule("not supported between", r"'[<>]=?' not supported between instances of '\w+' and '(?P<type>\w+)'"),
    _rule("can only concatenate", r"can only concatenate (?P<type>\w+) \(not"),
    _rule("unsupported operand", r"unsupported operand type\(s\) for \S{1,4}: '(?P<type>\w+)' and"),
    _rule("isoformat", rf"Invalid isoformat string: '{GOT}'", "date"),
    _rule("time data", rf"time data '{GOT}' does not match format", "date"),
    _rule("parsing time", rf"parsing time \\?\"{GOT}\\?\"", "date"),
    _rule(
        "invalid time value|invalid date|datetimeparse",
        r"Invalid time value|Invalid Date\b|DateTimeParseException",
        "date",
    ),
    _rule("base64|base-64|base 64|incorrect padding", r"base-?\s?64|Incorrect padding", "base64"),
    _rule("json", r"JSONDecodeError|not valid JSON|invalid JSON|end of JSON|JSON input", "json"),
    _rule("unexpected token", r"Unexpected token \S", "json"),
    _rule("uuid", r"badly formed hexadecimal UUID|invalid UUID", "uuid"),
    # JavaScript
    _rule(
        "cannot read prop|cannot set prop",
        rf"propert(?:y|ies) of (?:undefined|null) \(\w{{1,8}} {Q}(?P<name>[^'\n]{{1,64}}){Q}",
        inner=True,
    ),
    _rule("cannot read prop", rf"Cannot read property {Q}(?P<name>[^'\n]{{1,64}}){Q} of", inner=True),
    _rule("cannot destructure", rf"Cannot destructure property {Q}(?P<name>[^'\n]{{1,64}}){Q} of", inner=True),
    _rule("is not a function", rf"\.(?:{LISTS}) is not a function", "array", before=True),
    _rule("is not a function", rf"\.(?:{WORDS}) is not a function", "string", before=True),
    _rule("is not iterable", r"(?<!\w)is not iterable", "array", before=True),
    # Go
    _rule("into go struct", rf"into Go struct field \w*\.(?P<name>{N}) of type (?P<type>{T})"),
    _rule("into go value", rf"into Go value of type (?P<type>{T})"),
    _rule("strconv.", rf"strconv\.(?:Atoi|ParseInt|ParseUint): parsing \\?\"{GOT}\\?\"", "integer"),
    _rule("strconv.parsefloat", rf"strconv\.ParseFloat: parsing \\?\"{GOT}\\?\"", "number"),
    _rule("error:field validation", r"Key: '\w+\.(?P<name>[\w.\[\]]{1,64})' Error:"),
    # Rust
    _rule("invalid type:", r"invalid type: [^\n]{1,60}?, expected (?:an? )?(?:borrowed )?(?P<type>[\w.]{1,40})"),
    _rule("unknown variant", r"unknown variant `[^`\n]{0,64}`, expected (?:one of )?(?P<values>`[^\n]{1,300})"),
    # Java, Kotlin, .NET
    _rule("jsonobject[", rf"JSONObject\[{Q}(?P<name>[^\"\n]{{1,64}}){Q}\] (?:not found|is not an? (?P<type>\w+))"),
    _rule("no value for", r"No value for (?P<name>[\w.]{1,64})"),
    _rule("] are required|] is required", r"Fields? \[(?P<names>[^\]\n]{1,200})\] (?:are|is) required"),
    _rule("cannot deserialize", rf"Cannot deserialize (?:value|instance) of (?:type )?`?(?P<type>{T})"),
    _rule("reference chain", r"\(through reference chain: (?P<path>[^\n)]{1,200})\)"),
    _rule("for input string", rf"For input string: \\?\"{GOT}\\?\"", "number"),
    _rule("but was", r"Expected (?:an? )?(?P<type>\w+) but was [^\n]{1,60}? path (?P<path>\$[^\s\n]{0,100})"),
    _rule(
        "could not be converted", r"converted to (?P<type>[\w.]{1,60})[^\n]{0,40}?\. Path: (?P<path>\$[^\s|\n]{0,100})"
    ),
    _rule("missing required properties", r"properties, including the following: (?P<names>[^\n]{1,200})"),
    _rule("the given key", r"The given key '(?P<name>[^'\n]{1,64})' was not present"),
    # PHP, Ruby, Elixir, Swift
    _rule("undefined", rf"Undefined (?:array key|index|property):? {Q}?(?:\w+::\$)?(?P<name>[\w-]{{1,64}})"),
    _rule(
        "key not found|keynotfound", r"key ?not ?found[:(] ?(?:CodingKeys\(stringValue: )?:?\"?(?P<name>[\w-]{1,64})"
    ),
    _rule("not found", r"key :?\"?(?P<name>[\w-]{1,64})\"? not found"),
    _rule("param is missing", r"value is empty: (?P<name>[\w.]{1,64})"),
    # Validators: JSON Schema, pydantic, zod, AJV, Joi, class-validator, Django, Laravel, Spring, and plain English
    _rule("field required", r"(?m)^(?P<path>[A-Za-z_][\w.\[\]-]{0,100})\n  Field required"),
    _rule("input should", rf"(?m)^(?P<path>[A-Za-z_][\w.\[\]-]{{0,100}})\n  Input should be {VALID}(?P<type>{T})"),
    _rule(
        "input should", r"(?m)^(?P<path>[A-Za-z_][\w.\[\]-]{0,100})\n  Input should be (?P<values>['\d][^\n\[]{1,200})"
    ),
    _rule("input should", rf"Input should be {VALID}(?P<type>{T})"),
    _rule("input should", r"Input should be (?P<values>'[^\n\[]{1,200})"),
    _rule("is not of type", r"is not of type '(?P<type>\w+)'" + ON_INSTANCE),
    _rule("is not one of", r"is not one of \[(?P<values>[^\]\n]{1,300})\]" + ON_INSTANCE),
    _rule("required", rf"\brequired (?:request )?(?:{THING})s?:? {Q}?(?P<name>{N})"),
    _rule(
        "missing|lack|without|absent|require|need|expected|no ",
        r"\b(?:missing|lacks?|without|no|absent|requires?|needs?|expected)(?: \w{1,12}){0,2}"
        rf" (?:{THING})s?:? {Q}?(?P<name>{N})",
    ),
    _rule("missing|lack|require|need", rf"\b(?:missing|lacks?|requires?|needs?)(?: \w{{1,12}})?:? {Q}(?P<name>{N})"),
    _rule("missing", rf"\bmissing:? (?P<name>{N})(?=$|[\s,.;\"'}}])"),
    _rule("unknown column|missing column|expected column", rf"expected columns?:? \[?(?P<names>{Q}?[^\n\]]{{1,200}})"),
    _rule(
        "required|missing|mandatory| not |undefined|null|empty|none|blank|absent",
        r"(?<!\w)(?:is|are|was) (?:an? )?(?:required|missing|mandatory|undefined|null\b|empty|None\b|blank|absent"
        r"|not (?:set|present|given|provided|specified|found|defined))",
        before=True,
    ),
    _rule(
        " be ",
        r"(?<!\w)(?:cannot|can't|can not|must not|may not|should not|mustn't)"
        r" be (?:null|empty|blank|missing|none|undefined|nil)",
        before=True,
    ),
    _rule(" be ", rf"(?<!\w){BE} be (?:of type |one of type )?{VALID}(?P<type>{T})", before=True),
    _rule(
        "expected|want",
        rf"(?:expected|wanted?) (?:type )?{VALID}{Q}?(?P<type>{T}){Q}?,? (?:but )?(?:got|received|found|was|not)\b",
    ),
    _rule(
        "expected|want",
        rf"{Q}(?P<name>[\w.$-]{{1,64}}){Q}[^\n,;]{{0,40}}?(?:expected|wanted?) (?:type )?{VALID}(?P<type>{T})",
    ),
    # "payment is 15.00 at least"
    _rule(
        "at least|at most|or more|or less",
        rf"(?<!\w)(?:is|are|has|have|{BE} (?:be|have)) (?P<limit>-?\d{{1,15}}(?:\.\d{{1,6}})?)(?: \w{{1,12}})?"
        r" (?:at (?:least|most)|or (?:more|less))",
        before=True,
    ),
    # "qty is a whole number", "born is not a date", "order is a number like A-1", "page is a number from 1 to 99"
    _rule(
        " is | are |isn't|aren't",
        rf"(?<!\w)(?:is|are|isn't|aren't)(?: not)?(?: an?| the)? (?:{PLAINLY} ){{0,3}}(?P<type>{TYPED})(?!\w)",
        before=True,
    ),
    _rule(
        " like |e.g.|example|such as",
        rf"(?<!\w)(?:(?:is|are|looks?|{BE} (?:be|look))(?: [a-z]{{1,16}}){{0,5}},? )?"
        rf"(?:like|such as|e\.g\.,?|for example,?|example:) {Q}?(?P<values>[^\s\"'`,;)]{{1,40}})",
        before=True,
    ),
    _rule(
        " to | and ",
        rf"(?<!\w)(?:is|are|has|have|{BE} (?:be|have))(?: [a-z]{{1,16}}){{0,6}} {LOW} (?:to|and) {LIMIT}",
        before=True,
    ),
    # "... and layover 0 to 60 minutes"
    _rule(" to ", rf"(?:,|\band|\bor) (?P<name>[A-Za-z_]\w{{0,40}}) {LOW} to {LIMIT}"),
    # "limits may only be given with commissioning: true", "notes need express to be on"
    _rule("only", rf"\bonly\b(?: [a-z]{{1,12}}){{0,3}}? (?:with|when|if|for|where) (?:the )?{THAT_IS}"),
    _rule("require|need", rf"\b(?:requires?|needs?) (?:the )?{THAT_IS}"),
    # "starts is not a time of the form HH:MM", "day must be YYYY-MM-DD"
    _rule(
        "yy|hh|dd",
        rf"(?<!\w)(?:(?:is|are|isn't|aren't|has|have|looks?|{BE} (?:be|have|look|follow|match))"
        rf"(?: [a-z-]{{1,16}}){{0,8}},? )?{Q}?(?P<moment>{FORM})",
        before=True,
    ),
    _rule(
        " or ",
        rf"(?<!\w)(?:is|are|{BE} be) (?:either )?(?P<values>{CHOICE}(?:, {CHOICE}){{0,8}},? or {CHOICE})(?=$|[^\w ])",
        before=True,
    ),
    _rule(
        "malformed|invalid|valid|wrong|unknown|unsupported|range|too ",
        r"(?<!\w)(?:is|are|was) (?:malformed|invalid|not valid|wrong|unknown|unsupported|out of range"
        r"|too (?:long|short|large|small|big|high|low|old|many|few))",
        before=True,
    ),
    _rule(
        " of",
        rf"(?<!\w)(?:(?:is|are|{BE} be) )?(?:equal to )?(?:one|any|either) of(?: the following)?(?: values)?:? ?"
        r"(?P<values>[^\n]{1,300})",
        before=True,
    ),
    _rule(
        "allowed|valid|supported|accepted|possible|permitted|known|choose from|enum",
        r"(?:(?:allowed|valid|supported|accepted|possible|permitted|known)(?: \w{1,12})?(?: are|:)"
        r"|choose from|enum values?:?)"
        r"(?: the following)?(?: values)?:? {0,2}(?P<values>[^\n]{1,300})",
    ),
    _rule(
        "at most|at least| than|=|exceed|maximum|minimum|up to|limit|between",
        rf"(?<!\w)(?:(?:{BE}|cannot|can't|may not|must not)(?: not)? (?:be |have |contain )?)?"
        rf"(?:at (?:most|least)|no {MORE} than"
        rf"|{MORE} than(?: or equal to)?|[<>]=?|exceeds?|maximum(?: \w{{1,10}})?(?: of| is|:)?|minimum(?: \w{{1,10}})?"
        rf"(?: of| is|:)?|up to|limit(?: of| is|:)|between(?: {LOW} and)?) {LIMIT}",
        before=True,
    ),
)
BEFORE = re.compile(rf"(?P<name>{N})(?P<quote>{Q}?)(?: (?:{THING}))?\s?\Z")
"""The name that ends where a match begins."""

OWNED = re.compile(rf"(?P<name>{N})(?P<quote>{Q}?) (?:for|of|in|on|per|with) (?:an? |the )?{Q}?[\w.-]{{1,24}}{Q}?\s?\Z")
"""The name before it, where that one only tells whose it is: "headway for metro"."""

BLANKET = re.compile(r"(?i)\brequired\b|\bmissing\b|(?:(?:must|may|can|should)(?:not| not|'t)) be (?:null|blank|empty)")
"""Complaints that make sense only together with the place that the answer's JSON gives."""


def type_of(word: str) -> str:
    """The key of ``EXAMPLES`` for a type's name in any language; empty for a word that is none."""
    plain = word.strip("*`'\" ")
    return next((name for name, pattern in TYPES if pattern.match(plain)), "")
