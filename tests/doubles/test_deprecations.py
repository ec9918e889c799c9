"""The warnings of what TensorRT will drop, as the real bindings gave them: our tests turn warnings into errors."""

import warnings

import pytest
from doubles.playing import RELEASES_HERE, playing
from doubles.small_session import Log, Session, built


def said(work):
    """The texts of the deprecation warnings that `work` gives."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        work()
    return [str(warning.message) for warning in seen if warning.category is DeprecationWarning]


@pytest.mark.parametrize(("release", "expected"), [("8.2", []), ("8.6", ["Use get_tensor_name instead."])])
def test_indices_are_deprecated_from_8_5_on(release, expected):
    with playing(release) as trt:
        import pycuda.driver as cuda

        cuda.init()
        context = cuda.Device(0).make_context()
        session = Session(trt, cuda, Log(trt), built(trt, Log(trt)))
        assert said(lambda: session.engine.get_binding_name(0)) == expected
        assert said(lambda: session.engine.num_bindings) == []  # seen: 8.6 gives no warning here
        session = None
        context.detach()


@pytest.mark.parametrize(("release", "expected"), [("8.2", []), ("8.6", ["Use set_memory_pool_limit instead."])])
def test_max_workspace_size_is_deprecated_from_8_4_on(release, expected):
    with playing(release) as trt:
        config = trt.Builder(Log(trt).listener).create_builder_config()
        assert said(lambda: setattr(config, "max_workspace_size", 1 << 20)) == expected


def test_a_setting_that_is_gone_is_refused_on_10():
    with playing("10.9") as trt:  # plays on any Python, though no real one is made for 3.6
        config = trt.Builder(Log(trt).listener).create_builder_config()
        with pytest.raises(AttributeError):
            config.max_workspace_size = 1 << 20


@pytest.mark.parametrize("release", RELEASES_HERE)
def test_with_statements_are_deprecated(release):
    with playing(release) as trt:
        (text,) = said(lambda: trt.Logger().__enter__())
        assert text.startswith("Context managers for TensorRT types are deprecated")
