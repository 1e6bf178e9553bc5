"""Sections of the page Why residual."""
