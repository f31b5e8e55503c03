"""The workflow engine: pure Python, standard library only. `README.md` tells how to drive it."""
