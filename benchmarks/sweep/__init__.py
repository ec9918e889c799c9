"""What a sweep measures, cell by cell, and what it leaves behind."""
