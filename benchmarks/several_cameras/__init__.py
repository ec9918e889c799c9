"""What several cameras of one program cost each other, part by part."""
