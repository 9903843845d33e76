from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.app.model import App, Function
from fnfuzz.events import Event, HttpEvent
from fnfuzz.fuzz.seeding import at_places
from fnfuzz.fuzz.sequences.openings import source_values
from fnfuzz.fuzz.words.comparisons import comparisons
from fnfuzz.fuzz.words.dictionary import Dictionary, mine
from fnfuzz.fuzz.words.expressions import NotSimpleError, read
from fnfuzz.fuzz.words.patterns import MAX_TEXT, Filler, fits
from fnfuzz.fuzz.words.routes import apart, places, route_patterns, shown_paths, templates
from fnfuzz.fuzz.words.split_paths import split_routes

WEB = Function(name="w", trigger="http", contract="fc-web", route_prefix="")
JS = """
const HARBOURS = new Map([["bergen", { berths: 4 }], ["vigo", { berths: 9 }]]);
const SHIP = /^[A-Z]{2}-\\d{3,5}$/;
function route(method, path) {
  const match = /^\\/harbours\\/([a-z]+)\\/(arrivals|berths)$/.exec(path);
  if (!match || !HARBOURS.has(match[1])) throw new Refused(404, "no such page");
  if (!SHIP.test(body.ship)) throw new Refused(422, "no ship");
}
"""
PYTHON = """
ROUTE = re.compile(r"^/v1/(?P<kind>invoices|receipts)/(?P<id>(?P<land>[A-Z]{2})-[0-9]{4,6})$")
LANDS = {"NO": "Norge", "PT": "Portugal"}
def route(path):
    match = ROUTE.match(path)
"""


def mined(root: Path, **files: str) -> Dictionary:
    for name, text in files.items():
        (root / name.replace("_dot_", ".")).write_text(text)
    return mine(
        App(root=root, name="a", platform="fc", reason="", command=("x",), cwd=root, functions=(), settled=True)
    )


def paths_of(source: str, *words: str) -> tuple[list[str], list[str]]:
    """The templates of a source, and the paths with words in them."""
    routes = route_patterns(source, comparisons(source).patterns)
    return [path for route in routes for path in templates(route)], list(places(routes, Filler(words)))


# -- routes in different styles


@pytest.mark.parametrize(
    "source",
    [
        r"const m = /^\/bots\/([a-z]+)\/(updates|commands)$/.exec(path);",
        r"if (!(m = path.match(/\/bots\/(?<bot>[a-z]+)\/(?:updates|commands)\/?$/i))) return;",
        r'm = re.fullmatch(r"/bots/([a-z]+)/(updates|commands)", path)',
        'm = re.compile(\n    r"^/bots/(?P<bot>[a-z]+)"\n    r"/(?P<verb>updates|commands)$"\n)',
        r'm = re.match("bots/(\\w+)/(updates|commands)", path.lstrip("/"))',
        r"m := regexp.MustCompile(`^/bots/([a-z]+)/(updates|commands)$`)",
        r'Pattern ROUTE = Pattern.compile("^/bots/([a-z]+)/(updates|commands)$");',
        r"if (preg_match('#^/bots/([a-z]+)/(updates|commands)$#', $path, $m)) {}",
        r"when %r{\A/bots/([a-z]+)/(updates|commands)\z} then x",
        r"""app.get("/bots/:bot/updates", f); app.post('/bots/:bot/commands', g)""",
        '@app.post("/bots/<bot>/updates")\n@app.get("/bots/<string:bot>/commands")',
        'mux.HandleFunc("POST /bots/{bot}/updates", f); mux.HandleFunc("GET /bots/{bot}/commands", g)',
        'path("bots/<str:bot>/updates/", f), re_path(r"^bots/([a-z]+)/commands$", g)',
        "//   POST /bots/<bot>/updates     one\n//   GET  /bots/<bot>/commands    what it understands\n",
        "# GET /bots/:bot/commands: all.\n# POST /bots/:bot/updates, one",
        'parts = path.strip("/").split("/")\n'
        'if len(parts) == 3 and parts[0] == "bots" and parts[2] in ("updates", "commands"):\n    pass',
        'const parts = url.pathname.split("/").filter(Boolean);\n'
        'if (parts.length === 3 && parts[2] === "updates" && parts[0] === "bots") a();\n'
        'else if (parts[0] === "bots" && parts[2] === "commands") b();',
        'const [, kind, bot, verb] = req.url.split("/");\n'
        'if (kind !== "bots") return;\nif (verb === "updates" || verb === "commands") go(bot);',
        'parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")\n'
        'if len(parts) != 3 || parts[0] != "bots" {\n return\n}\n'
        'switch parts[2] {\ncase "updates": a()\ncase "commands": b()\n}',
        'match path.split("/"):\n    case ["", "bots", bot, "updates" | "commands" as verb]:\n        pass',
        'match (method, path.strip("/").split("/")):\n    case ("POST", ["bots", bot, "updates"]):\n        pass\n'
        '    case ("GET", ["bots", bot, "commands"]):\n        pass',
        "let parts: Vec<&str> = path.trim_matches('/').split('/').collect();\n"
        'match parts.as_slice() { ["bots", bot, "updates"] => a(), ["bots", _, "commands"] => b(), _ => c() }',
        "$parts = explode('/', trim($path, '/'));\n"
        "if ($parts[0] === 'bots' && ($parts[2] ?? '') === 'updates') a();\n"
        "if ($parts[0] === 'bots' && ($parts[2] ?? '') === 'commands') b();",
        'parts = path.split("/")\nif parts[1] == "bots":\n    if parts[3] == "updates":\n        a()\n'
        '    elif parts[3] == "commands":\n        b()',
        'if path.startswith("/bots/") and path.endswith("/updates"): a()\n'
        'if (path.startsWith("/bots/") && path.endsWith("/commands")) b()',
    ],
)
def test_the_words_of_the_source_get_into_every_route(source: str) -> None:
    told, filled = paths_of(source, "lisbon", "leipzig")
    assert {"/bots/7/updates", "/bots/7/commands"} <= set(told)
    assert {"/bots/lisbon/updates", "/bots/lisbon/commands", "/bots/leipzig/updates"} <= set(filled)


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ('"/items/{id:[0-9]{4}}/lines"', "/items/7/lines"),
        ('"/items/:id(\\\\d+)?"', "/items/7"),
        ('"/items/{id:int:min(1)}"', "/items/7"),
        ('"/files/*"', "/files/7"),
        ('"/files/{*rest}"', "/files/7"),
        ("`/users/${id}/cart`", "/users/7/cart"),
        ('r"^/reports/(\\d{4})\\.csv$"', "/reports/7.csv"),
        ('"/search?q=a"', "/search"),
        ('"/v1.2/x"', "/v1.2/x"),
        ('"/(?=a)x/[a-z]+"', "/7x/7"),
    ],
)
def test_what_varies_in_a_template_is_left_open(source: str, path: str) -> None:
    assert path in paths_of(source)[0]


@pytest.mark.parametrize("source", ["a = b / c / d", '"</div>"', '"// no"', '"/a b"', 'x = "a/b".split("/")', "7 / 2"])
def test_what_is_no_route_gives_none(source: str) -> None:
    assert paths_of(source) == ([], [])


def test_a_pattern_of_a_path_has_a_slash_first_or_a_word() -> None:
    expressions = (r"^(\d{1,4})\/(\d)$", r"^(\d+)/(\d+)$", r"^orders\/(\d+)$", r"^\/(\d+)$")
    assert route_patterns("", expressions) == [r"/orders/(\d+)$", r"/(\d+)$"]


def test_an_example_in_a_comment_is_a_place_and_no_route() -> None:
    shown = shown_paths("# GET /classes/5a/requests\n# POST /login.")
    assert apart(shown, ["/classes/7/requests"]) == (["/classes/5a/requests"], ["/login"])


def test_a_part_that_is_asked_for_as_the_last_one_stands_there() -> None:
    source = 'p = path.strip("/").split("/")\nif len(p) == 3 and p[0] == "a" and p[-1] == "z": pass'
    assert split_routes(source) == ["/a/([^/]+)/z"]


# -- texts that match


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?P<fleet>[a-z]{2,3})-[0-9]{1,6}",
        r"[a-z]+(?:-[a-z]+)*",
        r"(?:north|south)-(\d{2}|x)",
        r"[A-Z]{3}\d+",
        r"\d{4}-\d{2}-\d{2}",
        r"[^\d\s]{3}[.]?",
        r"(?i)(?!x)[\[]a\]?",
        r"(a|b(c|d)){2}",
        r"[0-9]{4}[-\u2013]\x41",
    ],
)
def test_filled_texts_match_their_pattern(pattern: str) -> None:
    made = Filler(("gw", "th", "NOK", "12", "a-b", "south-x", "2024-12-24")).texts(pattern)
    assert made
    assert [text for text in made if not re.fullmatch(pattern, text)] == []


def test_groups_hold_words_of_the_source_and_plain_texts() -> None:
    made = Filler(("gw", "th", "a b", "Nok")).texts(r"(?P<fleet>[a-z]{2,3})-[0-9]{4,6}")
    assert {"gw-0000", "th-0000", "aa-0000"} <= set(made)
    assert "2025-03-11" in Filler(()).texts(r"\d{4}-\d\d-\d\d")


@given(st.text(alphabet="ab0-9[]()|?*+{},\\dw.^$:<>P/", max_size=30), st.text(alphabet="ab0/", max_size=12))
def test_no_pattern_is_an_error_and_texts_are_bounded(pattern: str, word: str) -> None:
    assert all(len(text) <= MAX_TEXT for text in Filler((word, "ab", "a0")).texts(pattern))
    assert all(path.startswith("/") for path in templates(pattern))
    assert all(path.startswith("/") and "//" not in path for path in places([pattern], Filler((word,))))


@given(
    st.from_regex(r"(?:[ab]|\(\?:[ab]\|b\)|a[*+?]|b\{1,2\}|\[^a\]|\.){1,6}", fullmatch=True), st.text("abc", max_size=6)
)
def test_words_fit_as_an_engine_says(pattern: str, word: str) -> None:
    try:
        node = read(pattern)
    except NotSimpleError:
        return
    assert fits(node, word) == (re.fullmatch(pattern, word) is not None)


@pytest.mark.parametrize("pattern", [r"((a*)*)*b", r"(a|a)*(a|aa)+$", r"((a?){1000}){1000}", ".*.*.*.*.*.*.*.*x"])
def test_no_pattern_takes_long(pattern: str) -> None:
    began = time.process_time()
    Filler("a" * 20 + str(number) for number in range(300)).texts(pattern)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "text",
    [
        'parts = p.split("/")\nswitch (parts[0]) {' * 3000 + 'case "a":' * 4000,
        *('parts = p.split("/")\n' + 'parts[0] == "a"\n' * 6000, "x=split('/')" * 9000, 'case ["a",' * 10_000),
        *('"/' * 50_000, "/^\\/" * 25_000, "{a:" * 33_000, "GET /a" + "b" * 100_000, 'startsWith("/a/")' * 6000),
        *('a = re.compile(r"a+b")\n' * 4000, "= /[a" * 20_000, ('"/' + "([a-z]+|b*)*" * 9 + '" ') * 800),
    ],
    ids=lambda text: text[:12],
)
def test_hostile_sources_take_no_time(text: str) -> None:
    began = time.process_time()
    told, filled = paths_of(text[:100_000], *(f"abcdefghij{number}" for number in range(300)))
    assert len(told) + len(filled) < 100_000
    assert time.process_time() - began < 4


# -- of a whole handler


def test_a_route_and_an_id_are_filled_from_tables(tmp_path: Path) -> None:
    found = mined(tmp_path, main_dot_js=JS)
    assert found.paths[:2] == ("/harbours/7/arrivals", "/harbours/7/berths")
    assert set(found.places[:4]) == {
        f"/harbours/{name}/{verb}" for name in ("bergen", "vigo") for verb in ("arrivals", "berths")
    }
    assert "AA-777" in found.matches
    assert ("ship", "AA-777") in found.pairs
    assert "AA-777" in found.texts[:10]


def test_named_groups_and_tables_of_other_files_work_as_well(tmp_path: Path) -> None:
    found = mined(tmp_path, main_dot_py=PYTHON)
    assert {"/v1/invoices/7", "/v1/receipts/7"} == set(found.paths)
    assert {"/v1/invoices/NO-0000", "/v1/receipts/PT-0000", "/v1/invoices/AA-0000"} <= set(found.places)


def test_an_id_that_is_checked_by_a_pattern_elsewhere_gets_into_paths(tmp_path: Path) -> None:
    source = """DEVICE = re.compile(r"(?P<fleet>[a-z]{2,3})-[0-9]{1,6}")
FLEETS = {"gw": "gateways", "cam": "cameras"}
parts = path.strip("/").split("/")
if len(parts) == 3 and parts[0] == "devices" and parts[2] == "dumps" and DEVICE.fullmatch(parts[1]):
    pass"""
    found = mined(tmp_path, main_dot_py=source)
    assert found.paths == ("/devices/7/dumps",)
    assert "/devices/gw-0/dumps" in found.places[:16]
    assert {"gw-0", "cam-0"} <= set(source_values(found)[:24])


def test_parameters_of_the_path_get_what_the_source_looks_up() -> None:
    routed = Function(name="r", trigger="http", contract="azure-http", route="bots/{bot}/reply")
    words = Dictionary(choices=(("bot", ("concierge", "helpdesk")),))
    events = [HttpEvent(method="POST", path="/api/bots/mira/reply")]
    told = [event.path for event in at_places(events, routed, words) if isinstance(event, HttpEvent)]
    assert told == ["/api/bots/concierge/reply", "/api/bots/helpdesk/reply"]


def test_seeds_have_one_event_of_each_method_at_places_that_reach_the_function() -> None:
    words = Dictionary(matches=("gw-7", "a/b"), places=("/bots/lisbon/updates", "/bots/leipzig/updates"))
    events: list[Event] = [HttpEvent(), HttpEvent(), HttpEvent(method="POST", body=b"{}"), HttpEvent(method="HEAD")]
    web = [event for event in at_places(events, WEB, words) if isinstance(event, HttpEvent)]
    assert [(event.method, event.path) for event in web] == [
        (method, path) for path in words.places for method in ("GET", "POST")
    ]
    routed = Function(name="d", trigger="http", contract="azure-http", route="devices/{id}/dumps")
    told = [event.path for event in at_places(events[:1], routed, words) if isinstance(event, HttpEvent)]
    assert told[:1] == ["/api/devices/gw-7/dumps"]
    assert all(path.count("/") == 4 for path in told)
