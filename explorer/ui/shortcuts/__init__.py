"""The sections of the page Shortcuts."""
