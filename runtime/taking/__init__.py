"""A bundle taken from a fleet, where --take-bundles says so: ordered, fetched, checked, tried, kept or given back."""
