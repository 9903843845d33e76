from __future__ import annotations

import time

import pytest

from fnfuzz.fuzz.words.asked import asked


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('order = json.loads(body); order["qty"]; order.get("note"); lang = os.environ["LANG"]', ["qty", "note"]),
        ("const { text, tags: list = [] } = body; process.env.PORT; url.searchParams.get('page')", ["page", "text"]),
        ('id := r.URL.Query().Get("id"); os.Getenv("PORT"); type T struct { Qty int `json:"qty,omitempty"` }', ["id"]),
        ("$page = $_GET['page'] ?? 1; $data['lines'];", ["page", "lines"]),
        ("params[:page]; body.fetch('total')", ["page", "total"]),
        ('root.TryGetProperty("items", out var items); req.Query["page"]', ["items", "page"]),
        ('body.get("note").and_then(f)\nstruct A {\n    customer: String,\n}', ["note", "customer"]),
        ("record Order(string Customer, int Qty);", ["customer", "qty"]),
        ('text = number(request, "size", 12); log.info("done"); response.set("no", 1)', ["size"]),
    ],
)
def test_names_are_read_in_many_languages(source: str, names: list[str]) -> None:
    told = asked(source)
    found = [*told.names, *told.perhaps]
    assert found[: len(names)] == names
    assert not {"LANG", "PORT", "done", "no", "env"} & set(found)


@pytest.mark.parametrize(
    ("source", "header"),
    [
        ('request.headers.get("X-Key")', "X-Key"),
        ("const range = req.headers.range;", "range"),
        ('r.Header.Get("Authorization")', "Authorization"),
        ("$_SERVER['HTTP_X_TOKEN']", "X-TOKEN"),
        ('HEADER = "x-signature"', "x-signature"),
        ('r.Cookie("session")', "Cookie"),
    ],
)
def test_headers_are_told_from_members(source: str, header: str) -> None:
    found = asked(source)
    assert header in found.headers
    assert not found.names | found.perhaps


def test_examples_in_comments_give_payloads_and_queries() -> None:
    found = asked('# POST /a {"sku": "A1", "qty": [1]}\n// GET /b?page=2&to=a%20b\nreply({"error": reason})')
    assert list(found.examples) == ['{"sku":"A1","qty":[1]}']
    assert list(found.queries) == [(("page", "2"), ("to", "a b"))]
    assert list(found.names) == ["page", "to"]
    assert {"sku", "qty"} <= set(found.perhaps)


def test_examples_may_go_on_and_on() -> None:
    found = asked('// POST /a {"total": 1.5, "offers": [{"apr": 9.9}, ...]}\n// {"a": [1, 2, …]}')
    assert list(found.examples) == ['{"total":1.5,"offers":[{"apr":9.9}]}', '{"a":[1,2]}']


def test_tables_and_lists_give_their_texts_with_the_numbers_beside_them() -> None:
    source = 'T = new Map([["FREE", { percent: 25, from: 5_000 }], ["X", 1]]); L = ["one", "two"]; const R = {EUR: 1.5}'
    found = asked(source)
    assert list(found.keys)[:4] == ["FREE", "X", "one", "two"]
    assert ("FREE", (25, 5000)) in found.rows
    assert ("EUR", (1.5,)) in found.rows


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        (
            'type P struct {\n\tName string `json:"name"`\n\tAmount *float64 `json:"amount,omitempty"`\n'
            '\tPast []float64 `json:"past"`\n\tLines []Line `json:"lines"`\n}',
            {"name": "string", "amount": "number", "past": "numbers", "lines": "objects"},
        ),
        (
            "interface O {\n  qty: number;\n  tags: string[];\n  gift?: boolean;\n}",
            {"qty": "number", "tags": "strings", "gift": "boolean"},
        ),
        ("class O(TypedDict):\n    items: list[int]\n    buyer: Buyer\n", {"items": "numbers", "buyer": "object"}),
        ("struct O {\n    ids: Vec<u64>,\n    note: String,\n}", {"ids": "numbers", "note": "string"}),
    ],
)
def test_declared_types_say_what_a_member_takes(source: str, kinds: dict[str, str]) -> None:
    assert asked(source).kinds == kinds


def test_reading_takes_no_longer_than_the_text_is_long() -> None:
    began = time.process_time()
    for part in ("(", '{"', "a.", '["a",', "get(", "a[", "const {", "  a: ", "?a=b&"):
        asked(part * (100_000 // len(part)))
    assert time.process_time() - began < 10
