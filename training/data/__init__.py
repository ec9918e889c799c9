"""Data sets as they lie on disk: read, looked over, drawn."""
