"""ILogger and Logger: where TensorRT says what went wrong; most of its calls only return None or False."""

import time
from typing import Any

LETTERS = "FEWIV"


class ILogger:
    """To be subclassed, with `log(severity, msg)`."""

    def __init__(self) -> None:
        pass

    def log(self, severity: Any, msg: str) -> None:
        raise RuntimeError('Tried to call pure virtual function "ILogger::log"')


class Logger:
    """Prints to standard output, as the real one does."""

    def __init__(self, min_severity: Any) -> None:
        self._min_severity = min_severity

    @property
    def min_severity(self) -> Any:
        return self._min_severity

    @min_severity.setter
    def min_severity(self, value: Any) -> None:
        if not isinstance(value, type(self)._trt.ILogger.Severity):
            raise TypeError("incompatible function arguments: min_severity is an ILogger.Severity")
        self._min_severity = value

    def log(self, severity: Any, msg: str) -> None:
        if int(severity) <= int(self._min_severity):
            stamp = time.strftime("%m/%d/%Y-%H:%M:%S")
            print("[{}] [TRT] [{}] {}".format(stamp, LETTERS[int(severity)], msg), flush=True)


def say(logger: Any, severity: str, message: str) -> None:
    """Hand the logger a message; `severity` as "ERROR"."""
    logger.log(getattr(type(logger)._trt.ILogger.Severity, severity), message)


def error(logger: Any, code: int, kind: str, message: str) -> None:
    """An error in the shape that TensorRT gives it: 3 is API Usage Error, 4 Internal Error."""
    say(logger, "ERROR", "{}: [test double] Error Code {}: {} ({})".format(code, code, kind, message))
