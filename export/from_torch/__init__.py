"""From a trained network to ONNX. Needs torch: never on the device."""
