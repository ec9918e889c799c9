"""What was found, told: a page, tables, clips."""
