"""Run jobs: those that are due, each after those it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from data_catalog.site import Site
from minegis.clock import utc_now
from minegis.errors import MinegisError, NotFound
from pipelines.engine import Engine, Source, product_key
from pipelines.jobs.declaration import Job, JobStep
from pipelines.jobs.inputs import Binding, bindings
from pipelines.jobs.registry import step
from pipelines.jobs.state import JobBook, JobRun, RunState, is_due, next_attempt
from pipelines.lineage import is_published
from pipelines.progress import Progress

_FORGOTTEN = timedelta(days=7)  # blocks that no run came back to


@dataclass(frozen=True)
class JobSite:
    """A site, its jobs, and what computes them."""

    site: Site
    jobs: Mapping[str, Job]
    engine: Engine

    @property
    def book(self) -> JobBook:
        """What was done."""
        return JobBook(self.site.folder)

    def due(self) -> tuple[str, ...]:
        """Return the jobs that are due now, each after those it waits for."""
        book, now = self.book, utc_now()
        return tuple(
            name
            for name, job in self.jobs.items()
            if is_due(job, book.runs(name), {each: book.runs(each) for each in job.after}, now)
        )

    def run(self, name: str, progress: Progress) -> JobRun:
        """Run one job now.

        Raises
        ------
        NotFound
            If there is none of the name.
        StoreConflict
            If another process runs jobs of this site.
        """
        if name not in self.jobs:
            raise NotFound("no such job", where=f"job {name!r}", expected=", ".join(self.jobs))
        with self.book.held():
            return self._run(name, progress)

    def run_due(self, progress: Progress) -> dict[str, JobRun]:
        """Run every job that is due, and those that become due because of it; return what came of each."""
        done: dict[str, JobRun] = {}
        with self.book.held():
            self.engine.forget(_FORGOTTEN)
            for name in self.jobs:
                self.book.close_interrupted(name)
            for name in self.jobs:  # in the order of waiting: what one makes is there for the next
                if name in self.due():
                    done[name] = self._run(name, progress)
        return done

    def _run(self, name: str, progress: Progress) -> JobRun:
        job = self.jobs[name]
        self.book.close_interrupted(name)
        run = JobRun(utc_now(), next_attempt(job, self.book.runs(name)))
        self.book.keep(name, run)
        try:
            for binding in bindings(self.site, job):
                run = self._run_binding(name, job, binding, run, progress)
        except MinegisError as error:
            run = replace(run, reasons=(*run.reasons, str(error)))
        state = RunState.FAILED if run.reasons else RunState.DONE
        run = replace(run, state=state, finished_at=utc_now())
        self.book.keep(name, run)
        return run

    def _run_binding(self, name: str, job: Job, binding: Binding, run: JobRun, progress: Progress) -> JobRun:
        """Do the steps for one set of files; a mistake in them does not keep the others from being done."""
        sources = dict(binding.sources)
        about = {"job": name, **binding.about}
        for each in job.steps:
            try:
                made, run = self._run_step(each, sources, about, run, progress)
            except MinegisError as error:
                where = " ".join(binding.about.values())
                return replace(run, reasons=(*run.reasons, f"{each.step} {where}: {error}"))
            sources |= made
        return run

    def _run_step(
        self,
        declared: JobStep,
        sources: Mapping[str, Source],
        about: Mapping[str, str],
        run: JobRun,
        progress: Progress,
    ) -> tuple[dict[str, Source], JobRun]:
        known = step(declared.step)
        read = {argument: sources[name] for argument, name in declared.inputs.items()}
        key = product_key(known, read, declared.parameters)
        suffix = ".zarr" if known.keeps_time else ".tif"
        texts = [text for name, text in about.items() if name != "job"]
        targets = {
            name: self.site.path("rasters") / ("-".join((name, *texts, key)) + suffix)
            for name in declared.outputs
        }
        missing = {name: path for name, path in targets.items() if not is_published(path)}
        names = tuple(map(self._relative, targets.values()))
        if missing:
            made = self.engine.run(
                known,
                read,
                missing,
                parameters=declared.parameters,
                block=declared.block,
                about=about,
                progress=progress,
            )
            new = tuple(map(self._relative, missing.values()))
            run = replace(
                run, made=run.made + new, blocks=run.blocks + made.blocks, kept=run.kept + made.kept
            )
            names = tuple(name for name in names if name not in new)
        run = replace(run, found=run.found + names)
        outputs = {name: Source.of(path, variable=known.outputs[name]) for name, path in targets.items()}
        return outputs, run

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.site.folder).as_posix()
