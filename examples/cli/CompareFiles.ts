/** What a comparison leaves in its directory, beside the run.json, cells.jsonl and summary.json of the result store. */
import * as CellsCsv from "@genops/pipelines/CellsCsv"
import * as ComparisonMarkdown from "@genops/pipelines/ComparisonMarkdown"
import type { ComparisonSummary } from "@genops/pipelines/ComparisonSummary"
import * as GitHubActions from "@genops/pipelines/GitHubActions"
import * as JUnit from "@genops/pipelines/JUnit"
import * as Report from "@genops/pipelines/Report"
import * as ResultStore from "@genops/pipelines/ResultStore"
import type * as RunFacts from "@genops/pipelines/RunFacts"
import type * as RunHistory from "@genops/pipelines/RunHistory"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Stream from "effect/Stream"
import { join } from "node:path"
import * as CompareCells from "./CompareCells.ts"

/** The first cells without an answer. */
export const failures = (runId: string, most: number) =>
  CompareCells.latest(runId).pipe(
    Stream.map(({ candidate, error, rowId }): ReadonlyArray<RunFacts.Failure> =>
      error === undefined ? [] : [{ candidate, rowId, tag: error.tag, message: error.message }]
    ),
    Stream.flatMap(Stream.fromIterable),
    Stream.take(most),
    Stream.runCollect
  )

/** Writes report, JUnit, Markdown and CSV into the directory, and says where the report is. */
export const write = (
  directory: string,
  runId: string,
  summary: ComparisonSummary,
  facts: RunFacts.RunFacts,
  history: RunHistory.RunHistory
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { manifest } = yield* ResultStore.ResultStore.use((store) => store.read(runId))
    const { bytes, path } = yield* Report.write(join(directory, "report.html"), {
      manifest,
      summary,
      cells: CompareCells.latest(runId),
      title: facts.name,
      history,
      spent: facts.spent,
      gates: facts.gates,
      ...(facts.budget === undefined ? {} : { budget: facts.budget }),
      ...(facts.elapsedMs === undefined ? {} : { duration: facts.elapsedMs }),
      ...(facts.resume === undefined ? {} : { resume: facts.resume })
    })
    const markdown = ComparisonMarkdown.encode(summary, facts)
    yield* fs.writeFileString(join(directory, "junit.xml"), JUnit.encode(summary, facts))
    yield* fs.writeFileString(join(directory, "summary.md"), markdown)
    const metrics = manifest.metrics.map(({ name }) => name)
    yield* Stream.run(
      Stream.encodeText(CellsCsv.encode(CompareCells.latest(runId), metrics)),
      fs.sink(join(directory, "cells.csv"))
    )
    const page = process.env["GITHUB_STEP_SUMMARY"]
    if (page !== undefined && page !== "") yield* GitHubActions.addSummary(page, markdown)
    const artifacts: ReadonlyArray<RunFacts.Artifact> = [
      { label: "report", path, bytes },
      { label: "rows", path: join(directory, "cells.csv") }
    ]
    return artifacts
  })
