"""An engine built in a child process, watched, compared and installed whole or not at all."""
