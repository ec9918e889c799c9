"""What is wrong with where it all goes, found without opening a port, a file or a connection: for --check-config."""

import functools
import importlib.util
from typing import Callable, List, Optional

from runtime.errors import MissingPackageError, ShelfsightError
from runtime.mqtt.address import broker_of
from runtime.settings import HISTORY_ENDING, Settings
from runtime.sinks.access import Access
from runtime.sinks.data import ENDINGS as DATA_ENDINGS
from runtime.sinks.recordable import check_recordable
from runtime.webhooks.hook import hooks_of

FILES = DATA_ENDINGS + (HISTORY_ENDING, ".mp4")


def problems_of(settings: Settings) -> List[ShelfsightError]:
    """One for each setting that would end the program."""
    checks: List[Callable[[], object]] = []
    if "web" in settings.sinks:
        checks.append(lambda: Access(settings.listen, settings.token))
        checks.append(lambda: _need("--sink web", "aiohttp", "dashboard"))
    for kind in settings.sinks:
        if kind.lower().endswith(FILES):
            checks.append(functools.partial(check_recordable, kind))
    if settings.mqtt is not None:
        url = settings.mqtt
        checks.append(lambda: broker_of(url, settings.mqtt_password_file))
        checks.append(lambda: _need("--mqtt", "paho", "mqtt"))
    checks.append(lambda: hooks_of(settings.hooks))
    return [error for error in map(_outcome, checks) if error is not None]


def _outcome(check: Callable[[], object]) -> Optional[ShelfsightError]:
    try:
        check()
    except ShelfsightError as error:
        return error
    return None


def _need(flag: str, package: str, extra: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise MissingPackageError("{} needs the package {}: pip install '.[{}]'".format(flag, package, extra))
