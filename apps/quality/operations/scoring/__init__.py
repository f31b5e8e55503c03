"""Scores of labels, tasks and data units: a whole project by a job, single tasks as they change."""
