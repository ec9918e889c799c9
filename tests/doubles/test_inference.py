"""The double computes what the network computes, and refuses what a real context refuses, on every release."""

import threading

import numpy as np
import pytest
from doubles.playing import turned
from doubles.small_network import expected, network, pictures, shape
from doubles.small_session import MAX_BATCH, Session, built


@pytest.fixture
def session(played):
    return Session(played.trt, played.cuda, played.log, built(played.trt, played.log))


pytestmark = pytest.mark.filterwarnings("ignore:Use .* instead:DeprecationWarning")


def test_it_computes_for_every_batch(session):
    for count in (1, 3, MAX_BATCH, 2):
        np.testing.assert_allclose(session.run(pictures(count)), expected(pictures(count)), rtol=1e-6)
    assert session.log.errors == []


def test_it_says_that_it_is_a_double(played, session):
    assert played.trt.__shelfsight_double__
    assert played.cuda.__shelfsight_double__
    assert played.cuda.Device(0).name().startswith("test double of ")
    assert bytes(session.engine.serialize()).startswith(b"TEST DOUBLE OF A TENSORRT ENGINE")


def test_fp16_differs_from_fp32_by_its_rounding(played, session):
    if hasattr(played.trt.BuilderFlag, "FP16"):
        plan = built(played.trt, played.log, is_half=True)
    else:
        plan = built(played.trt, played.log, network(is_half=True))
        assert played.release == "11.4"
    half = Session(played.trt, played.cuda, played.log, plan).run(pictures(2))
    full = session.run(pictures(2))
    assert np.abs(half - full).max() > 1e-4
    np.testing.assert_allclose(half, full, rtol=1e-3)


@pytest.mark.parametrize(("how", "check"), [("nan", np.isnan), ("zero", np.logical_not), ("perturbed", np.isfinite)])
def test_a_knob_makes_the_outputs_wrong(session, how, check):
    right = session.run(pictures(2))
    with turned(fp32_outputs=how):
        wrong = session.run(pictures(2))
    assert check(wrong).all()
    assert not np.allclose(wrong, right, rtol=0.01)


def test_a_batch_outside_the_profile_is_refused(session):
    for wanted in [shape(MAX_BATCH + 1), shape(0), (1, 3, 4, 5), (1, 3, 4)]:
        assert session.set_shape(wanted) is False
        assert "Error Code 3" in session.log.errors[-1]
    assert session.set_shape(shape(MAX_BATCH)) is True


def test_a_shape_that_was_not_set_is_refused(session):
    session.cuda.memcpy_htod(session.x, pictures(MAX_BATCH))
    assert session.start() is False
    assert "not set: x" in session.log.errors[-1]


def test_an_input_of_another_type_is_a_misuse(played, session):
    session.set_shape(shape(1))
    played.cuda.memcpy_htod(session.x, pictures(1, np.int32))
    assert session.start()
    with pytest.raises(played.misuse, match="input x is float32, the bytes there were written as int32"):
        session.stream.synchronize()


def test_an_input_of_too_few_bytes_is_a_misuse(played, session):
    session.set_shape(shape(2))
    played.cuda.memcpy_htod(session.x, pictures(1))
    assert session.start()
    with pytest.raises(played.misuse, match="384 bytes, of which 192 were never written"):
        session.stream.synchronize()


def test_an_output_read_as_another_type_is_a_misuse(played, session):
    session.run(pictures(1))
    with pytest.raises(played.misuse, match="a copy to the host is int32"):
        played.cuda.memcpy_dtoh(np.empty((1, 3, 1, 1), np.int32), session.y)


def test_an_output_read_before_anything_ran_is_a_misuse(played, session):
    with pytest.raises(played.misuse, match="never written"):
        played.cuda.memcpy_dtoh(np.empty((1, 3, 1, 1), np.float32), session.y)


def test_nothing_is_there_until_the_stream_is_synchronised(session):
    session.set_shape(shape(1))
    session.host_x[:1] = pictures(1)
    session.host_y[:] = -1
    session.cuda.memcpy_htod_async(session.x, session.host_x[:1], session.stream)
    session.host_x[:1] = 0  # pinned memory is read later: this is what the engine sees
    assert session.start()
    session.cuda.memcpy_dtoh_async(session.host_y[:1], session.y, session.stream)
    assert (session.host_y == -1).all()
    assert not session.stream.is_done()
    session.stream.synchronize()
    assert (session.host_y[:1] == 0).all()
    assert session.stream.is_done()


@pytest.mark.parametrize("which", ["x", "y"])
def test_a_freed_buffer_breaks_the_context_for_good(played, session, which):
    session.run(pictures(1))
    getattr(session, which).free()
    assert session.start()
    with pytest.raises(played.cuda.LogicError, match="illegal memory access"):
        session.stream.synchronize()
    with pytest.raises(played.cuda.LogicError, match="illegal memory access"):
        played.cuda.mem_alloc(1)


def test_a_buffer_that_is_too_small_is_an_illegal_access(played, session):
    session.set_shape(shape(2))
    session.cuda.memcpy_htod(session.x, pictures(2))
    session.y = played.cuda.mem_alloc(8)
    assert session.start()
    with pytest.raises(played.cuda.LogicError, match="illegal memory access"):
        session.stream.synchronize()


def test_another_thread_has_no_context(played, session):
    session.run(pictures(1))
    found = []

    def infer():
        found.append(session.start())
        try:
            session.cuda.memcpy_dtoh(session.host_y, session.y)
        except played.cuda.LogicError as error:
            found.append(str(error))

    thread = threading.Thread(target=infer)
    thread.start()
    thread.join(10)
    assert found == [False, "cuMemcpyDtoH failed: invalid device context"]
    assert "invalid resource handle" in session.log.errors[-1]


def test_another_context_is_refused(played, session):
    session.run(pictures(1))
    other = played.cuda.Device(0).make_context()
    assert session.start() is False
    with pytest.raises(played.cuda.LogicError, match="invalid resource handle"):
        session.stream.synchronize()
    other.detach()
    assert session.start() is True


def test_a_tensor_without_address_is_refused(played, session):
    session.set_shape(shape(1))
    if not session.is_named:
        with pytest.raises(played.misuse, match="1 bindings given, the engine has 2"):
            session.context.execute_async_v2([int(session.x)], session.stream.handle)
        return
    session.context.set_tensor_address("x", int(session.x))
    assert session.context.execute_async_v3(session.stream.handle) is False
    assert "Address is not set for tensor y" in session.log.errors[-1]
    assert session.context.set_tensor_address("z", int(session.x)) is False


def test_arguments_of_the_wrong_kind_are_refused(session):
    if session.is_named:
        with pytest.raises(TypeError, match="incompatible function arguments"):
            session.context.execute_async_v3(session.stream)
        with pytest.raises(TypeError, match="incompatible function arguments"):
            session.context.set_tensor_address(0, int(session.x))
    else:
        with pytest.raises(TypeError, match="incompatible function arguments"):
            session.context.execute_async_v2([1.5, 2], session.stream.handle)
    with pytest.raises(TypeError, match="incompatible function arguments"):
        session.set_shape("1344")


def test_methods_of_another_release_are_not_there(played, session):
    context, engine = session.context, session.engine
    assert hasattr(context, "execute_async_v2") == (played.number < (10, 0))
    assert hasattr(context, "set_binding_shape") == (played.number < (10, 0))
    assert hasattr(context, "execute_async_v3") == (played.number >= (8, 5))
    assert hasattr(engine, "num_bindings") == (played.number < (10, 0))
    assert hasattr(engine, "device_memory_size") == (played.number < (11, 0))
    with pytest.raises(AttributeError):
        context.no_such_method()
    with pytest.raises(AttributeError):
        context.no_such_setting = 1


def test_what_is_not_played_says_so(played, session):
    with pytest.raises(played.not_played, match="create_engine_inspector"):
        session.engine.create_engine_inspector()
