"""The helper process: python -m explorer.experiments.images."""

import sys

from explorer.experiments.images.helper import serve

serve(sys.stdin.buffer, sys.stdout.buffer)
