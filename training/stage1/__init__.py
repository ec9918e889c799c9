"""What the detector is trained on."""
