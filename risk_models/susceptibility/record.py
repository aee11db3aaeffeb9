"""The record of a learned model: what it was learned from, how, and a digest that changes with any of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import sklearn

from risk_models.cards import card
from risk_models.susceptibility import classifiers
from risk_models.susceptibility.study import Sample


@dataclass(frozen=True)
class ModelRecord:
    """What must be known to learn a model again and to tell whether it is the same.

    Attributes
    ----------
    method : str
        ``<card>/<version>``.
    digest : str
        SHA-256 of data, parameters and code.
    data : mapping
        Source, rows, events, hash of what was learned from.
    predictors : tuple of str
    parameters : mapping
        Of classifier and study.
    code : mapping
        Hash of the classifiers' module, versions of the libraries.
    """

    method: str
    digest: str
    data: Mapping[str, Any]
    predictors: tuple[str, ...]
    parameters: Mapping[str, Any]
    code: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "method": self.method,
            "digest": self.digest,
            "data": dict(self.data),
            "predictors": list(self.predictors),
            "parameters": dict(self.parameters),
            "code": dict(self.code),
        }


def model_record(name: str, sample: Sample, source: str, parameters: Mapping[str, Any]) -> ModelRecord:
    """Return the record of a classifier learned on a sample.

    Parameters
    ----------
    name : str
        Of the classifier, which is its card's id.
    sample : Sample
    source : str
        File with its SHA-256.
    parameters : mapping
        Of the study, plain JSON values; those of the classifiers are added.
    """
    data = {
        "source": source,
        "rows": int(sample.presence.size),
        "events": int(sample.presence.sum()),
        "sha256": _hash_of((sample.predictors, sample.presence, sample.block)),
    }
    given = {**parameters, **classifiers.parameters().model_dump()}
    code = {
        "classifiers": hashlib.sha256(Path(classifiers.__file__).read_bytes()).hexdigest(),
        "scikit-learn": sklearn.__version__,
        "scipy": scipy.__version__,
        "numpy": np.__version__,
    }
    method = card(name).method
    described = json.dumps([method, data["sha256"], list(sample.names), given, code], sort_keys=True)
    digest = hashlib.sha256(described.encode()).hexdigest()
    return ModelRecord(method, digest, data, sample.names, given, code)


def _hash_of(arrays: Sequence[np.ndarray[Any, Any]]) -> str:
    found = hashlib.sha256()
    for each in arrays:
        found.update(np.ascontiguousarray(each).tobytes())
    return found.hexdigest()
