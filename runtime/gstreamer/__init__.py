"""GStreamer: pipelines as text from pure functions, and what runs them. Nothing here needs it to be installed."""
