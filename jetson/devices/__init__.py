"""The devices of a fleet, known through MQTT."""
