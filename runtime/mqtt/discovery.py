"""What Home Assistant shows, told by its discovery of devices: one message with all that this camera has.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload
"""

import json
from typing import Any, Dict, List, Optional, Sequence

from runtime import __version__
from runtime.events.event import KINDS
from runtime.mqtt.messages import OFFLINE, ONLINE, Topics, word_of

PREFIX = "homeassistant"
"""Home Assistant's own default."""
ORIGIN = "shelfsight"
"""Whose announcement it is."""


def device_id(topics: Topics) -> str:
    """One a camera, the same in each run."""
    return "shelfsight_" + word_of(topics.prefix).replace("=", "_")


def config_topic(topics: Topics) -> str:
    """Where the one message goes, retained."""
    return "{}/device/{}/config".format(PREFIX, device_id(topics))


def config(
    topics: Topics, products: Sequence[str], has_board: bool, has_picture: bool, gone: Sequence[str] = ()
) -> str:
    """`gone`: keys of components of before, which Home Assistant takes away when they are named with their platform
    alone."""
    components = _components(topics, products, has_board, has_picture)
    for key in gone:
        components[key] = {"platform": "sensor"}
    content = {
        "device": {
            "identifiers": [device_id(topics)],
            "name": topics.prefix.replace("/", " "),
            "manufacturer": "Shelfsight",
            "model": "camera",
            "sw_version": __version__,
        },
        "origin": {"name": ORIGIN, "sw_version": __version__},
        "availability": [{"topic": topics.availability, "payload_available": ONLINE, "payload_not_available": OFFLINE}],
        "components": components,
    }
    return json.dumps(content, ensure_ascii=False)


def product_key(name: str) -> str:
    """Of the component of a product."""
    return "product_" + word_of(name).replace("=", "_")


def keys_in(payload: Optional[bytes]) -> List[str]:
    """Of the sensors of products in a message of before; whatever else was sent there has none."""
    try:
        content = json.loads((payload or b"").decode("utf-8"))
        return [key for key in content["components"] if isinstance(key, str) and key.startswith("product_")]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []


def _components(topics: Topics, products: Sequence[str], has_board: bool, has_picture: bool) -> Dict[str, Any]:
    figure = {"platform": "sensor", "state_topic": topics.figures, "entity_category": "diagnostic"}
    measured = dict(figure, state_class="measurement")
    components: Dict[str, Any] = {
        "true_fps": dict(
            measured,
            name="True FPS",
            value_template="{{ value_json.true_fps }}",
            unit_of_measurement="fps",
            suggested_display_precision=1,
            icon="mdi:speedometer",
        ),
        "source": {
            "platform": "binary_sensor",
            "name": "Camera",
            "device_class": "connectivity",
            "state_topic": topics.figures,
            "value_template": "{{ value_json.source }}",
            "payload_on": ONLINE,
            "payload_off": OFFLINE,
            "entity_category": "diagnostic",
        },
        "last_seen": {
            "platform": "sensor",
            "name": "Last seen",
            "device_class": "timestamp",
            "state_topic": topics.figures,
            "value_template": "{{ value_json.last_seen }}",
        },
        "change": {
            "platform": "event",
            "name": "Change",
            "state_topic": topics.event,
            "event_types": list(KINDS),
            "icon": "mdi:eye-plus",
        },
    }
    if has_board:
        components["temperature"] = dict(
            measured,
            name="Temperature",
            device_class="temperature",
            value_template="{{ value_json.temperature_celsius }}",
            unit_of_measurement="°C",
        )
    if has_picture:
        components["picture"] = {"platform": "camera", "name": "Picture", "topic": topics.picture}
    for name in products:
        components[product_key(name)] = {
            "platform": "sensor",
            "name": name,
            "state_topic": topics.product(name),
            "value_template": "{{ value_json.count }}",
            "json_attributes_topic": topics.product(name),
            "state_class": "measurement",
            "icon": "mdi:package-variant",
        }
    for key, component in components.items():
        component["unique_id"] = "{}_{}".format(device_id(topics), key)
    return components
