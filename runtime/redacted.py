"""Addresses as they may be shown: without the passwords that they hold."""

import re

_USER_INFO = re.compile(r"(?<!\w)((?!fault://)\w+://)([^\s\"'@/:]*):[^\s\"']*@")
"""Up to the last @: a password may hold / and @ that nobody encoded. A path with an @ is hidden too: no harm done."""
_QUERY = re.compile(
    r"([?&;][\w.~-]*(?:pass|pwd|token|key|secret|auth|sig|credential|hmac)[\w.~-]*=)[^&;\s\"']*", re.IGNORECASE
)
"""By a word in its name: access_token, sig, X-Amz-Signature. More than needed is hidden now and then: no harm done."""
_PROPERTY = re.compile(
    r"(?<![?&\w])((?:user-pw|proxy-pw|password|passphrase|token)\s*=\s*)(\"[^\"]*\"|\S+)", re.IGNORECASE
)


def redacted(text: str) -> str:
    """`text` with *** in place of each password of a URL or of a GStreamer element's property."""
    for pattern, shown in ((_USER_INFO, r"\1\2:***@"), (_QUERY, r"\1***"), (_PROPERTY, r"\1***")):
        text = pattern.sub(shown, text)
    return text
