"""Where pieces are looked through: processes of this machine, or workers of a Ray cluster."""
