"""What was seen, remembered: one row for each track that was named or stayed unknown."""
