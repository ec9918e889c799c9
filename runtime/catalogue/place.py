"""Where what is taught on this device lies: the catalogue and the token that changes need."""

import os
import secrets
from typing import Tuple

from runtime.errors import SinkError

CATALOGUE = "catalogue.sqlite"
TOKEN = "token"


def state_folder() -> str:
    """The service's, where systemd names one, else the user's; not made here."""
    service = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    home = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return service or os.path.join(home, "shelfsight")


def default_catalogue() -> str:
    """The path that is used unless another is named."""
    return os.path.join(state_folder(), CATALOGUE)


def make_folder_of(path: str) -> None:
    """For its owner alone. SinkError: it cannot be made."""
    folder = os.path.dirname(os.path.abspath(path))
    try:
        os.makedirs(folder, 0o700, exist_ok=True)
    except OSError as error:
        raise SinkError("{}: {}: name a file of yours with --catalogue".format(folder, error.strerror)) from error


def token_beside(catalogue: str) -> Tuple[str, bool]:
    """The secret that changes need, and whether it was made now. SinkError: it cannot be read or made."""
    path = os.path.join(os.path.dirname(os.path.abspath(catalogue)), TOKEN)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(path, flags, 0o600), "w") as file:
            token = secrets.token_urlsafe(16)
            file.write(token + "\n")
        return token, True
    except FileExistsError:
        pass
    except OSError as error:
        raise SinkError("{}: cannot be written ({})".format(path, error.strerror)) from error
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            token = file.read(200).strip()
    except OSError as error:
        raise SinkError("{}: cannot be read ({})".format(path, error.strerror)) from error
    if len(token) < 16:
        raise SinkError("{}: holds no token of 16 letters or more: delete it, and another is made".format(path))
    return token, False
