"""Where quality meets the apps below it: chores, the facts that routers wait for, what tasks show."""

from __future__ import annotations


def connect() -> None:
    """Called once, when the app is ready. Each area registers what is its own."""
    from apps.flows.providers import register_fact_provider
    from apps.quality.metrics import register_family
    from apps.quality.operations.auditing import audit
    from apps.quality.operations.chores import register_chore
    from apps.quality.operations.curating_labels import register as register_labels
    from apps.quality.operations.curating_scores import register as register_images
    from apps.quality.operations.gridding_sheets import tend
    from apps.quality.operations.learning import learn_due
    from apps.quality.operations.observing import observe
    from apps.quality.operations.repeats import repeat
    from apps.quality.operations.routing_outcomes import settle_moves
    from apps.quality.operations.routing_policy import follow_policies
    from apps.quality.operations.scoring import published
    from apps.quality.operations.scoring.changing import rescore
    from apps.quality.operations.scoring.facts import FACTS, answer_fact, task_metrics
    from apps.tasks.hooks import metrics_of
    from apps.tasks.operations.outbox import register_topic

    for fact in FACTS:
        register_fact_provider(fact)
    register_topic("fact_wanted", answer_fact)
    if task_metrics not in metrics_of:
        metrics_of.append(task_metrics)
    register_family(published.FAMILY, published.score_published, published.METRICS)
    register_images()
    register_labels()
    register_chore("observe", 10, observe)
    register_chore("rescore", 20, rescore)
    register_chore("learn", 30, learn_due)
    register_chore("route outcomes", 40, settle_moves)
    register_chore("route policy", 40, follow_policies)
    register_chore("audit", 50, audit)
    register_chore("repeats", 50, repeat)
    register_chore("tiles", 60, tend)
