"""INetworkDefinition, ITensor and ILayer: what the parser read, for the builder."""

from typing import Any, List

from gpu_double.facade import kept, make

NUMPY_NAMES = {"FLOAT": "float32", "HALF": "float16", "INT8": "int8", "INT32": "int32", "BOOL": "bool"}
NUMPY_NAMES.update(UINT8="uint8", INT64="int64")
"""numpy's name for each member of DataType that has one here."""


def data_type(module: Any, numpy_name: str) -> Any:
    """The member of this release's DataType. KeyError where it has none."""
    members = {numpy: member for member, numpy in NUMPY_NAMES.items()}
    return module.DataType.__members__[members[numpy_name]]


class ITensor:
    """An input or output of the network, or of a layer."""

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._name = value

    @property
    def shape(self) -> Any:
        return self._trt.Dims(self._shape)

    @shape.setter
    def shape(self, value: Any) -> None:
        self._shape = tuple(value)

    @property
    def dtype(self) -> Any:
        return data_type(self._trt, self._dtype)

    @dtype.setter
    def dtype(self, value: Any) -> None:
        self._dtype = NUMPY_NAMES[value.name]

    @property
    def is_network_input(self) -> bool:
        return self._is_input

    @property
    def is_network_output(self) -> bool:
        return not self._is_input

    location = kept("location", None)
    allowed_formats = kept("allowed_formats", 1)


class ILayer:
    """One node of the ONNX file."""

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._name = value

    @property
    def num_outputs(self) -> int:
        return len(self._outputs)

    @property
    def precision(self) -> Any:
        return self._precision

    @precision.setter
    def precision(self, value: Any) -> None:
        self._precision = value

    @property
    def precision_is_set(self) -> bool:
        return self._precision is not None

    def reset_precision(self) -> None:
        self._precision = None

    def set_output_type(self, index: int, dtype: Any) -> None:
        self._output_types[index] = dtype


class INetworkDefinition:
    """Empty until a parser fills it."""

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._name = value

    @property
    def num_inputs(self) -> int:
        return len(self._inputs)

    @property
    def num_outputs(self) -> int:
        return len(self._outputs)

    @property
    def num_layers(self) -> int:
        return len(self._layers)

    @property
    def has_implicit_batch_dimension(self) -> bool:
        return not self._is_explicit

    @property
    def flags(self) -> int:
        return self._flags

    @property
    def builder(self) -> Any:
        return self._builder

    def get_flag(self, flag: Any) -> bool:
        return bool(self._flags >> int(flag) & 1)

    def get_input(self, index: int) -> Any:
        return _at(self._inputs, index)

    def get_output(self, index: int) -> Any:
        return _at(self._outputs, index)

    def get_layer(self, index: int) -> Any:
        return _at(self._layers, index)

    def __len__(self) -> int:
        return len(self._layers)

    def __getitem__(self, index: int) -> Any:
        if not -len(self._layers) <= index < len(self._layers):
            raise IndexError("Out of bounds")
        return self._layers[index]


def _at(items: List[Any], index: int) -> Any:
    return items[index] if 0 <= index < len(items) else None


def empty_network(module: Any, builder: Any, logger: Any, flags: int) -> Any:
    """What Builder.create_network gives. Explicit batch is a flag until 10, where it is all there is."""
    release = module._release.number
    creation = module.NetworkDefinitionCreationFlag
    is_explicit = release >= (10, 0) or bool(flags >> int(creation.EXPLICIT_BATCH) & 1)
    strong = creation.__members__.get("STRONGLY_TYPED")
    return make(
        module.INetworkDefinition,
        name="Unnamed Network 0",
        builder=builder,
        logger=logger,
        flags=flags,
        is_explicit=is_explicit,
        is_strongly_typed=release >= (11, 0) or strong is not None and bool(flags >> int(strong) & 1),
        inputs=[],
        outputs=[],
        layers=[],
        onnx=None,
        parser=None,
    )
