"""Where finished pictures go, behind one contract."""
