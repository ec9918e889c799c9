"""What takes the place of an accelerator, a camera or a server."""
