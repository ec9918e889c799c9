"""A recording as a player sees it."""

import cv2


def played_back(path):
    """The time in seconds and the mean level of each picture of the video at `path`, in order."""
    capture = cv2.VideoCapture(str(path))
    times_s, levels = [], []
    while True:
        delivered, image = capture.read()
        if not delivered:
            return times_s, levels
        times_s.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3)
        levels.append(float(image.mean()))
