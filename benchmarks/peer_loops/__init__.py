"""The same networks in other people's loops, and in ours."""
