"""One inference as work for a stream: it reads and writes the GPU's memory when the stream gets to it."""

from typing import Any, Callable, List, Sequence

import numpy as np

from gpu_double.memory import Memory


def inference(engine: Any, memory: Memory, addresses: List[int], shapes: Sequence[Sequence[int]]) -> Callable[[], None]:
    """Shapes and addresses are those of the start; the bytes are those of the moment when it runs."""
    tensors = list(zip(engine._plan.tensors, addresses, [tuple(shape) for shape in shapes]))

    def run() -> None:
        inputs = {}
        for tensor, address, shape in tensors:
            dtype = np.dtype(tensor.dtype)
            nbytes = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
            if tensor.is_input:
                read = memory.read(address, nbytes, dtype, "input {}".format(tensor.name))
                inputs[tensor.name] = read.view(dtype).reshape(shape)
            else:
                memory.find(address, nbytes)
        found = iter(engine._network.run(inputs))
        for tensor, address, _ in tensors:
            if not tensor.is_input:
                array = next(found)
                memory.write(address, array, array.dtype)

    return run
