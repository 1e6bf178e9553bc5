"""Errors that carry what they are about, and are worded when somebody reads them.

They can cross a process: what is pickled is the data, so a worker's error is read in the
language of the visitor.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from explorer.words.text import section


class Advised(NamedTuple):
    """A field and the value that it should have, in a FieldError: an advice, not a complaint."""

    field: str
    value: object


def _plainly(field: str, value: object) -> str:
    return f"{field}={value!r}" if isinstance(value, str) else f"{field}={value}"


class WordedError(ValueError):
    """What went wrong, as a section of the words and the values of its placeholders.

    Example:
        >>> raise WordedError("weights", "no state dict", name="cat.pth")
    """

    def __init__(self, file: str, title: str, /, **values: Any) -> None:
        super().__init__(file, title, values)
        self.file, self.title, self.values = file, title, values

    def __str__(self) -> str:
        return section(self.file, self.title, **self.values)

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.file, self.title, self.values)


class FieldError(WordedError):
    """A choice that cannot be, with the fields that it concerns, the one to blame first.

    The text's placeholders are the fields' names, each filled with the field and its value:
    'depths=0' for a programmer, '**Blocks per stage** = 0' for a visitor. A value that is
    Advised is worded like them, and nobody is blamed for it.

    Example:
        >>> raise FieldError("spec", "whole number", {"groups": 0}, largest=64)
    """

    def __init__(
        self, file: str, title: str, /, fields: Mapping[str, object] | None = None, **values: Any
    ) -> None:
        super().__init__(file, title, **values)
        self.fields = dict(fields or {})

    def worded(self, named: Callable[[str, object], str]) -> str:
        """The sentence, `named(field, value)` standing for each field.

        `{field}` in the text stands for the first.
        """
        filled = {field: named(field, value) for field, value in self.fields.items()}
        first = next(iter(filled.values()), "")
        values = {
            name: named(*value) if isinstance(value, Advised) else value
            for name, value in self.values.items()
        }
        return section(self.file, self.title, **{"field": first, **filled, **values})

    def __str__(self) -> str:
        return self.worded(_plainly)

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.file, self.title, {"fields": self.fields, **self.values})


def _again(kind: type[WordedError], file: str, title: str, values: dict[str, Any]) -> WordedError:
    return kind(file, title, **values)
