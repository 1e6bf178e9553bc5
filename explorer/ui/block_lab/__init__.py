"""The sections of the page on one residual block, one module each."""
