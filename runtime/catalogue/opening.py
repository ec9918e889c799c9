"""From --catalogue to what teaches."""

import logging
import os
import sqlite3
from typing import Optional

from runtime.bundle import Bundle
from runtime.catalogue.place import default_catalogue, make_folder_of
from runtime.catalogue.store import Catalogue
from runtime.catalogue.teacher import Teacher
from runtime.errors import SinkError
from runtime.redacted import redacted
from runtime.settings import AUTO, Settings

log = logging.getLogger(__name__)


def open_teacher(settings: Settings, bundle: Optional[Bundle], has_page: bool) -> Optional[Teacher]:
    """None without stage 2, without a catalogue, and where that of this device is not there and no page could fill it.

    SinkError: the catalogue that is named cannot be had; that of this device is done without, and the log says why.
    """
    if settings.catalogue is None or bundle is None:
        return None
    path = default_catalogue() if settings.catalogue == AUTO else settings.catalogue
    if settings.catalogue == AUTO and not has_page and not os.path.exists(path):
        return None
    try:
        make_folder_of(path)
        return Teacher(Catalogue(path), bundle, redacted(settings.source))
    except (SinkError, sqlite3.Error) as error:
        if settings.catalogue != AUTO:
            raise SinkError("{}".format(error)) from error
        log.warning("without products taught here: %s", error)
        return None
