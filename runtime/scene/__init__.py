"""The scene behind `demo://`: cosmetic products drawn by code on shelves and in hands, with ground truth."""
