"""Events, posted to addresses that --on names; nothing is executed."""
