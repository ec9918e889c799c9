"""What the program is measured with: the sweep and its scoring (device, Python 3.6), peers, micro-benchmarks."""
