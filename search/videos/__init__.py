"""Videos: found, opened, split into pieces, decoded."""
