"""Whatever is wrong with the catalogue of this device, the camera goes on; one that is named is insisted on."""

import logging
import os
import sqlite3

import cv2
import numpy as np
import pytest

from runtime.bundle import Bundle
from runtime.catalogue.opening import open_teacher
from runtime.catalogue.place import default_catalogue
from runtime.catalogue.store import Catalogue
from runtime.errors import SinkError
from runtime.settings import Settings


@pytest.fixture
def bundle(tiny_folder):
    return Bundle.open(str(tiny_folder))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))


def test_none_without_a_page_until_there_is_one(bundle):
    assert open_teacher(Settings(), bundle, has_page=False) is None
    assert not os.path.exists(default_catalogue())
    assert open_teacher(Settings(catalogue=None), bundle, has_page=True) is None
    assert open_teacher(Settings(), None, has_page=True) is None
    open_teacher(Settings(), bundle, has_page=True).close()
    open_teacher(Settings(), bundle, has_page=False).close()


def test_the_service_s_folder_goes_first(monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/shelfsight:/var/lib/other")
    assert default_catalogue() == "/var/lib/shelfsight/catalogue.sqlite"


@pytest.mark.parametrize("wrong", ["newer", "a folder", "a file for a folder"])
def test_what_is_wrong_is_one_line_and_the_camera_goes_on(bundle, caplog, tmp_path, wrong):
    path = default_catalogue()
    if wrong == "a file for a folder":
        (tmp_path / "home").write_text("")
    else:
        os.makedirs(os.path.dirname(path) if wrong == "newer" else path)
    if wrong == "newer":
        database = sqlite3.connect(path)
        database.execute("PRAGMA user_version = 99")
        database.close()
    with caplog.at_level(logging.WARNING):
        assert open_teacher(Settings(), bundle, has_page=True) is None
    assert len(caplog.messages) == 1
    assert "without products taught here" in caplog.messages[0]
    with pytest.raises(SinkError, match="--catalogue"):
        open_teacher(Settings(catalogue=path), bundle, has_page=False)


def test_a_full_disk_changes_nothing_and_what_is_known_stays_in_use(bundle, tmp_path):
    teacher = open_teacher(Settings(catalogue=str(tmp_path / "c.sqlite")), bundle, has_page=True)
    used = []
    teacher.knowledge.use(used.append)
    photo = cv2.imencode(".png", np.random.RandomState(0).randint(0, 255, (400, 400, 3)).astype(np.uint8))[1].tobytes()
    pages = teacher.knowledge.catalogue._rows("PRAGMA page_count")[0][0]
    teacher.knowledge.catalogue._rows("PRAGMA max_page_count = {}".format(pages + 2))  # as a full disk has it
    with pytest.raises(sqlite3.Error, match="full"):
        teacher.learn_photo("noise", photo, more=False)
    assert teacher.knowledge.catalogue.products() == []
    assert list(used[-1].products) == bundle.products
    teacher.knowledge.catalogue._rows("PRAGMA max_page_count = 100000")
    teacher.learn_photo("noise", photo, more=False)
    assert list(used[-1].products) == bundle.products + ["noise"]
    teacher.close()


def test_another_network_sees_the_photos_again(bundle, tmp_path, caplog):
    path = str(tmp_path / "c.sqlite")
    teacher = open_teacher(Settings(catalogue=path), bundle, has_page=True)
    teacher.learn_photo("noise", cv2.imencode(".png", np.full((90, 90, 3), 77, np.uint8))[1].tobytes(), more=False)
    teacher.close()
    other = bundle._replace(name="another")
    with caplog.at_level(logging.INFO):
        teacher = open_teacher(Settings(catalogue=path), other, has_page=True)
    assert "1 of 1" in caplog.text
    assert list(teacher.knowledge.known.products) == bundle.products + ["noise"]
    teacher.close()
    catalogue = Catalogue(path)
    assert catalogue.without_embedding(bundle.recogniser) == catalogue.without_embedding(other.recogniser) == []
    catalogue.close()
