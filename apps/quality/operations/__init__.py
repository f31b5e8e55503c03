"""Writes of quality: scores, calibrations, routes, waves, certificates, batches."""
