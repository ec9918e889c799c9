"""What an index finds, how fast and in how much memory: the parts of benchmarks.search."""
