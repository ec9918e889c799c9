"""Whether TensorRT's parser takes a model: its operators and its rules, by release."""
