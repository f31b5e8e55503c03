"""Wrong labels of classifications: evidence, the fixed formula, and the probability of error.

    odds = 1.2 * ((B + S) / 2 + s * N)

B log odds of the noise posterior and S of 1 - p_y, both over tempered probabilities (``confident``), N log odds of the
trusted neighbours' disagreement, s their strength (``neighbours``). On one model's probabilities no published
score beats another; the mean of these two is never the worst. 1.2 brought the slope of reliability near 1 on digits.
The fixed formula's P(error) = sigmoid(odds + b), b such that its mean is the share that the confident joint has off its
diagonal. It is uncalibrated until verdicts speak (``calibration``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.quality.logic import calibration, confident, neighbours, published
from apps.quality.logic.checks import Array
from apps.quality.logic.numbers import sample, shift_to_mean, sigmoid

VERSION = "classification-1"
SLOPE = 1.2
FIT_ROWS = 20_000


@dataclass(frozen=True)
class Evidence:
    """What is known of every label, before any verdict.

    ``odds`` (n,) the fixed formula's log odds of an error; ``columns`` (n, features) what a learned model may use;
    ``suggested`` (n,) the likeliest true class, often the given one.
    """

    odds: Array
    columns: Array
    suggested: Array


@dataclass(frozen=True)
class Scores:
    """(n,) each. ``mistakenness`` ranks; ``p_error`` is a probability, fitted to verdicts where there are enough.

    ``model`` says what made it: "fixed", "calibrated" or "learned".
    """

    mistakenness: Array
    p_error: Array
    suggested_label: Array
    model: str


def evidence(p: Array, y: Array, embeddings: Array | None = None, *, detail: bool = False) -> Evidence:
    """``p`` (n, k) out-of-sample, ``y`` (n,) in 0..k-1, ``embeddings`` (n, d). ``detail`` fills ``columns``."""
    scaled = confident.tempered(p, y)
    joint = confident.confident_joint(scaled, y)
    noise = joint.noise()
    model_odds, suggested = confident.model_odds(scaled, y, noise)
    odds, opinion_odds = model_odds, np.zeros(len(y))
    if embeddings is not None and len(y) > 1:
        near = neighbours.nearest(embeddings)
        found = neighbours.trusted_opinion(near, y, p.shape[1], model_odds)
        opinion_odds = neighbours.disagreement_odds(found)
        odds = model_odds + opinion_odds
        suggested = suggest(scaled, y, noise, found)
    odds = SLOPE * odds
    shift = shift_to_mean(odds[sample(len(odds), FIT_ROWS)], max(joint.share, 1 / (len(y) + 2))) if len(y) else 0.0
    odds = odds + shift
    columns = describe(scaled, y, model_odds, opinion_odds) if detail else np.zeros((len(y), 0))
    return Evidence(odds, columns, suggested)


def suggest(p: Array, y: Array, noise: Array, found: neighbours.Opinion) -> Array:
    """The class with the largest product of the model's probability, P(given | class) and the neighbours' share."""
    share = (found.votes + 1e-3) / (found.votes + 1e-3).sum(axis=1, keepdims=True)
    return np.asarray((np.maximum(p, 1e-12) * noise[y] * share**found.strength).argmax(axis=1))


def describe(p: Array, y: Array, model_odds: Array, opinion_odds: Array) -> Array:
    """(n, 6): the two log odds, log ratio of the best other class, log p_y, hardness, the class's usual p_y."""
    q = np.maximum(p.astype(np.float64), 1e-12)
    own = np.log(published.own(q, y))
    ratio = np.log(np.maximum(published.best_other(q, y), 1e-12)) - own
    usual = confident.thresholds(p, y)[y]
    return np.column_stack([model_odds, opinion_odds, ratio, own, published.hardness(q), usual])


def score(p: Array, y: Array, embeddings: Array | None = None, verdicts: calibration.Verdicts | None = None) -> Scores:
    """The whole way from checked arrays to probabilities. Verdicts point at rows."""
    found = evidence(p, y, embeddings, detail=verdicts is not None)
    if verdicts is None:
        chance = sigmoid(found.odds)
        return Scores(chance, chance, found.suggested, "fixed")
    fit = calibration.fit(found.odds, found.columns, groups=y, units=np.arange(len(y)), verdicts=verdicts)
    return Scores(sigmoid(fit.ranking), fit.p_error, found.suggested, fit.model)


def looks_memorized(p: Array, y: Array) -> bool:
    """Whether the model seems to have seen these labels: it agrees with > 99.5 % of them, and mean p_y > .98."""
    if not len(y):
        return False
    return bool((p.argmax(axis=1) == y).mean() > 0.995 and published.own(p, y).mean() > 0.98)
