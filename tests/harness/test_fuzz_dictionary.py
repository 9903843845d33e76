from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from fnfuzz.app.model import App, Platform
from fnfuzz.fuzz.words import dictionary
from fnfuzz.fuzz.words.dictionary import Dictionary, mine


def app_of(root: Path, platform: Platform = "azure", command: tuple[str, ...] = (), cwd: Path | None = None) -> App:
    return App(
        root=root, name="a", platform=platform, reason="", command=command, cwd=cwd or root, functions=(), settled=True
    )


def mined(root: Path, **files: str) -> Dictionary:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return mine(app_of(root))


def test_names_texts_numbers_and_paths_are_found(tmp_path: Path) -> None:
    found = mined(
        tmp_path,
        main_dot_py="""order["qty"]; req.query.page; say('not enough stock'); limit = 250; rate = 0.5; port = 007
@app.route("/orders/<int:id>"); re.match(r"^/users/(\\d+)$"); router.get('/items/:id', f)""",
    )
    assert {"qty", "query", "page"} <= set(found.names)
    assert "not enough stock" in found.texts
    assert {250, 0.5, 7} <= set(found.numbers)
    assert {"/orders/7", "/users/7", "/items/7"} <= set(found.paths)


def test_names_are_paired_with_the_texts_that_they_are_compared_with(tmp_path: Path) -> None:
    found = mined(
        tmp_path,
        main_dot_py="""if order.get("kind") == "refund" or order['state'] != 'paid': pass""",
        main_dot_js="if (event.type === `created`) x = 'a'",
        main_dot_go='if o.Unit == "kg" { unit := "g" }',
    )
    assert set(found.pairs) == {("kind", "refund"), ("state", "paid"), ("type", "created"), ("Unit", "kg")}


def test_the_same_files_give_the_same_words(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    texts = {f"f{number}_dot_js": f'x["name{number}"]' for number in range(20)}
    one, two = mined(first, **texts), mined(second, **dict(reversed(texts.items())))
    assert one == two
    assert one.names.index("name1") < one.names.index("name9")


def test_foreign_hidden_and_secret_files_are_left_alone(tmp_path: Path) -> None:
    found = mined(
        tmp_path,
        node_modules__lib_dot_js='x["foreign"]',
        _dot_env='KEY="secret1"',
        _dot_git__config_dot_txt='"secret2"',
        local_dot_settings_dot_json='{"AccountKey":"secret3"}',
        lib__own_dot_js='x["own"]',
    )
    assert found.names == ("own",)


def test_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "binary").write_bytes(b'\x7fELF\0"word"')
    (tmp_path / "bootstrap").write_text("exec ./x 'argument'\n")
    assert mine(app_of(tmp_path)).names == ("argument",)


def test_large_folders_and_files_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dictionary, "MAX_ENTRIES", 50)
    monkeypatch.setattr(dictionary, "MAX_BYTES", 100_000)
    for number in range(30):
        (tmp_path / f"d{number:02}").mkdir()
        (tmp_path / f"d{number:02}" / "f.py").write_text(f'x["name{number}"]')
    found = mine(app_of(tmp_path))
    assert 0 < len(found.names) < 30
    (tmp_path / "a.json").write_text("[" + ",".join(f'"word {number} x"' for number in range(100_000)) + "]")
    found = mine(app_of(tmp_path))
    assert len(found.texts) == dictionary.MAX_WORDS


@pytest.mark.parametrize("text", ['"' * 200_000, "/(" * 100_000, "[" * 200_000, "'/" + "(" * 200_000, "a." * 100_000])
def test_hostile_sources_take_no_time(tmp_path: Path, text: str) -> None:
    began = time.process_time()
    mined(tmp_path, main_dot_py=text)
    assert time.process_time() - began < 3


def test_the_working_directory_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dictionary, "MAX_FILES", 2)
    (tmp_path / "code").mkdir()
    for name in ("code/a.py", "code/b.py"):
        (tmp_path / name).write_text(f'x["{name[5]}name"]')
    assert mine(app_of(tmp_path, cwd=tmp_path / "code")).names == ("aname", "bname")
    outside = tmp_path / "code"
    assert mine(app_of(outside, cwd=tmp_path)).names == ("aname", "bname")


def test_of_a_bare_command_only_the_files_that_it_names_are_read(tmp_path: Path) -> None:
    (tmp_path / "handler.py").write_text('x["mine"]')
    (tmp_path / "other.py").write_text('x["other"]')
    found = mine(app_of(tmp_path, "bare", ("python3", "handler.py", "--flag", "\0")))
    assert found.names == ("mine",)


def test_lengths_prefixes_and_numbers_are_tied_to_names(tmp_path: Path) -> None:
    found = mined(
        tmp_path,
        main_dot_py="MAX = 340\nif order['qty'] > 250 and len(note) > MAX and sku.startswith('ORD-'): pass",
    )
    assert ("qty", 250) in found.pairs
    assert found.lengths == (340,)
    assert found.prefixes == ("ORD-",)
    assert {250, 340} <= set(found.numbers)


def test_sample_files_are_whole_payloads(tmp_path: Path) -> None:
    found = mined(
        tmp_path,
        host_dot_json='{"version":"2.0"}',
        package_dot_json="{}",
        order__function_dot_json='{"bindings":[]}',
        samples__order_dot_json='{"id":7}',
        samples__rows_dot_csv="id,name\n1,a\n",
        tsconfig_dot_json='{"a":1}',
        order_dot_schema_dot_json='{"b":1}',
    )
    assert found.samples == ('{"id":7}', "id,name\n1,a\n")


def test_code_comes_before_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dictionary, "MAX_WORDS", 3)
    found = mined(tmp_path, a_dot_json='["data1","data2","data3"]', z_dot_py='x["code"]')
    assert found.names[0] == "code"


def test_a_binary_tells_its_words(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(
        b"\x7fELF\0quantity\0_ZN3foo\0GLIBC_2.34\0\0" + "currency".encode("utf-16-le") + b"\0\0"
    )
    (tmp_path / "go").write_bytes(b'\x7fELF\xff Go buildinf:\0runtimeword\0json:"weight,omitempty" form:"page"\0')
    plain = mine(replace(app_of(tmp_path), command=("./plain",)))
    assert {"quantity", "currency"} <= set(plain.names)
    assert "GLIBC_2.34" not in plain.names
    assert mine(app_of(tmp_path, command=("./go",))).names == ("weight", "page")
    assert mine(app_of(tmp_path, command=("/bin/sh",))).names == ()
