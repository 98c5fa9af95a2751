"""The words of the problem as frozen dataclasses. This package imports nothing else of the project."""
