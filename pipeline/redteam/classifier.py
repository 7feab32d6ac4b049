"""Trains the classifiers of attacks 8 and 12, and measures how well they tell two classes apart (threat-model#auc)."""

from __future__ import annotations

import numpy as np

from offduty.core.errors import UsageError
from offduty.redteam.attacker_view import Flags, Floats, Ints
from offduty.redteam.metrics import Auc, auc

FOLDS = 4
MOST_ROWS = 20_000


def separable(features: Floats, label: Flags, who: Ints, seed: int = 1) -> Auc:
    """How well gradient-boosted trees tell rows with a label from the others, cross-validated: they are tested on
    officers that they were not trained on.

    `features` is (rows, any), `label` and `who` (rows,). NaN where one of the two classes is empty; at most `MOST_ROWS`
    rows are used. Raises `UsageError` if scikit-learn is not installed.
    """
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise UsageError("attacks 8 and 12 need scikit-learn: pip install 'offduty[attack]'") from None
    if len(label) > MOST_ROWS:
        some = np.random.default_rng(seed).choice(len(label), MOST_ROWS, replace=False)
        features, label, who = features[some], label[some], who[some]
    scores = np.full(len(label), np.nan)
    for fold in range(FOLDS):
        tested = who % FOLDS == fold
        if not tested.any() or len(np.unique(label[~tested])) < 2:
            continue
        model = HistGradientBoostingClassifier(max_iter=80, max_leaf_nodes=15, early_stopping=False, random_state=seed)
        with threadpool_limits(1):  # trials run in parallel, each in a process of its own
            model.fit(features[~tested], label[~tested])
            scores[tested] = model.predict_proba(features[tested])[:, 1]
    known = np.isfinite(scores)
    if not known.any():
        return auc(np.zeros(len(label)), label)  # there is nothing to learn from, so the classifier guesses
    return auc(scores[known], label[known])
