"""Labelled pictures, and how right detections and names are. Device, Python 3.6."""
