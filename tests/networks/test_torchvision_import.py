"""torchvision can be imported beside any torch, however often and whoever was first."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[2]
USE = """
assert torchvision.models.resnet18 and torchvision.models.ResNet18_Weights
assert torchvision.transforms.v2.Resize(8)
print("works", torchvision.__version__)
"""
WAYS = {
    "ours, then torchvision, then ours again": """
        from explorer.networks.torchvision_import import torchvision as ours
        import torchvision
        assert ours is torchvision
        import importlib
        from explorer.networks import torchvision_import
        importlib.reload(torchvision_import)
        import sys
        del sys.modules["explorer.networks.torchvision_import"]
        from explorer.networks.torchvision_import import torchvision
        import torchvision.transforms.v2
    """,
    "torchvision first, which fails beside a CPU-only torch": """
        try:
            import torchvision
        except RuntimeError as problem:
            assert "torchvision::nms does not exist" in str(problem)
        from explorer.networks.torchvision_import import torchvision
        import torchvision.transforms.v2
    """,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_in_a_process_of_its_own(way):
    done = subprocess.run(
        [sys.executable, "-c", dedent(way) + USE], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("works 0.")
