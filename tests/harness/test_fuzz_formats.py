"""Tables, metadata and forms in parts: what is read out of a source, and the events that are made of it."""

from __future__ import annotations

import csv
import io
from email.parser import BytesParser
from email.policy import HTTP
from itertools import islice
from random import Random

import pytest
from tests.harness.kit.functions import FUNCTIONS
from tests.harness.kit.legal import reaches

from fnfuzz.app.model import Function
from fnfuzz.checks.typical import typical_event
from fnfuzz.events import BlobEvent, Event, HttpEvent
from fnfuzz.fuzz.mutation.boundaries import boundaries, changes
from fnfuzz.fuzz.mutation.formed import formed
from fnfuzz.fuzz.mutation.metadata import metadata
from fnfuzz.fuzz.mutation.mutate import Mutator
from fnfuzz.fuzz.mutation.named import asked_values
from fnfuzz.fuzz.mutation.parts import in_parts, multipart
from fnfuzz.fuzz.mutation.tables import tables
from fnfuzz.fuzz.trees.nested import view
from fnfuzz.fuzz.trees.tree import to_event, to_tree
from fnfuzz.fuzz.words.dictionary import Dictionary
from fnfuzz.fuzz.words.formats import formats

WEB = Function(name="w", trigger="http", contract="fc-web", route="{*path}", route_prefix="")
OSS = Function(name="o", trigger="blob", contract="fc-event", form="oss", source="bucket")
AZURE = Function(name="a", trigger="blob", contract="azure-http", source="uploads/{name}")
CSV_ONLY = Function(name="c", trigger="blob", contract="azure-http", source="uploads/{name}.csv")


@pytest.mark.parametrize(
    ("source", "head"),
    [
        ('import csv\nCOLUMNS = ["student_id", "subject", "score"]\n', "student_id,subject,score"),
        ("const FIELDS = ['sku', 'qty'];\nline.split(',')", "sku,qty"),
        ('r := csv.NewReader(b)\nvar header = []string{"sku", "qty"}', "sku,qty"),
        ('require "csv"\nHEADER = %w[sku qty]', "sku,qty"),
        ('for row in csv.DictReader(f):\n    use(row["sku"], row.get("qty"))', "sku,qty"),
        ("for row in csv.reader(f):\n    patient, test, value = (cell.strip() for cell in row)", "patient,test,value"),
        ('  const [sku, qty] = line.split(",");', "sku,qty"),
    ],
)
def test_columns_are_read_out_of_a_source(source: str, head: str) -> None:
    assert next(iter(formats(source).heads)) == head


def test_arguments_of_calls_and_sources_without_tables_name_no_columns() -> None:
    assert formats('csv.reader(io.StringIO(text, newline=""))\ndata.decode("utf-8", "replace")\n').heads == {}
    assert formats('STATES = ["open", "paid"]').heads == {}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("# An uploader may set x-oss-meta-min-width.", ["min-width"]),
        ('metadata["page_size"]; meta.get("Owner")', ["page_size", "owner"]),
        ('text = meta.get("x-oss-meta-" + name)\nwidth(user, "min-width", 160)', ["min-width"]),
        ('get(userMeta, "owner"); other(a, "b")', ["owner"]),
        ("const pages = object.metadata.pages; meta.get(name)", ["pages"]),
        ("metadata[:owner]", ["owner"]),
        ('meta.TryGetValue("owner", out var owner)', ["owner"]),
        ('order.get("owner")', []),
    ],
)
def test_names_of_metadata_are_read_out_of_a_source(source: str, names: list[str]) -> None:
    assert list(formats(source).metadata) == names


def test_a_source_speaks_of_forms_in_parts() -> None:
    assert formats('if (media === "multipart/form-data")').multipart
    assert formats("file, _, err := r.FormFile(name)").multipart
    assert not formats("a handler of nothing").multipart


# -- tables


def files(function: Function, words: Dictionary) -> list[BlobEvent]:
    event = typical_event(function)
    made = (to_event(tree, event, function) for tree in tables(to_tree(event, function), words, Random(1)))
    return [item for item in made if isinstance(item, BlobEvent)]


@pytest.mark.parametrize(
    ("source", "media"),
    [
        ("import gzip\nwith gzip.GzipFile(x) as f: ...", {"gzip"}),
        ("const gunzip = zlib.createGunzip()", {"gunzip"}),
        ("func readPNG(b []byte) {}; JPEG_MAGIC = 1; mp4_box(x)", {"png", "jpeg", "mp4"}),
        ("zipcode = giftCard.wavelength; unzipped", set()),
    ],
)
def test_kinds_of_files_are_heard_in_names_of_code(source: str, media: set[str]) -> None:
    assert formats(source).media == media


def test_a_field_that_is_longer_than_readers_take_comes_early() -> None:
    tree = to_tree(HttpEvent(method="POST", path="/"), Function(name="h", trigger="http", contract="fc-web"))
    made = [item["body"]["text"] for item in islice(tables(tree, Dictionary(heads=("day;dish",)), Random(1)), 4)]
    assert any(len(text) > 131_072 and text.startswith("day;dish\n") for text in made)


def test_a_good_file_comes_first_then_files_that_are_wrong_in_one_way() -> None:
    found = files(AZURE, Dictionary(heads=("id,subject,score",), keys=("art",)))
    assert found[0].content == b"id,subject,score\n1,1,1\n1,1,1\n"
    assert found[0].content_type == "text/csv"
    assert any(event.name.endswith(".csv") for event in found[:3])
    contents = {event.content for event in found}
    assert {
        b"id,subject,score\n1,a,1\n1,a,1\n",
        b"id,subject,score\n1,art,1\n1,art,1\n",
        b"id,subject,score\n1,1,1\n1,1\n",
        b"id,subject,score\n1,1,1\n1,1,1,1\n",
        b"id,subject,score\n1,1,1\n1,,1\n",
        b'id,subject,score\n1,1,1\n1,"1,1",1\n',
        b"id,subject,score\r\n1,1,1\r\n1,1,1\r\n",
        b"id;subject;score\n1;1;1\n1;1;1\n",
        b"id,subject,score\n1,1,1\n1,1,1",
    } <= contents
    assert len(found) < 300
    assert files(CSV_ONLY, Dictionary(heads=("id,score",)))[0].name.endswith(".csv")


def test_a_table_is_a_table() -> None:
    text = files(AZURE, Dictionary(heads=("id,score",)))[0].content.decode()
    assert list(csv.DictReader(io.StringIO(text))) == [{"id": "1", "score": "1"}] * 2


# -- metadata


def pairs_of(function: Function, words: Dictionary) -> list[tuple[tuple[str, str], ...]]:
    event = typical_event(function)
    made = (to_event(tree, event, function) for tree in metadata(to_tree(event, function), words, Random(1)))
    return [item.metadata for item in made if isinstance(item, BlobEvent)]


def test_each_store_takes_its_own_names() -> None:
    words = Dictionary(metadata=("min-width", "page_size"))
    assert {name for pairs in pairs_of(OSS, words) for name, _ in pairs} == {"min-width"}
    assert {name for pairs in pairs_of(AZURE, words) for name, _ in pairs} == {"page_size"}


def test_each_name_gets_each_likely_value_and_two_come_at_once() -> None:
    found = pairs_of(OSS, Dictionary(metadata=("width", "min-width")))
    assert found[0] == (("width", "1"),)
    assert {(("min-width", value),) for value in ("1", "0", "2", "-1", "a", "", "99999999999")} <= set(found)
    assert (("width", "1"), ("min-width", "1")) in found
    assert len(found) < 100


def test_metadata_comes_on_objects_that_the_source_wants() -> None:
    words = Dictionary(metadata=("width",), texts=("image/png",), suffixes=(".png",))
    event = typical_event(OSS)
    found = [event for event in boundaries([event], OSS, words, 1) if isinstance(event, BlobEvent) and event.metadata]
    assert any(event.content_type == "image/png" for event in found)
    assert any(event.name.endswith(".png") and event.content_type == "image/png" for event in found)


def test_the_mutator_adds_metadata_that_the_source_asks_for() -> None:
    mutator = Mutator(Random(1), Dictionary(metadata=("min-width",)))
    event = typical_event(OSS)
    made = (to_event(mutator.mutate(to_tree(event, OSS)), event, OSS) for _ in range(3000))
    found = {item.metadata for item in made if isinstance(item, BlobEvent)}
    assert {(("min-width", "1"),), (("min-width", "0"),)} <= found


def test_the_mutator_adds_headers_that_the_source_asks_for() -> None:
    mutator = Mutator(Random(1), Dictionary(headers=("X-Tenant",)))
    event = typical_event(WEB)
    made = (to_event(mutator.mutate(to_tree(event, WEB)), event, WEB) for _ in range(3000))
    assert any("X-Tenant" in dict(item.headers) for item in made if isinstance(item, HttpEvent))


# -- forms in parts

PARTS = "multipart/form-data; boundary=x"
FORMS = Dictionary(multipart=True, asked=("order", "photo"))


def bodies(words: Dictionary = FORMS) -> list[tuple[str, bytes]]:
    event = typical_event(WEB)
    made = (to_event(tree, event, WEB) for tree in multipart(to_tree(event, WEB), words, Random(1)))
    return [(dict(item.headers)["Content-Type"], item.body) for item in made if isinstance(item, HttpEvent)]


def fields_of(kind: str, body: bytes) -> dict[str | None, str]:
    parsed = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    parts = list(parsed.iter_parts())
    return {part.get_param("name", header="content-disposition"): part.get_content().strip() for part in parts}  # type: ignore[misc]


def test_a_good_form_comes_first_and_others_can_read_it() -> None:
    found = bodies()
    assert fields_of(*found[0]) == {"order": "1"}
    assert fields_of(*found[1]) == {"order": "1", "photo": "1"}
    assert any(b'name="photo"; filename="a.txt"' in body for _, body in found[:6])


@pytest.mark.parametrize(
    "body",
    [
        b"--x\r\n\r\n1\r\n--x--\r\n",
        b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n",
        b"--x\r\n--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="order"; filename=""\r\n\r\n1\r\n--x--\r\n',
    ],
)
def test_parts_are_broken_in_the_ways_clients_get_wrong(body: bytes) -> None:
    assert ("multipart/form-data; boundary=x", body) in bodies()


def test_ends_lines_and_types_of_forms_are_broken_too() -> None:
    found = bodies()
    good = found[1][1]
    kind = "multipart/form-data; boundary=x"
    assert (kind, good.replace(b"\r\n", b"\n")) in found
    assert any(body and good.startswith(body) and body != good for _, body in found)
    assert ('multipart/form-data; boundary="x"', good) in found
    assert any(b"\xfc" in body for _, body in found)
    assert len(found) < 90
    assert bodies(Dictionary(asked=("order",))) == []


def test_changes_inside_a_form_keep_its_boundary() -> None:
    event = next(iter(formed([typical_event(WEB)], WEB, FORMS)))
    assert isinstance(event, HttpEvent)
    tree = to_tree(event, WEB)
    seen = view(tree["body"]["text"])
    assert seen is not None
    assert seen.kind == "multipart"
    put = [made["body"].get("text", "") for made in asked_values(tree, FORMS, Random(1))]
    assert any(text.startswith("--x\r\n") and 'name="photo"\r\n\r\na\r\n' in text for text in put)
    mutator = Mutator(Random(1), FORMS)
    made = [to_event(mutator.mutate(tree), event, WEB) for _ in range(2000)]
    still = [item for item in made if isinstance(item, HttpEvent) and ("Content-Type", PARTS) in item.headers]
    assert sum(item.body.startswith(b"--x") for item in still) > 0.6 * len(still) > 500


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"order":"A-7","items":2,"x":null}'),
        ("application/x-www-form-urlencoded", b"order=A-7&items=2"),
    ],
)
def test_a_body_of_another_format_is_sent_in_parts_too(kind: str, body: bytes) -> None:
    event = HttpEvent(method="POST", path="/returns", headers=(("Content-Type", kind),), body=body)
    found = [
        item for item in changes(event, WEB, FORMS, 1) if isinstance(item, HttpEvent) and PARTS in str(item.headers)
    ]
    assert fields_of(PARTS, found[0].body) == {"order": "A-7", "items": "2"}
    assert any(b"Content-Disposition: form-data\r\n" in item.body for item in found)
    mutator = Mutator(Random(1), FORMS)
    made = (to_event(mutator.mutate(to_tree(event, WEB)), event, WEB) for _ in range(2000))
    assert found[0].body in {item.body for item in made if isinstance(item, HttpEvent)}


def test_the_mutator_sends_what_is_asked_for_in_parts() -> None:
    mutator = Mutator(Random(1), FORMS)
    event = typical_event(WEB)
    made = [to_event(mutator.mutate(to_tree(event, WEB)), event, WEB) for _ in range(2000)]
    forms = [item for item in made if isinstance(item, HttpEvent) and b'name="order"' in item.body]
    assert any(("Content-Type", PARTS) in item.headers for item in forms)
    assert in_parts({"a": "1"})["text"].endswith("--x--\r\n")


# -- all of them

WORDS = Dictionary(
    multipart=True,
    asked=("order", "größe", 'a"b'),
    heads=("id,score", "a;b"),
    metadata=("min-width", "owner"),
    texts=("image/png",),
    suffixes=(".png",),
    keys=("van", "é"),
)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda item: item.name)
def test_formed_events_can_reach_the_function(function: Function) -> None:
    event = typical_event(function)
    tree = to_tree(event, function)
    made: list[Event | None] = [
        to_event(item, event, function)
        for make in (tables, metadata, multipart)
        for item in make(tree, WORDS, Random(1))
    ]
    found = [item for item in made if item is not None] + list(formed([event], function, WORDS))
    assert [item for item in found if not reaches(item, function)] == []
    assert found or function.trigger == "timer" or function.methods == ("GET",)
    assert list(formed([event], function, Dictionary())) == []
