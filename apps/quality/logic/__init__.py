"""Scores, calibration and certificates over plain arrays. numpy and the standard library only."""
