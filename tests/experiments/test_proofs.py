"""A proof can fail: it says so and shows what came out."""

from explorer.architecture.named import VARIANTS, blueprint_named, title_named
from explorer.experiments.proofs import Proof
from explorer.experiments.proofs.result import exact, fact, near


def test_exact_numbers():
    assert exact("weights", 69_632, 69_632).holds
    line = exact("weights", 1_170_648, 1_179_648)
    assert not line.holds
    assert (line.claimed, line.computed) == ("1,170,648", "1,179,648")


def test_near_numbers_show_one_digit_more_than_claimed():
    line = near("variance", "1.1333", 1.13333333, 0.00005)
    assert (line.holds, line.computed) == (True, "1.13333")
    assert not near("variance", "1.1333", 1.0556, 0.00005).holds


def test_units_stand_with_both():
    line = near("share", "25", 25.0, 0, " %")
    assert (line.claimed, line.computed) == ("25 %", "25 %")


def test_a_proof_holds_only_if_all_its_lines_do():
    good, bad = fact("a", "b", "b", True), fact("a", "b", "c", False)
    assert Proof((good, good), "", 0.0).holds
    assert not Proof((good, bad), "", 0.0).holds


def test_variants_differ_from_the_presets_they_come_from():
    for name in VARIANTS:
        assert blueprint_named(name).spec != blueprint_named(name.split("_")[0]).spec
        assert title_named(name) != title_named(name.split("_")[0])
