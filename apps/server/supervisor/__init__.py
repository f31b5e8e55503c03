"""``make run``: everything one machine needs, in one foreground process group."""
