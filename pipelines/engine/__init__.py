"""The one door to Dask and xarray: block functions over rasters of any size.

A `Step` is a pure NumPy function on one block of aligned rasters. `Engine.run` reads each block with its halo
through lazily indexed xarray arrays, runs the blocks on threads or on a Dask cluster, keeps what is finished,
and names the outputs once they are whole.
"""

from pipelines.engine.block import Place, Step
from pipelines.engine.engine import Engine, Made, Plan, product_key
from pipelines.engine.scratch import Kept
from pipelines.engine.source import Source, read_window

__all__ = ["Engine", "Kept", "Made", "Place", "Plan", "Source", "Step", "product_key", "read_window"]
