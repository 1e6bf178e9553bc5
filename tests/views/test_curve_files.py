"""The file of training curves."""

import csv
import io

from explorer.views.curve_files import curves_csv


def test_any_name_stays_in_its_column():
    named = 'a "quoted", name\n=1+1: plain-20'
    points = [{"step": 10, "loss": 2.5, "accuracy": 0.1}, {"step": 20, "loss": None, "accuracy": 0}]
    rows = list(csv.DictReader(io.StringIO(curves_csv({"ab": (named, points)}))))
    assert [row["network"] for row in rows] == [named, named]
    assert [(row["step"], row["loss"]) for row in rows] == [("10", "2.5"), ("20", "")]


def test_no_points_yet():
    assert curves_csv({"ab": ("plain-20", [])}) == "run,network,step,loss,accuracy\n"
