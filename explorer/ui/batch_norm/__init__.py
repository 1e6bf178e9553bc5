"""The sections of the page on batch norm, one module each."""
