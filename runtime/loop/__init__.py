"""How frames move: the nominal rate, the two ways to run the parts, and what is presented."""
