"""What plays TensorRT and a GPU in tests: computes with onnxruntime, refuses what the real ones refuse."""
