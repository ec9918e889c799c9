"""Files from strangers: nothing is opened that may hang, nothing is allocated that was not measured first."""
