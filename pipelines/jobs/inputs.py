"""From what a job declares to the files of a site: one binding a run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from data_catalog.site import RasterInput, Site
from minegis.errors import InvalidInput
from pipelines.engine import Source
from pipelines.jobs.declaration import Job, JobInput
from pipelines.lineage import published
from pipelines.products import elevation_file

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Binding:
    """What one run of a job reads: a source an input, and the texts that its placeholders stand for."""

    about: Mapping[str, str]
    sources: Mapping[str, Source]


def bindings(site: Site, job: Job) -> list[Binding]:
    """Return every run that the files of the site allow, in the order of their texts.

    Raises
    ------
    InvalidInput
        If a ``{time}`` is no time.
    """
    found = [Binding({}, {})]
    for name, given in job.inputs.items():
        candidates = list(_candidates(site, given))
        found = [
            Binding({**each.about, **about}, {**each.sources, name: source})
            for each in found
            for about, source in candidates
            if all(each.about.get(key, text) == text for key, text in about.items())
        ]
    return [_aligned(job, each) for each in sorted(found, key=lambda each: sorted(each.about.items()))]


def _candidates(site: Site, given: JobInput) -> Iterator[tuple[Mapping[str, str], Source]]:
    if given.kind:
        for raster in site.declaration.inputs:
            if raster.kind == given.kind:
                yield {"area": _area(raster)}, _declared(site, raster)
    elif given.product:
        yield from _newest(site, given.product)
    else:
        yield from _matching(site, given)


def _newest(site: Site, name: str) -> Iterator[tuple[Mapping[str, str], Source]]:
    """Return the newest product of a variable for each set of texts; one that a job made before any other.

    Which job made it is no text of the run: inputs may come from several.
    """
    made = [each for each in published(site.path("rasters")) if each.variable == name]
    newest = {}
    for each in sorted(made, key=lambda each: "job" in each.about):  # of each kind the newest stays last
        about = {key: text for key, text in each.about.items() if key != "job"}
        newest[tuple(sorted(about.items()))] = about, each.path
    for about, path in newest.values():
        yield about, Source.of(path, variable=name)


def _area(given: RasterInput) -> str:
    return given.area or Path(given.path).stem


def _declared(site: Site, given: RasterInput) -> Source:
    return Source.of(elevation_file(site, given), credit=given.source, origin=str(given.origin))


def _matching(site: Site, given: JobInput) -> Iterator[tuple[Mapping[str, str], Source]]:
    """Return the files that fit a pattern, those that differ in time together where they are a stack."""
    seen: set[str] = set()
    parts = []
    for piece in re.split(r"(\{[a-z_]+\})", given.files):
        placeholder = _PLACEHOLDER.fullmatch(piece)
        if placeholder is None:
            parts.append(re.escape(piece))
        elif placeholder[1] in seen:
            parts.append(f"(?P={placeholder[1]})")
        else:
            seen.add(placeholder[1])
            parts.append(f"(?P<{placeholder[1]}>[^/]+?)")
    pattern = re.compile("".join(parts))
    groups: dict[tuple[tuple[str, str], ...], list[tuple[str, Path]]] = {}
    for path in sorted(site.folder.glob(_PLACEHOLDER.sub("*", given.files))):
        match = pattern.fullmatch(path.relative_to(site.folder).as_posix())
        if match is None or path.name.startswith("."):
            continue
        texts = match.groupdict()
        time = texts.pop("time", "") if given.stacked else ""
        groups.setdefault(tuple(sorted(texts.items())), []).append((time, path))
    for about, files in groups.items():
        times = tuple(_time(time, given.files) for time, _ in sorted(files)) if given.stacked else ()
        paths = (path for _, path in sorted(files))
        yield dict(about), Source.of(*paths, times=times, band=given.band, variable=given.variable)


def _time(text: str, where: str) -> datetime:
    for form in ("%Y%m%dT%H%M%S", "%Y%m%d"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise InvalidInput("not a time", where=where, expected="20260720 or 20260720T040000, UTC", got=text)


def _aligned(job: Job, binding: Binding) -> Binding:
    """Let inputs be resampled to the grids of those they are to lie on."""
    sources = dict(binding.sources)
    for name, given in job.inputs.items():
        if given.onto:
            grid = binding.sources[given.onto].grid()
            sources[name] = replace(sources[name], onto=grid, resampling=given.resampling)
    return replace(binding, sources=sources)
