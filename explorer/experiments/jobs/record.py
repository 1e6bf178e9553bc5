"""A job on disk: what it is and how it ended, as JSON that nothing is executed from.

job.json    what was ordered, by whom, and when
handler.N   which server answers for it now; a higher N took over from a lower one
started, progress.jsonl, cancel     see Reporter
ended.json  how it ended; written once, by the worker or by the server that answers for it
log         for the owner of the machine: where it ran, and a traceback if it failed
"""

import contextlib
import errno
import json
import math
import os
import re
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import uuid4

from explorer.words import WordedError, section

IDENTIFIER: Final = re.compile("[0-9a-f]{20}")
_OWN: Final = "explorer.experiments."
"""Recipes and results are dataclasses of these modules; no other name in a file is looked up."""
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


class Order(NamedTuple):
    """What was ordered; `function` is "module:name", `number` orders jobs by their start."""

    function: str
    recipe: Any
    owner: str | None
    needs: frozenset[str]
    number: int


class Reason(NamedTuple):
    """Why a job failed, worded when somebody reads it."""

    file: str
    title: str
    values: dict[str, Any]
    inner: bool = False
    """Whether it is the sentence of an error of ours, to be put into another."""


class Ended(NamedTuple):
    """How a job ended; `seconds` are its worker's, None where that did not say."""

    state: str
    result: Any
    seconds: float | None
    reason: Reason | None


def reason(problem: BaseException) -> Reason:
    """Why a job failed: nothing that Python says, and no path."""
    if isinstance(problem, WordedError):
        # The fields of a FieldError, as it words them itself.
        parts = {name: f"{name}={value}" for name, value in getattr(problem, "fields", {}).items()}
        first = {"field": next(iter(parts.values()))} if parts else {}
        values = {**first, **parts, **problem.values}
        return Reason(problem.file, problem.title, values, inner=True)
    if isinstance(problem, BrokenExecutor):
        return Reason("jobs", "worker killed", {})
    kind = type(problem).__name__
    if isinstance(problem, MemoryError) or kind == "OutOfMemoryError":
        return Reason("jobs", "out of memory", {})
    if isinstance(problem, OSError) and problem.errno in _FULL:
        return Reason("jobs", "disk full", {})
    if isinstance(problem, OSError) and (problem.errno == errno.EROFS or _is_of_a_job(problem)):
        return Reason("jobs", "folder shut", {})
    return Reason("jobs", "unforeseen", {"kind": kind})


def _is_of_a_job(problem: OSError) -> bool:
    """Whether a file in a job's folder is what it is about; jobs read others, too."""
    return any(map(IDENTIFIER.fullmatch, Path(str(problem.filename or "")).parts))


def worded(why: Reason) -> str:
    """The sentence for a visitor, in the language of whoever asks."""
    if not why.inner:
        return section(why.file, why.title, **why.values)
    try:
        text = str(WordedError(why.file, why.title, **why.values))
    except (KeyError, IndexError, ValueError, OSError):
        return section("jobs", "unforeseen", kind="WordedError")
    return section("jobs", "failed", why=text.split("\n", 1)[0])


def named(function: Callable[..., Any]) -> str:
    """The name under which a worker finds a function of a module."""
    return f"{function.__module__}:{function.__qualname__}"


def encoded(value: Any, base: Path) -> Any:
    """A value as JSON has it; paths below `base` relative to it.

    Raises:
        TypeError: it is none of the kinds that are written here.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, Path):
        return {"path": str(value.relative_to(base) if value.is_relative_to(base) else value)}
    if isinstance(value, tuple | list):
        items = [encoded(item, base) for item in value]
        return items if isinstance(value, list) else {"tuple": items}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": {key: encoded(item, base) for key, item in value.items()}}
    kind = type(value)
    if is_dataclass(kind) and kind.__module__.startswith(_OWN):
        parts = {part.name: encoded(getattr(value, part.name), base) for part in fields(kind)}
        return {"type": f"{kind.__module__}:{kind.__qualname__}", "fields": parts}
    raise TypeError(f"{kind.__name__} is not written into a job's folder")


def decoded(value: Any, base: Path) -> Any:
    """What `encoded` wrote.

    Raises:
        ValueError: it wrote no such thing.
    """
    if isinstance(value, list):
        return [decoded(item, base) for item in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"float": "nan" | "inf" | "-inf" as text}:
            return float(text)
        case {"path": str(text)}:
            return base / text
        case {"tuple": list(items)}:
            return tuple(decoded(item, base) for item in items)
        case {"dict": dict(items)}:
            return {key: decoded(item, base) for key, item in items.items()}
        case {"type": str(name), "fields": dict(parts)} if name.startswith(_OWN):
            module, _, kind = name.partition(":")
            found = getattr(import_module(module), kind, None)
            if isinstance(found, type) and is_dataclass(found):
                return found(**{key: decoded(item, base) for key, item in parts.items()})
    raise ValueError("no value that a job's folder holds")


def write_order(folder: Path, order: Order) -> None:
    """Note what was ordered.

    Raises:
        TypeError: the recipe is none that can be written.
        OSError: the disk is full, or gone.
    """
    needs = sorted(order.needs)
    content = order._asdict() | {"recipe": encoded(order.recipe, folder.parent), "needs": needs}
    _write(folder / "job.json", content)


def read_order(folder: Path) -> Order | None:
    """What was ordered; None where no (readable) order lies there."""
    try:
        found = json.loads((folder / "job.json").read_bytes())
        recipe = decoded(found["recipe"], folder.parent)
        owner, number = found["owner"], found["number"]
        needs = frozenset(filter(IDENTIFIER.fullmatch, found["needs"]))
        function = str(found["function"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError, ImportError):
        return None
    if not isinstance(number, int) or not isinstance(owner, str | None):
        return None
    return Order(function, recipe, owner, needs, number)


def write_end(folder: Path, ended: Ended) -> None:
    """Note how a job ended, if nobody has yet.

    Raises:
        TypeError: the result is none that can be written.
        OSError: the disk is full, or gone.
    """
    if (folder / "ended.json").exists():
        return
    values = None
    if ended.reason:
        said = {
            key: value if isinstance(value, bool | int | float | str | None) else str(value)
            for key, value in ended.reason.values.items()
        }
        values = ended.reason._replace(values=said)._asdict()
    result = encoded(ended.result, folder.parent)
    _write(folder / "ended.json", ended._asdict() | {"result": result, "reason": values})


def read_end(folder: Path) -> Ended | None:
    """How a job ended; None while it has not. A damaged file is a failure, and says so."""
    try:
        text = (folder / "ended.json").read_bytes()
    except OSError:
        return None
    try:
        found = json.loads(text)
        why = found["reason"]
        state, seconds = found["state"], found["seconds"]
        if state not in ("done", "cancelled", "failed") or not isinstance(
            seconds, int | float | None
        ):
            raise ValueError(state)
        return Ended(
            state, decoded(found["result"], folder.parent), seconds, Reason(**why) if why else None
        )
    except (ValueError, KeyError, TypeError, RecursionError, ImportError) as problem:
        return Ended("failed", None, None, reason(problem))


def log(folder: Path, text: str) -> None:
    """Append a line for the owner of the machine; a log that cannot be written is no failure."""
    with contextlib.suppress(OSError), (folder / "log").open("a", encoding="utf-8") as file:
        file.write(text.rstrip() + "\n")


def _write(path: Path, content: dict[str, Any]) -> None:
    """Whole or not at all, whoever reads meanwhile."""
    text = json.dumps(content, allow_nan=False, indent=1)
    beside = path.with_name(f"{path.name}.{uuid4().hex}")
    try:
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)  # noqa: PTH105
    finally:
        beside.unlink(missing_ok=True)
