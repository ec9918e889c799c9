"""The studies behind python -m training.studies: what is compared, rows of runs, what they show."""
