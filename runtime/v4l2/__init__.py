"""What V4L2 says of a camera, asked of the kernel directly: no v4l2-ctl, no library."""
