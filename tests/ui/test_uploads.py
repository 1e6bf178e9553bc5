"""Uploads: a sum for each visitor and for all, and gone with their visitor."""

import pytest

from explorer.experiments.byte_cache import ByteCache
from explorer.ui import budget, uploads
from explorer.ui.uploads import GRACE_S, File, UploadRefused, Uploads


def file(size: int, name: str = "a.jpg", visit: str = "v") -> File:
    return File(name, name, bytes(size), f"{visit}:{name}")


def test_one_visitor_has_a_sum() -> None:
    kept = Uploads(most=1_000, per_visitor=100)
    kept.put("v", "s", "pictures", [file(60)])
    with pytest.raises(UploadRefused, match=r"'b\.pth'` was not kept: the files of one visitor"):
        kept.put("v", "s", "weights", [file(50, "b.pth")])
    assert kept.bytes == 60, "what was there stays, what was refused does not"
    kept.put("v", "s", "pictures", [file(30), file(40)])
    assert kept.bytes == 70, "a shelf is filled anew"
    kept.take("v", "pictures")
    assert kept.bytes == 0


def test_all_together_have_a_sum() -> None:
    kept = Uploads(most=250, per_visitor=100)
    kept.put("a", "s", "pictures", [file(100)])
    kept.put("b", "s", "pictures", [file(100)])
    with pytest.raises(UploadRefused, match="the files of all visitors"):
        kept.put("c", "s", "pictures", [file(100)])
    assert kept.bytes == 200 and kept.shelf("c", "pictures") == []


def test_files_go_with_their_visitor_and_what_was_computed_from_them(monkeypatch) -> None:
    store = ByteCache(10**6)
    monkeypatch.setattr(budget, "store", lambda: store)
    kept = Uploads(most=1_000, per_visitor=100)
    monkeypatch.setattr(uploads, "all_uploads", lambda: kept)
    for visit, session in (("visit-1", "here"), ("visit-2", "gone")):
        kept.put(visit, session, "pictures", [file(10, visit=visit)])
        store.get(("decoded", f"{visit}:abc"), lambda: b"pixels")
        store.get(("batch", (f"{visit}:abc", "other")), lambda: b"pixels")
    store.get(("decoded", "sample"), lambda: b"pixels")
    now = 10**9

    class Instance:
        def is_active_session(self, session: str) -> bool:
            return session == "here"

    monkeypatch.setattr(uploads.runtime, "exists", lambda: True)
    monkeypatch.setattr(uploads.runtime, "get_instance", Instance)
    monkeypatch.setattr(uploads, "monotonic", lambda: now)
    uploads.release_absent()
    assert kept.shelf("visit-2", "pictures") == [] and kept.shelf("visit-1", "pictures")
    keys = [str(key) for key in store._entries]
    assert len(keys) == 3 and not any("visit-2" in key for key in keys)


def test_who_was_away_for_a_moment_loses_nothing() -> None:
    kept = Uploads(most=1_000, per_visitor=100)
    kept.put("v", "s", "pictures", [file(10)])
    start = kept._visits["v"].seen
    assert kept.release(lambda _: False, start + GRACE_S - 1) == []
    assert kept.release(lambda _: True, start + GRACE_S) == []
    assert kept.release(lambda _: False, start + 2 * GRACE_S - 1) == []
    assert kept.release(lambda _: False, start + 3 * GRACE_S) == ["v"]
