"""The sections of the page Parameters."""
