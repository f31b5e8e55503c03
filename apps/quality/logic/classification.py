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
from apps.quality.logic.checks import Array, BadInput
from apps.quality.logic.classification_state import State
from apps.quality.logic.neighbours import Near, Neighbours
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


def fit(p: Array, y: Array, embeddings: Array | None = None, *, near: Neighbours | None = None) -> State:
    """What ``evidence`` learns from a whole set, to score parts of it later. ``near`` instead of ``embeddings`` where
    an index already knows the rows' neighbours."""
    return fit_rows(p, y, among(embeddings, near))[0]


def evidence(
    p: Array,
    y: Array,
    embeddings: Array | None = None,
    *,
    state: State | None = None,
    near: Neighbours | Near | None = None,
    detail: bool = False,
) -> Evidence:
    """``p`` (n, k) out-of-sample, ``y`` (n,) in 0..k-1, ``embeddings`` (n, d). ``detail`` fills ``columns``.

    ``state`` is what was fitted on the whole set; without it these are the whole set. ``near`` are neighbours found
    elsewhere: row numbers of this very set, or, of rows that are not in it, their classes (which need a state).
    """
    if state is not None and state.classes != p.shape[1]:
        raise BadInput(f"state: it knows {state.classes} classes, but pred_probs has {p.shape[1]}.")
    if state is None:
        if isinstance(near, Near):
            raise BadInput("near: neighbours from elsewhere can only be heard with a state.")
        state, rows = fit_rows(p, y, among(embeddings, near))
    else:
        rows = read_rows(p, y, state, near if isinstance(near, Near) else among(embeddings, near))
    suggested, opinion_odds = rows.likeliest, np.zeros(len(y))
    odds = rows.model_odds
    if rows.opinion is not None:
        opinion_odds = neighbours.disagreement_odds(rows.opinion)
        odds = rows.model_odds + opinion_odds
        suggested = suggest(rows.scaled, y, state.noise, rows.opinion)
    odds = SLOPE * odds + float(state.offset)
    columns = describe(rows, y, opinion_odds, state.usual) if detail else np.zeros((len(y), 0))
    return Evidence(odds, columns, suggested)


def among(embeddings: Array | None, near: Neighbours | None) -> Neighbours | None:
    if near is None and embeddings is not None and len(embeddings) > 1:
        return neighbours.nearest(embeddings)
    return near


@dataclass(frozen=True)
class Rows:
    """``scaled`` (n, k) tempered probabilities, the model's log odds and likeliest classes, what neighbours say."""

    scaled: Array
    model_odds: Array
    likeliest: Array
    opinion: neighbours.Opinion | None


def fit_rows(p: Array, y: Array, near: Neighbours | None) -> tuple[State, Rows]:
    """The state, and the rows as it sees them: nothing is computed twice."""
    n, power = len(y), confident.temperature(p, y)
    scaled = confident.tempered(p, power)
    joint = confident.confident_joint(scaled, y)
    noise, usual = joint.noise(), confident.thresholds(scaled, y)
    model_odds, likeliest = confident.model_odds(scaled, y, noise)
    crowd, opinion, odds = neighbours.NOBODY, None, model_odds
    if near is not None:
        crowd = neighbours.crowd_of(near, y, p.shape[1])
        opinion = neighbours.trusted_opinion(near, y, crowd, model_odds)
        odds = model_odds + neighbours.disagreement_odds(opinion)
    some = SLOPE * odds[sample(n, FIT_ROWS)]
    offset = shift_to_mean(some, max(joint.share, 1 / (n + 2))) if n else 0.0
    share = crowd.share if near is not None else np.full(p.shape[1], 1 / p.shape[1])
    power_and_offset = {"power": np.array(power), "offset": np.array(offset)}
    of_crowd = {"typical": np.array(crowd.typical), "share": share, "strength": np.array(crowd.strength)}
    state = State(noise=noise, usual=usual, **power_and_offset, **of_crowd)
    return state, Rows(scaled, model_odds, likeliest, opinion)


def read_rows(p: Array, y: Array, state: State, near: Neighbours | Near | None) -> Rows:
    scaled = confident.tempered(p, float(state.power))
    model_odds, likeliest = confident.model_odds(scaled, y, state.noise)
    if near is None:
        return Rows(scaled, model_odds, likeliest, None)
    if isinstance(near, Near):
        opinion = neighbours.hear(near, y, state.crowd)
    else:
        opinion = neighbours.trusted_opinion(near, y, state.crowd, model_odds)
    return Rows(scaled, model_odds, likeliest, opinion)


def suggest(p: Array, y: Array, noise: Array, found: neighbours.Opinion) -> Array:
    """The class with the largest product of the model's probability, P(given | class) and the neighbours' share."""
    share = (found.votes + 1e-3) / (found.votes + 1e-3).sum(axis=1, keepdims=True)
    return np.asarray((np.maximum(p, 1e-12) * noise[y] * share**found.strength).argmax(axis=1))


def describe(rows: Rows, y: Array, opinion_odds: Array, usual: Array) -> Array:
    """(n, 6): the two log odds, log ratio of the best other class, log p_y, hardness, the class's usual p_y."""
    q = np.maximum(rows.scaled.astype(np.float64), 1e-12)
    own = np.log(published.own(q, y))
    ratio = np.log(np.maximum(published.best_other(q, y), 1e-12)) - own
    return np.column_stack([rows.model_odds, opinion_odds, ratio, own, published.hardness(q), usual[y]])


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
