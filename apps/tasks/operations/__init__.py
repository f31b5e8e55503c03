"""Writes of the tasks app: one module per idea, one public keyword-only function per verb."""
