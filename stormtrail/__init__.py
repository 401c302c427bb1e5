"""The front door: command line, settings, the error tree, what goes to stdout and stderr."""
