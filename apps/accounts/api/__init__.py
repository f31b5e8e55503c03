"""HTTP of the accounts app: parse, one call, render."""
