"""The sink that posts events to addresses, by a thread for each."""

import uuid
from typing import Optional, Sequence

import numpy as np

from runtime.events.changes import Changes
from runtime.events.event import as_json
from runtime.figures.figures import Figures
from runtime.frame import Observation
from runtime.sinks.sink import Sink
from runtime.webhooks.hook import ANY, Hook
from runtime.webhooks.posting import Poster


class WebhookSink(Sink):
    """Costs the loop a look at each object."""

    wants_panel = False

    def __init__(self, hooks: Sequence[Hook], source: str, secret: Optional[bytes], camera: str = "") -> None:
        """`source`: as it may be shown. `camera`: its name, told where it has one."""
        self.name = ", ".join("{} -> {}".format(hook.kind, hook.shown) for hook in hooks)
        self._told = {"source": source, "camera": camera} if camera else {"source": source}
        self._changes = Changes()
        self._posters = [(hook.kind, Poster(hook, secret)) for hook in hooks]

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        for event in self._changes.note(observation, figures):
            # the id is the same in each try, so that who has it twice knows
            content = dict(as_json(event), id=str(uuid.uuid4()), **self._told)
            for kind, poster in self._posters:
                if kind in (ANY, event.kind):
                    poster.put(content)
        return True

    def close(self) -> None:
        for _, poster in self._posters:
            poster.close()
