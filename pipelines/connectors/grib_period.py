"""The period and the member a GRIB field speaks of: from octets of edition 1, the template of edition 2."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

Period = tuple[datetime, datetime]

# Seconds of the time units: WMO FM 92 GRIB edition 1 table 4, edition 2 table 4.4
_SECONDS_1 = {0: 60, 1: 3600, 2: 86400, 10: 10800, 11: 21600, 12: 43200, 254: 1}
_SECONDS_2 = {0: 60, 1: 3600, 2: 86400, 10: 10800, 11: 21600, 12: 43200, 13: 1}
_AVERAGE, _ACCUMULATION = 3, 4  # time range indicators of edition 1, table 5
_STATISTICAL_TEMPLATES = {8: 15, 11: 18}  # template: where the end of the interval begins
_ECMWF = 98
_ENSEMBLE_TEMPLATES = (1, 11)
_MEMBER_AT = 16  # after fifteen values of template 4.0 and the type of member; WMO FM 92 templates 4.1, 4.11
_MEAN_OR_SUM = (0, 1)  # edition 2 table 4.10


def grib_period(message: bytes, tags: Mapping[str, str], *, since_reference: bool) -> Period | None:
    """Return start and end of the interval of a field, None if it speaks of a moment.

    Parameters
    ----------
    message : bytes
        The whole message.
    tags : mapping
        GDAL's metadata of the field.
    since_reference : bool
        Whether a field without an interval is accumulated since the forecast's reference time.
    """
    reference = _from_epoch(tags["GRIB_REF_TIME"])
    period = _period_1(message, reference) if message[7] == 1 else _period_2(tags, reference)
    if period is None and since_reference:
        valid = _from_epoch(tags["GRIB_VALID_TIME"])
        period = (reference, valid) if valid > reference else None
    return period


def grib_member(message: bytes, tags: Mapping[str, str]) -> int:
    """Return the number of an ensemble's member, 0 for its control and for a field of no ensemble.

    Edition 2 has it in templates 4.1 and 4.11, edition 1 in octet 50 of section 1 by the local definition 1
    of ECMWF (centre 98).
    """
    if message[7] == 1:
        section = message[8 : 8 + int.from_bytes(message[8:11], "big")]
        local = len(section) >= 50 and section[4] == _ECMWF and section[40] == 1
        return section[49] if local else 0
    values = tags.get("GRIB_PDS_TEMPLATE_ASSEMBLED_VALUES", "").split()
    ensemble = int(tags.get("GRIB_PDS_PDTN", "-1")) in _ENSEMBLE_TEMPLATES
    return int(values[_MEMBER_AT]) if ensemble and len(values) > _MEMBER_AT else 0


def _period_1(message: bytes, reference: datetime) -> Period | None:
    """Read octets 18 to 21 of section 1: unit, P1, P2, time range indicator."""
    unit, first, last, indicator = message[8 + 17 : 8 + 21]
    if indicator not in (_AVERAGE, _ACCUMULATION) or unit not in _SECONDS_1 or last <= first:
        return None
    step = timedelta(seconds=_SECONDS_1[unit])
    return reference + first * step, reference + last * step


def _period_2(tags: Mapping[str, str], reference: datetime) -> Period | None:
    """Read templates 4.8 and 4.11: forecast time, end of the overall interval, statistical process."""
    at = _STATISTICAL_TEMPLATES.get(int(tags.get("GRIB_PDS_PDTN", "-1")))
    values = [int(value) for value in tags.get("GRIB_PDS_TEMPLATE_ASSEMBLED_VALUES", "").split()]
    if (
        at is None
        or len(values) <= at + 8
        or values[at + 8] not in _MEAN_OR_SUM
        or values[7] not in _SECONDS_2
    ):
        return None
    start = reference + values[8] * timedelta(seconds=_SECONDS_2[values[7]])
    year, month, day, hour, minute, second = values[at : at + 6]
    return start, datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _from_epoch(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
