"""HTTP of the tasks app: parse, one call, render."""
