"""What TensorRT's Python bindings gained between 8.2 and 8.6.1: taken out of 8.6's surface to have 8.2's.

From docs, not seen: no bindings of 8.2 are on PyPI. The first table was read from the public source of the bindings
(NVIDIA/TensorRT, python/src, commit 052281f0, which has 8.2's classes and no memory pools of 8.4) held against the
surface of 8.6.1; the release in which each came is from NVIDIA's release notes ("API changes", 8.4 to 8.6).
"""

from typing import Any, Dict, Tuple

ADDED: Dict[str, Dict[str, Tuple[str, ...]]] = {
    # class: release: names. "" for the module's own classes and constants.
    "Builder": {"8.5": ("max_threads",), "8.6": ("get_plugin_registry",)},
    "BuilderFlag": {
        "8.5": ("ENABLE_TACTIC_HEURISTIC",),
        "8.6": ("EXCLUDE_LEAN_RUNTIME", "FP8", "VERSION_COMPATIBLE"),
    },
    "DataType": {"8.5": ("UINT8",), "8.6": ("FP8",)},
    "IBuilderConfig": {
        "8.4": ("get_memory_pool_limit", "set_memory_pool_limit"),
        "8.5": ("get_preview_feature", "set_preview_feature"),
        "8.6": (
            "builder_optimization_level",
            "hardware_compatibility_level",
            "max_aux_streams",
            "plugins_to_serialize",
        ),
    },
    "ICudaEngine": {
        "8.5": (
            "get_tensor_bytes_per_component",
            "get_tensor_components_per_element",
            "get_tensor_dtype",
            "get_tensor_format",
            "get_tensor_format_desc",
            "get_tensor_location",
            "get_tensor_mode",
            "get_tensor_name",
            "get_tensor_profile_shape",
            "get_tensor_shape",
            "get_tensor_vectorized_dim",
            "is_shape_inference_io",
            "num_io_tensors",
        ),
        "8.6": ("hardware_compatibility_level", "num_aux_streams"),
    },
    "IExecutionContext": {
        "8.4": ("persistent_cache_limit",),
        "8.5": (
            "execute_async_v3",
            "get_input_consumed_event",
            "get_max_output_size",
            "get_output_allocator",
            "get_tensor_address",
            "get_tensor_shape",
            "get_tensor_strides",
            "infer_shapes",
            "set_input_consumed_event",
            "set_input_shape",
            "set_output_allocator",
            "set_tensor_address",
            "temporary_allocator",
        ),
        "8.6": ("nvtx_verbosity", "set_aux_streams"),
    },
    "ILayer": {"8.6": ("metadata",)},
    "INetworkDefinition": {"8.6": ("builder",)},
    "ITensor": {"8.6": ("get_dimension_name", "set_dimension_name")},
    "OnnxParser": {
        "8.6": ("clear_flag", "flags", "get_flag", "get_used_vc_plugin_libraries", "set_flag"),
    },
    "Runtime": {
        "8.5": ("max_threads",),
        "8.6": (
            "engine_host_code_allowed",
            "get_plugin_registry",
            "load_runtime",
            "tempfile_control_flags",
            "temporary_directory",
        ),
    },
    "TacticSource": {"8.4": ("EDGE_MASK_CONVOLUTIONS",), "8.5": ("JIT_CONVOLUTIONS",)},
    "": {
        "8.4": ("MemoryPoolType",),
        "8.5": (
            "ICastLayer",
            "IGridSampleLayer",
            "INMSLayer",
            "INonZeroLayer",
            "IOneHotLayer",
            "IOutputAllocator",
            "PreviewFeature",
            "TensorIOMode",
            "uint8",
        ),
        "8.6": (
            "HardwareCompatibilityLevel",
            "INormalizationLayer",
            "IReverseSequenceLayer",
            "OnnxParserFlag",
            "TempfileControlFlag",
            "fp8",
        ),
    },
}

WARNINGS: Dict[str, str] = {
    "Builder.build_engine call": "Use build_serialized_network instead.",
    "IExecutionContext.active_optimization_profile set": "Use set_optimization_profile_async instead.",
}
"""All that 8.2 warns of, by the same source."""


def surface_of_8_2(surface: Dict[str, Any]) -> Dict[str, Any]:
    """A copy of the surface of 8.6 without what was added since. KeyError for a name that 8.6 has not."""
    found = dict(surface, warnings=WARNINGS, classes=dict(surface["classes"]), constants=dict(surface["constants"]))
    for name in (name for names in ADDED[""].values() for name in names):
        del found["classes" if name in found["classes"] else "constants"][name]
    for owner, by_release in ADDED.items():
        for name in (name for names in by_release.values() for name in names):
            if owner:
                found["classes"][owner] = without(found["classes"][owner], name)
    return found


def without(surface: Dict[str, Any], name: str) -> Dict[str, Any]:
    """A copy of a class's surface without one of its names."""
    parts = {part: dict(value) if isinstance(value, dict) else value for part, value in surface.items()}
    (part,) = [part for part in ("methods", "properties", "members") if name in parts.get(part, {})]
    del parts[part][name]
    return parts
