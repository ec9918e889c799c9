"""From a trained network to a bundle (workstation), and from a bundle to a TensorRT engine (device, Python 3.6)."""
