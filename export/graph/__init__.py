"""An ONNX graph written anew: folded, cut, in half precision, without what TensorRT cannot take."""
