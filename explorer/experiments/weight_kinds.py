"""What weights a network can be given: the options of the page Inference."""

from typing import Final

BEST: Final = "best here"
EMBEDDED: Final = "trained here"
V1: Final = "torchvision V1"
V2: Final = "torchvision V2"
FILE: Final = "my file"
UNTRAINED: Final = "untrained"
OPTIONS: Final = (BEST, EMBEDDED, V2, V1, FILE, UNTRAINED)
