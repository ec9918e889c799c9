"""`python -m shelfsight` is `shelfsight`."""

from shelfsight.command import program

if __name__ == "__main__":
    program()
