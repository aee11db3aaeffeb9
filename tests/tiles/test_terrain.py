"""Heights in the channels of a picture."""

from __future__ import annotations

import numpy as np
import pytest

from layers.layer import layers
from tiles.terrain import is_elevation, terrarium


@pytest.mark.parametrize(
    ("metres", "pixel"),
    [
        (0.0, (128, 0, 0)),  # 32768 = 128 · 256
        (1234.5, (132, 210, 128)),  # 34002 = 132 · 256 + 210, and half a metre is 128 / 256
        (-154.25, (127, 101, 192)),  # 32613.75 = 127 · 256 + 101 + 192 / 256
        (8848.86, (162, 144, 220)),  # 41616.86: 162 · 256 + 144, and 0.86 · 256 = 220.2
        (-1e9, (0, 0, 0)),
        (1e9, (255, 255, 0)),
    ],
)
def test_a_height_is_written_as_terrarium_has_it(metres: float, pixel: tuple[int, int, int]) -> None:
    assert tuple(terrarium(np.array([[metres]]))[0, 0]) == pixel


def test_only_rasters_of_the_elevation_are_ground() -> None:
    assert [each.id for each in layers().values() if is_elevation(each)] == ["relief"]
