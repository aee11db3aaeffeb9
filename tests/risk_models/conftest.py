"""Property tests: no deadline, since the machine may be busy; the same draws each time."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "models", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.load_profile("models")
