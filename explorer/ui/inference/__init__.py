"""Sections of the page Inference."""
