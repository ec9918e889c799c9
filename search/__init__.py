"""Recordings searched: an index of what appears in them, and where a product does. For a workstation; modern Python."""
