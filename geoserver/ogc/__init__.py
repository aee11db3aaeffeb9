"""The OGC APIs, one address space under ``/ogc``: pygeoapi hosted, and what it lacks beside it."""
