"""The warnings that the bindings of 8.4 and later give for what they will drop: ours turn them into errors."""

import warnings

import pytest
from doubles.playing import playing
from doubles.small_session import Log, Session, built


@pytest.mark.parametrize(("release", "count"), [("8.2", 0), ("8.6", 1)])
def test_indices_are_deprecated_from_8_5_on(release, count):
    with playing(release) as trt:
        import pycuda.driver as cuda

        cuda.init()
        context = cuda.Device(0).make_context()
        log = Log(trt)
        session = Session(trt, cuda, log, built(trt, log))
        for call in (lambda: session.engine.num_bindings, lambda: session.engine.get_binding_name(0)):
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                call()
            assert [w.category for w in seen] == [DeprecationWarning] * count
        context.detach()


@pytest.mark.parametrize(("release", "count"), [("8.2", 0), ("8.6", 1)])
def test_max_workspace_size_is_deprecated_from_8_4_on(release, count):
    with playing(release) as trt:
        config = trt.Builder(Log(trt).listener).create_builder_config()
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            config.max_workspace_size = 1 << 20
        assert [str(w.message) for w in seen] == ["Use set_memory_pool_limit instead."] * count


def test_a_setting_that_is_gone_is_refused_on_10():
    with playing("10.9") as trt:
        config = trt.Builder(Log(trt).listener).create_builder_config()
        with pytest.raises(AttributeError):
            config.max_workspace_size = 1 << 20
