"""What --mqtt may be, and that a password is neither taken from it nor shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import UsageError
from runtime.mqtt.address import PASSWORD_VARIABLE, broker_of
from runtime.mqtt.messages import word_of


def test_its_parts(monkeypatch):
    monkeypatch.setenv(PASSWORD_VARIABLE, "s3cret")
    broker = broker_of("mqtts://shop%40home@broker.local/shop/shelf%201")
    assert tuple(broker) == ("broker.local", 8883, True, "shop@home", "s3cret", "shop/shelf 1")
    assert "s3cret" not in broker.shown
    assert broker_of("mqtt://u@[::1]:99").port == 99
    monkeypatch.delenv(PASSWORD_VARIABLE)
    assert broker_of("mqtt://localhost") == ("localhost", 1883, False, None, None, "shelfsight")


def test_a_password_from_a_file(tmp_path):
    path = tmp_path / "password"
    path.write_text("a b:c\n")
    assert broker_of("mqtt://u@h", str(path)).password == "a b:c"
    for name, text in (("empty", ""), ("missing", None)):
        if text is not None:
            (tmp_path / name).write_text(text)
        with pytest.raises(UsageError, match="--mqtt-password-file"):
            broker_of("mqtt://u@h", str(tmp_path / name))


@pytest.mark.parametrize(
    "url, words",
    [
        ("localhost", "expected mqtt://"),
        ("http://localhost", "expected mqtt://"),
        ("mqtt://", "expected mqtt://"),
        ("mqtt://h:99999", "expected mqtt://"),
        ("mqtt://h/a?b=1", "expected mqtt://"),
        ("mqtt://u:s3cret@h", "holds a password"),
        ("mqtt://h/a+b", "is no topic"),
        ("mqtt://h/a//b", "is no topic"),
        ("mqtt://h/%23", "is no topic"),
    ],
)
def test_what_it_may_not_be(url, words, monkeypatch):
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    with pytest.raises(UsageError, match=words) as caught:
        broker_of(url)
    assert "s3cret" not in str(caught.value)


def test_a_password_without_a_user(monkeypatch):
    monkeypatch.setenv(PASSWORD_VARIABLE, "s3cret")
    with pytest.raises(UsageError, match="no user"):
        broker_of("mqtt://h")


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_name_is_a_level_of_its_own(a, b):
    try:
        words = [word_of(name) for name in (a, b)]
    except UnicodeEncodeError:
        return  # half a surrogate pair is no name
    assert all(set(word) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-=") for word in words)
    assert (words[0] == words[1]) == (a == b)
