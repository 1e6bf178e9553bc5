"""Class names that a visitor types or sends for a file of weights, whatever they are."""

import json

import pytest

from explorer.ui.inference.own_setup import names_in


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('["cat", "dog"]', ("cat", "dog")),
        ('{"1": "dog", "0": "cat"}', ("cat", "dog")),
        ('{"dog": 1, "cat": "0"}', ("cat", "dog")),
        ('{"0": ["n01", "cat"], "1": ["n02", "dog"]}', ("cat", "dog")),
        ("cat, dog", ("cat", "dog")),
        ("cat\ndog\n", ("cat", "dog")),
    ],
)
def test_each_form_is_read(text: str, names: tuple[str, ...]) -> None:
    assert names_in(text) == names


@pytest.mark.parametrize(
    "text",
    [
        '{"²": "cat"}',
        '{"½": "cat", "1": "dog"}',
        '{"cat": "²"}',
        json.dumps({"9" * 5_000: "cat"}),
        '{"cat": ' + "9" * 5_000 + "}",
        '{"cat": 1e400}',
        "[" * 900 + "]" * 900,
        "[" * 100_000,
        "{",
        "[1, null, true, {}]",
        "\0",
    ],
    ids=lambda text: text[:12],
)
def test_what_is_no_list_of_names_is_no_error(text: str) -> None:
    assert all(isinstance(name, str) for name in names_in(text))
