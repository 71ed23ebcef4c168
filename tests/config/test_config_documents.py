"""YAML is read strictly, and every key knows its line."""

from __future__ import annotations

import pytest

from dspant.config.documents import load_document, place
from dspant.errors import ConfigError


@pytest.fixture
def document_of(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def load(text):
        (tmp_path / "some.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
        return load_document("some.yaml")

    return load


def test_lines_of_keys_and_items(document_of):
    document = document_of("a: 1\nb:\n  - x\n  - y: {z: 2}\n")

    assert document.data == {"a": 1, "b": ["x", {"y": {"z": 2}}]}
    assert document.lines == {
        ("a",): 1,
        ("b",): 2,
        ("b", 0): 3,
        ("b", 1): 4,
        ("b", 1, "y"): 4,
        ("b", 1, "y", "z"): 4,
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\n\tb: 2\n", "some.yaml:2: not valid YAML"),
        ("a:\n\t- b\n", "indent with spaces, not tabs"),
        (
            "a: b: c\n",
            "some.yaml:1: not valid YAML: mapping values are not allowed here at column 5; put",
        ),
        (
            "a: 1\nb: [1,\n  2\nc: 3\n",
            "some.yaml:4: not valid YAML: expected ',' or ']', but got ':' at column 2, "
            "while parsing a flow sequence that begins on line 2; close the bracket",
        ),
        ("a:\n  b: 1\n c: 2\n", "some.yaml:3: not valid YAML: expected <block end>"),
        ("a:\n  b: 1\n c: 2\n", "; indent the keys of one mapping alike"),
        (
            "a:\n  b\n  c: 2\n",
            "some.yaml:3: not valid YAML: mapping values are not allowed here at column 4",
        ),
        ("a: 1\n  b:\x07 2\n", "some.yaml:2: not valid YAML: a character that cannot be printed"),
        ("a: 1\nb:\x07 2\n", "(U+0007) at column 3; delete it"),
        ("a: !!python/object/apply:os.getcwd []\n", "some.yaml:1: not valid YAML"),
        ("a: &x [*x]\n", "some.yaml: an anchor holds an alias of itself"),
        (b"a: 1\nb: gr\xf6n\n", "some.yaml:2: not UTF-8 text at column 6; save the file as UTF-8"),
        ("a: 1\n".encode("utf-16"), "some.yaml: UTF-16 or no text at all; save the file as UTF-8"),
        ("a: 1\n".encode("utf-16-be"), "some.yaml: UTF-16 or no text at all"),
    ],
)
def test_what_is_not_plain_yaml_is_refused(document_of, text, expected):
    with pytest.raises(ConfigError) as caught:
        document_of(text)

    assert expected in caught.value.problems[0]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"absent\.yaml: cannot be read"):
        load_document(tmp_path / "absent.yaml")


def test_a_key_that_stands_twice_is_one_problem_however_much_lies_below_it(document_of):
    document = document_of("a: {b: 1, c: 2}\nd: 1\na: {b: 1, c: 2}\n")

    assert document.problems == ("some.yaml:3: a: stands here and on line 1; keep one of them",)


def test_templates_are_not_run(document_of):
    assert document_of("a: ?1 + 1\n").data == {"a": "?1 + 1"}


def test_merged_keys_are_no_duplicates(document_of):
    document = document_of("a: &a {x: 1}\nb:\n  <<: *a\n  x: 2\n")

    assert document.problems == ()
    assert document.data["b"] == {"x": 2}


def test_byte_order_mark_is_no_part_of_the_first_key(document_of):
    assert document_of(b"\xef\xbb\xbfa: 1\n").data == {"a": 1}


def test_place_of_a_key_is_in_the_last_file_that_gives_its_value(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.yaml").write_text("a: 1\nb: {c: 1}\n", encoding="utf-8")
    (tmp_path / "two.yaml").write_text("b:\n  c: 2\n", encoding="utf-8")
    documents = [load_document("one.yaml"), load_document("two.yaml")]
    config = {"a": 1, "b": {"c": 2}}

    assert place(documents, config, ("a",)) == ("one.yaml", 1)
    assert place(documents, config, ("b", "c")) == ("two.yaml", 2)
    assert place(documents, config, ("b", "missing")) == ("two.yaml", 1)
    assert place(documents, config, ("missing",)) == ("two.yaml", 0)
    assert place(documents, {"a": 5}, ("a",)) == ("command line (--config)", 0)
    assert place([], config, ("a",)) == ("", 0)
