"""The index: a history whose runs are videos, and how far each has been looked through."""
