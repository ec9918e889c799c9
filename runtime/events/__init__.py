"""Changes worth telling: what appears, what goes, what nobody knows, a camera that is away."""
