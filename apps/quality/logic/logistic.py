"""Logistic regression under normal priors, and the weights of chosen rows."""

from __future__ import annotations

import numpy as np

from apps.quality.logic.checks import Array
from apps.quality.logic.numbers import sigmoid

CAP = 20.0


def cap_weights(weight: Array) -> Array:
    """At most ``CAP`` times the median, then scaled to the mean 1."""
    if not len(weight):
        return weight
    capped = np.minimum(weight, CAP * np.median(weight))
    return np.asarray(capped / capped.mean())


def logistic(x: Array, hit: Array, weight: Array, centre: Array, precision: Array) -> Array:
    """Coefficients that maximise the weighted likelihood under normal priors; Newton with step halving."""
    beta = centre.astype(np.float64).copy()

    def loss(b: Array) -> float:
        z = x @ b
        prior = float((precision * (b - centre) ** 2).sum()) / 2
        return float((weight * (np.logaddexp(0, z) - hit * z)).sum()) + prior

    here = loss(beta)
    for _ in range(50):
        q = sigmoid(x @ beta)
        slope = x.T @ (weight * (q - hit)) + precision * (beta - centre)
        bend = (x * (weight * q * (1 - q))[:, None]).T @ x + np.diag(precision + 1e-9)
        step, part = np.linalg.solve(bend, slope), 1.0
        while (there := loss(beta - part * step)) > here and part > 1e-6:
            part /= 2
        if there >= here - 1e-10:
            break
        beta, here = beta - part * step, there
    return beta


def offsets(z: Array, hit: Array, weight: Array, of: Array, count: int, precision: float) -> Array:
    """(count,) what to add to ``z`` in each group ``of`` (n,), shrunk to 0: one Newton for each group, all at once."""
    u = np.zeros(count)
    for _ in range(40):
        q = sigmoid(z + u[of])
        slope = np.bincount(of, weight * (q - hit), minlength=count) + precision * u
        bend = np.bincount(of, weight * q * (1 - q), minlength=count) + precision
        step = np.clip(slope / bend, -1, 1)
        u -= step
        if not count or np.abs(step).max() < 1e-9:
            break
    return u


def log_loss(z: Array, hit: Array) -> Array:
    """(n,) of log odds ``z``."""
    return np.asarray(np.logaddexp(0, z) - hit * z)
