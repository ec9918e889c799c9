"""What is in a piece of a video: which frames are inferred on, and the appearances that come of it."""
