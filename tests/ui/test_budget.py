"""What all pages keep stays within one budget, and heavy work behind one gate."""

import threading
from collections.abc import Iterator

import pytest
import torch

from explorer.architecture import PRESETS, NetworkSpec, blueprint, preset
from explorer.experiments.byte_cache import ByteCache
from explorer.experiments.gate import Gate
from explorer.experiments.work import TooMuch, Work
from explorer.ui import budget, cache, gate, settings
from explorer.ui.budget import kept
from explorer.ui.inference import cache as inference_cache
from explorer.ui.inference import scene, upload

MB = 2**20


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[ByteCache]:
    """A server that may keep 40 MB and run 40 MB at once."""
    store = ByteCache(40 * MB)
    monkeypatch.setattr(budget, "limit", lambda: 40 * MB)
    monkeypatch.setattr(budget, "store", lambda: store)
    monkeypatch.setattr(gate, "_gate", lambda: Gate(2, 40 * MB))
    return store


def wide(width: int) -> NetworkSpec:
    """About 16 MB of weights."""
    return NetworkSpec("basic", (1,), (width,), stem="cifar", num_classes=10)


def test_six_links_cannot_pin_more_than_the_budget(small: ByteCache) -> None:
    for width in range(480, 486):
        cache.network_of(wide(width), "cpu")
        assert small.bytes <= 40 * MB
    assert cache.network_of.has(wide(485), "cpu")
    assert not cache.network_of.has(wide(480), "cpu")


def test_what_is_kept_makes_room_before_a_network_is_built(
    small: ByteCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At no moment do the kept and the coming one take more than the budget."""
    from explorer import networks

    monkeypatch.setattr(gate, "_SMALL_MEMORY", 0)
    build, meanwhile = networks.build, []
    monkeypatch.setattr(
        networks, "build", lambda *args: meanwhile.append(small.bytes) or build(*args)
    )
    for width in (700, 701, 702):
        cache.network_of(wide(width), "cpu")
        assert small.bytes > 30 * MB
    assert max(meanwhile) < 10 * MB


def test_what_is_kept_makes_room_for_a_pass(
    small: ByteCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For its activations only: the network itself is kept already."""
    monkeypatch.setattr(gate, "_SMALL_MEMORY", 0)
    first, second = (cache.network_of(wide(width), "cpu") for width in (450, 451))
    assert cache.network_of.has(wide(450), "cpu")
    with gate.place(Work(1, 22 * MB, 20 * MB)):
        assert cache.network_of.has(wide(450), "cpu")
    with gate.place(Work(1, 38 * MB, 20 * MB)):
        assert not cache.network_of.has(wide(450), "cpu")
        assert cache.network_of.has(wide(451), "cpu")
    assert first is not second


def test_a_network_too_large_is_refused_before_it_is_built(small: ByteCache) -> None:
    with pytest.raises(TooMuch, match=r"about 6\d MB of memory; at most 42 MB"):
        cache.network_of(wide(960), "cpu")


def test_many_classes_and_pictures_stay_within_the_budget(small: ByteCache) -> None:
    """One visitor's deletions of a network of 100,000 classes were 72 MB, for each picture."""
    spec = NetworkSpec("basic", (4,), (8,), stem="cifar", num_classes=100_000)
    setup = scene.setups_of(None, spec)["untrained"]
    loaded = scene.Loaded("x", setup, "cpu", lambda: cache.network_of(spec, "cpu"), False)
    first = next(iter(upload.samples().values()))
    chosen = upload.of_sample(first)
    for size in range(9, 20):
        bp = blueprint(spec, size)
        recipe = setup.recipe.at(size)
        one = scene.Scene(f"s{size}", "f", chosen.picture, recipe, loaded, bp, "")
        for block in bp.blocks:
            assert inference_cache.deletion(one, block.path).after
        assert small.bytes <= 40 * MB


def test_ten_greedy_visitors_at_once_hold_two_networks(small: ByteCache, monkeypatch) -> None:
    """Whoever waits holds nothing, and no network is alive but those that run or are kept."""
    alive, most, lock = [0], [0], threading.Lock()
    shared = Gate(2, 40 * MB)
    monkeypatch.setattr(gate, "_gate", lambda: shared)
    monkeypatch.setattr(gate, "_SMALL_MEMORY", 0)

    def running(scene_number: int) -> None:
        with gate.place(Work(1, 18 * MB)):
            with lock:
                alive[0] += 1
                most[0] = max(most[0], alive[0])
            cache.network_of(wide(480 + scene_number), "cpu")
            with lock:
                alive[0] -= 1

    threads = [threading.Thread(target=running, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert most[0] <= 2 and alive[0] == 0
    assert small.bytes <= 40 * MB


def test_two_who_want_one_network_never_wait_for_each_other(small: ByteCache, monkeypatch) -> None:
    """Places and values are taken in one order, so no circle of waiting can close."""
    shared = Gate(1, 40 * MB)
    monkeypatch.setattr(gate, "_gate", lambda: shared)
    monkeypatch.setattr(gate, "_SMALL_MEMORY", 0)

    @kept(place=lambda number: gate.place(Work(1, 18 * MB)))
    def answer(number: int) -> int:
        return len(list(cache.network_of(wide(480), "cpu").parameters())) + number

    found: list[int] = []
    jobs = [lambda: cache.network_of(wide(480), "cpu"), *[lambda: found.append(answer(1))] * 4]
    threads = [threading.Thread(target=job, daemon=True) for job in jobs * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    assert len(set(found)) == 1 and len(found) == 8


class TestKept:
    def test_arguments_that_begin_with_a_line_follow_from_others(self, small: ByteCache) -> None:
        calls: list[str] = []

        @kept
        def f(key: str, _data: bytes) -> bytes:
            calls.append(key)
            return _data

        assert f("a", b"1") == f("a", b"2") == f(key="a", _data=b"3") == b"1"
        assert calls == ["a"] and f.has("a", b"") and not f.has("b", b"")
        f.clear()
        assert f("a", b"2") == b"2"

    def test_each_language_has_its_own_words(self, small: ByteCache, monkeypatch) -> None:
        spoken = ["en"]
        monkeypatch.setattr(budget.words, "language", lambda: spoken[0])

        @kept(worded=True)
        def f() -> str:
            return spoken[0]

        assert f() == "en"
        spoken[0] = "zh"
        assert f() == "zh"

    def test_what_is_raised_is_raised_again(self, small: ByteCache) -> None:
        calls = []

        @kept
        def f() -> None:
            calls.append(1)
            raise ValueError

        for _ in range(2):
            with pytest.raises(ValueError):
                f()
        assert len(calls) == 2


class TestSettings:
    def test_the_owner_of_the_machine_decides(self, monkeypatch) -> None:
        monkeypatch.setenv(settings.MEMORY, "512")
        assert budget.limit() == 512 * 10**6
        monkeypatch.setenv(settings.MACS, "7")
        assert gate.most_macs() == 7 * 10**9

    @pytest.mark.parametrize("nonsense", ["", "much", "-3", "1e9", "²", "9" * 40])
    def test_nonsense_is_as_if_nothing_was_said(self, monkeypatch, nonsense: str) -> None:
        for name in (settings.MEMORY, settings.MACS, settings.PLACES):
            monkeypatch.setenv(name, nonsense)
        assert budget.limit() > 2**26
        assert gate.most_macs() == 1_000 * 10**9


def test_a_visitors_small_network_does_not_stand_in_line(small: ByteCache) -> None:
    with gate.place(Work(10**11, 39 * MB)), gate.place(Work(10**11, MB)):
        found: list[object] = []
        thread = threading.Thread(
            target=lambda: found.append(cache.trace_of(preset("resnet20"), 32, "cpu"))
        )
        thread.start()
        thread.join(60)
        assert found


@pytest.mark.parametrize("name", ["resnet18", "preact_resnet164", "wide_resnet50_2"])
def test_named_networks_are_within_the_defaults(name: str) -> None:
    from explorer.experiments import work

    entry = PRESETS[name]
    gate.check(work.gradients(blueprint(entry.spec, entry.image_size)))
    assert torch.get_num_threads() >= 1
