"""Certificates on paper, with reportlab."""
