from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from tests.strategies.kit import assert_all_examples, find_any, minimal
from tests.strategies.legality import is_legal_path

from fnfuzz_strategies.routes import paths


@pytest.mark.parametrize(
    ("route", "prefix", "shape"),
    [
        ("hello", "api", "/api/hello"),
        ("hello", "", "/hello"),
        ("", "", "/"),
        ("", "api/v1", "/api/v1"),
        ("größe", "", "/größe"),
        ("/a/{b}/", "/api/", "/api/a/[^/]+"),
        ("a/{b?}", "", "/a(/[^/]+)?"),
        ("a/{b=5}", "", "/a(/[^/]+)?"),
        ("{name}.{ext?}", "", r"/[a-z0-9]+(\.[a-z0-9]+)?"),
        ("{*rest}", "api", "/api(/[^/]+)*"),
        ("f/{**rest}", "", "/f(/[^/]+)*"),
        ("{id:int}", "", r"/-?\d+"),
        ("{id:int:min(1)}", "", r"/[1-9]\d*"),
        ("{id:range(3,5)}", "", "/[345]"),
        ("{id:int?}", "n", r"/n(/-?\d+)?"),
        ("{b:bool}/{g:guid}", "", "/(true|false)/[0-9a-f-]{36}"),
        ("{d:datetime}", "", r"/\d{4}-\d\d-\d\d"),
        ("{x:decimal}", "", r"/\d+\.\d\d"),
        ("{w:alpha:length(3)}", "", "/[a-z]{3}"),
        ("{w:length(2,4)}", "", "/[a-z0-9_-]{2,4}"),
        ("{w:minlength(50)}", "", "/[a-z0-9_-]{50}"),
        ("{w:maxlength(2)}", "", "/[a-z0-9_-]{1,2}"),
        (r"{zip:regex(^\d{{5}}$)}", "", r"/\d{5}"),
        ("{{x}}", "", r"/\{x\}"),
        ("{a}-{b}", "", "/[a-z0-9]+-[a-z0-9]+"),
    ],
)
def test_every_path_is_legal_and_matches_its_route(route: str, prefix: str, shape: str) -> None:
    def fits(path: str) -> bool:
        return is_legal_path(path) and re.fullmatch(shape, unquote(path), re.DOTALL) is not None

    assert_all_examples(paths(route=route, route_prefix=prefix), fits, count=60)


def test_optional_parts_come_and_go() -> None:
    events = paths(route="a/{b?}")
    assert minimal(events) == "/a"
    assert find_any(events, lambda path: path != "/a").startswith("/a/")


@pytest.mark.parametrize(
    ("route", "message"),
    [
        ("a/{b", "has a lone '{'"),
        ("a/b}", "has a lone '}'"),
        ("{a}/{A}", "names a parameter twice"),
        ("{}", "cannot be read"),
        ("{id:integer}", "parameter id: no constraint is called 'integer'"),
        ("{id:min(x)}", "parameter id: 'x' is not 1 whole number"),
        ("{id:range(1)}", "parameter id: '1' is not 2 whole numbers"),
        ("{id:range(5,3)}", "parameter id: nothing is both at least 5 and at most 3"),
        ("{id:int:length(3)}", "cannot be combined"),
        ("{id:regex([)}", "parameter id: regex '['"),
    ],
)
def test_a_route_that_cannot_be_met_is_named(route: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        paths(route=route)
    assert repr(route) in str(caught.value)
