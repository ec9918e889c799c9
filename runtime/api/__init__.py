"""What the API answers, and its description from the same definitions; the page's server asks it."""
