"""A budget in bytes: what is measured, what goes first, and that nobody waits for ever."""

import sys
import threading
import types
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.architecture import preset
from explorer.experiments.byte_cache import MISSING, ByteCache
from explorer.experiments.byte_size import parts, size
from explorer.networks import build

MB = 2**20


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def block(megabytes: float) -> torch.Tensor:
    return torch.zeros(int(megabytes * MB / 4))


@dataclass(frozen=True)
class Both:
    first: object
    second: object


class TestSize:
    @pytest.mark.parametrize(
        ("value", "least", "most"),
        [
            (b"0" * MB, MB, MB + 200),
            (torch.zeros(MB // 4), MB, MB + 500),
            (torch.zeros(1).expand(MB), 4, 500),
            (torch.zeros(MB // 4)[:1], MB, MB + 500),
            (np.zeros(MB, np.uint8)[::2], MB, MB + 500),
            (Image.new("RGB", (512, 512)), MB, MB + 3000),
            ({"a": [b"0" * MB], "b": (b"1" * MB,)}, 2 * MB, 2 * MB + 3000),
            (Both(torch.zeros(MB // 4), b"0" * MB), 2 * MB, 2 * MB + 3000),
            (torch.zeros(MB, device="meta"), 0, 500),
            (torch.eye(100).to_sparse(), 400, 5000),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_of_what_pages_keep(self, value: object, least: int, most: int) -> None:
        assert least <= size(value) <= most

    def test_shared_memory_counts_once(self) -> None:
        tensor = torch.zeros(MB // 4)
        views = [tensor, tensor[10:], tensor.view(2, -1), tensor.numpy(), Both(tensor, tensor)]
        assert MB <= size(views) < MB + 5000

    def test_of_a_network(self) -> None:
        network = build(preset("resnet18"))
        weights = sum(value.nbytes for value in network.state_dict().values())
        assert weights <= size(network) < 1.02 * weights

    def test_of_many_texts_is_one_piece(self) -> None:
        """A network of 100,000 classes: each answer's list of pieces took 20 MB, uncounted."""
        names = tuple(f"class {index}" for index in range(100_000))
        assert sys.getsizeof(names) + 5_000_000 < size(names) < 8_000_000
        assert size([names, (names,), {"names": names}]) < size(names) + 5_000
        assert len(parts([names] * 60)) < 10

    def test_of_what_contains_itself(self) -> None:
        value: list[object] = [b"0" * MB]
        value.append(value)
        assert MB <= size(value) < MB + 3000


class TestBudget:
    def test_six_links_pin_no_more_than_the_budget(self) -> None:
        store = ByteCache(10 * MB)
        for link in range(6):
            store.get((link,), lambda: block(4))
            assert store.bytes <= 10 * MB
        assert len(store) == 2

    def test_the_least_recently_used_goes_first(self) -> None:
        store = ByteCache(10 * MB)
        for name in "abc":
            store.get((name,), lambda: block(3))
        store.get(("a",), lambda: pytest.fail("it is kept"))
        store.get(("d",), lambda: block(3))
        assert [(name,) in store for name in "abcd"] == [True, False, True, True]

    def test_room_is_made_before_more_comes(self) -> None:
        store = ByteCache(40 * MB)
        for name in "abc":
            store.get((name,), lambda: block(12))
        store.make_room(15 * MB)
        assert [name for name in "abc" if (name,) in store] == ["b", "c"]
        store.make_room(1000 * MB)
        assert len(store) == 0 and store.bytes == 0

    def test_what_is_larger_than_the_budget_is_used_and_not_kept(self) -> None:
        store = ByteCache(MB)
        store.get(("small",), lambda: block(0.5))
        assert store.get(("large",), lambda: block(2)).nbytes == 2 * MB
        assert ("large",) not in store and ("small",) in store

    def test_a_network_that_several_hold_counts_once_and_until_the_last_goes(self) -> None:
        shared = block(6)
        store = ByteCache(10 * MB)
        store.get(("network",), lambda: shared)
        store.get(("twin",), lambda: Both(shared, block(1)))
        assert len(store) == 2 and store.bytes < 8 * MB
        store.drop(lambda key: key == ("network",))
        assert store.bytes > 6 * MB, "the twin still holds it"
        store.drop()
        assert store.bytes == 0

    def test_many_small_values_count_too(self) -> None:
        store = ByteCache(MB)
        for index in range(5_000):
            store.get((index,), lambda: True)
        assert store.bytes <= MB and len(store) <= 1_024

    def test_what_nobody_asks_for_goes(self) -> None:
        clock = Clock()
        store = ByteCache(10 * MB, idle=1_800, clock=clock)
        store.get(("a",), lambda: block(1))
        store.get(("b",), lambda: block(1))
        clock.now = 1_000
        store.get(("a",), lambda: pytest.fail("it is kept"))
        clock.now = 1_900
        assert ("b",) not in store and ("a",) in store
        clock.now = 2_900
        store.sweep()
        assert store.bytes == 0


class TestWaiting:
    def test_ten_who_ask_at_once_share_one_computation(self) -> None:
        store, begun, go = ByteCache(10 * MB), threading.Event(), threading.Event()
        made: list[torch.Tensor] = []
        found: list[object] = []

        def compute() -> torch.Tensor:
            begun.set()
            go.wait(10)
            made.append(block(1))
            return made[-1]

        threads = [
            threading.Thread(target=lambda: found.append(store.get(("x",), compute)))
            for _ in range(10)
        ]
        for thread in threads:
            thread.start()
        begun.wait(10)
        go.set()
        for thread in threads:
            thread.join(10)
        assert len(made) == 1 and len(found) == 10 and all(one is made[0] for one in found)

    @pytest.mark.parametrize("problem", [ValueError("no"), MemoryError()])
    def test_nobody_waits_for_ever_when_a_computation_raises(self, problem: Exception) -> None:
        store, begun, go = ByteCache(10 * MB), threading.Event(), threading.Event()
        seen: list[BaseException] = []

        def compute() -> object:
            begun.set()
            go.wait(10)
            raise problem

        def ask() -> None:
            try:
                store.get(("x",), compute)
            except Exception as error:
                seen.append(error)

        threads = [threading.Thread(target=ask) for _ in range(5)]
        for thread in threads:
            thread.start()
        begun.wait(10)
        go.set()
        for thread in threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in threads)
        assert len(seen) == 5
        assert store.get(("x",), lambda: 1) == 1, "what was raised is not kept"

    def test_if_the_visitor_leaves_the_next_one_computes(self) -> None:
        class Gone(BaseException):
            pass

        store, begun, go = ByteCache(10 * MB), threading.Event(), threading.Event()
        found: list[object] = []

        def leaves() -> object:
            begun.set()
            go.wait(10)
            raise Gone

        def first() -> None:
            with pytest.raises(Gone):
                store.get(("x",), leaves)

        one = threading.Thread(target=first)
        one.start()
        begun.wait(10)
        two = threading.Thread(target=lambda: found.append(store.get(("x",), lambda: "done")))
        two.start()
        go.set()
        one.join(10)
        two.join(10)
        assert found == ["done"]

    def test_who_waits_may_leave(self) -> None:
        store, begun, go = ByteCache(10 * MB), threading.Event(), threading.Event()

        def slow() -> int:
            begun.set()
            go.wait(10)
            return 1

        thread = threading.Thread(target=lambda: store.get(("x",), slow))
        thread.start()
        begun.wait(10)

        def leave() -> None:
            raise InterruptedError

        with pytest.raises(InterruptedError):
            store.get(("x",), slow, leave)
        with pytest.raises(InterruptedError):
            store.find(("x",), leave)
        go.set()
        thread.join(10)
        assert store.find(("x",)) == 1

    def test_a_value_that_needs_itself_is_an_error_and_no_deadlock(self) -> None:
        store = ByteCache(MB)

        def compute() -> object:
            assert store.find(("x",)) is MISSING
            return store.get(("x",), compute)

        with pytest.raises(RecursionError):
            store.get(("x",), compute)


@pytest.mark.parametrize("module", ["torch", "numpy", "PIL.Image"])
def test_sizes_are_known_while_another_thread_loads_a_library(monkeypatch, module: str) -> None:
    """A server's first page is drawn while torch is still loading: it is there, and empty."""
    monkeypatch.setitem(sys.modules, module, types.ModuleType(module))
    kept = {"text": "x" * 1_000, "more": [1.5, object()]}
    assert size(kept) > 1_000
