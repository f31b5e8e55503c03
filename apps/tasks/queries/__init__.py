"""Reads of the tasks app, one module per question."""
