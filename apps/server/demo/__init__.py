"""The demo: real photographs, a workflow, and people to play with. Only for a server that listens on loopback."""
