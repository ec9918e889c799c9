"""What is seen in a frame: candidates by shape, tracks, names. One frame in, one observation out."""
