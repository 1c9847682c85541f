/**
 * Runs in directories of their own, written by the real store, and databases over them.
 */
import * as Money from "@genops/core/Money"
import * as Usage from "@genops/core/Usage"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Cell from "../src/Cell.ts"
import * as ResultStore from "../src/ResultStore.ts"
import type * as RunDatabase from "../src/RunDatabase.ts"
import * as RunManifest from "../src/RunManifest.ts"

const scale = (ideal: string, min = 0, max = 1) => ({ _tag: "Computed", scale: { min, max, ideal } })

const definitions = { rouge_1: scale("high"), ter: scale("low", 0, 100), verbosity: scale("zero", -2, 2) }

export const manifest = (
  runId: string,
  changes: Partial<RunManifest.RunManifest> & { readonly names?: ReadonlyArray<string>; readonly rows?: number } = {}
): RunManifest.RunManifest => {
  const { names = ["flash"], rows = 3, ...given } = changes
  return {
    format: 1,
    runId,
    startedAt: "2026-11-24T10:20:30.400Z",
    candidates: names.map((name) => ({ name, fingerprint: `f-${name}`, configuration: { model: `gemini-${name}` } })),
    dataset: { source: "rows.jsonl", rows, invalid: 0, sha256: "aa", firstRow: "row-0", lastRow: `row-${rows - 1}` },
    prompt: "Summarise: {article}",
    columns: { reference: "reference" },
    metrics: Object.entries(definitions).map(([name, definition]) => ({ name, definition })),
    settings: { judge: "none" },
    seed: 7,
    confidence: 0.95,
    prices: "2026-11-01",
    versions: { genops: "0.1.0" },
    ...given
  }
}

export type Scores = Partial<Record<keyof typeof definitions, number>>

/** A cell of a run: with these scores, or with an error when there are none. */
export const cell = (
  candidate: string,
  row: number,
  scores: Scores | undefined = { rouge_1: 0.5 },
  changes: Partial<Cell.Cell> = {}
): Cell.Cell => ({
  runId: "run",
  candidate,
  fingerprint: `f-${candidate}`,
  row,
  rowId: `row-${row}`,
  prompt: `Summarise: article ${row}`,
  reference: "reference",
  ...(Object.keys(scores).length === 0
    ? { error: { tag: "Unavailable", message: "down" } }
    : {
        response: `answer ${row}`,
        usage: Usage.make({ inputTokens: 10, outputTokens: 5, requests: 1 }),
        cost: Money.usd("0.000000000001"),
        latencyMs: 100.5 + row
      }),
  scores: Object.fromEntries(
    Object.entries(definitions).flatMap(([name, definition]) => {
      const score = Object.entries(scores).find(([metric]) => metric === name)?.[1]
      return score === undefined ? [] : [[name, { score, version: RunManifest.metricVersion(definition) }]]
    })
  ),
  spent: { generation: Money.usd("0.000000000001"), judge: Money.usd("0.25"), unknown: 1 },
  ...changes
})

/** Keeps a run of these cells under `root`. */
export const keep = (root: string, manifest: RunManifest.RunManifest, cells: ReadonlyArray<Cell.Cell>) =>
  Effect.gen(function* () {
    const run = yield* (yield* ResultStore.ResultStore).open(manifest)
    for (const one of cells) yield* run.append({ ...one, runId: manifest.runId })
  }).pipe(Effect.scoped, Effect.provide(ResultStore.layerDirectory(root)))

export interface Place {
  readonly root: string
  readonly fs: FileSystem.FileSystem
}

/** Does something with an empty directory. */
export const inDirectory = <A, E>(
  body: (place: Place) => Effect.Effect<A, E, FileSystem.FileSystem | Path.Path | Scope.Scope>
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return yield* body({ root: yield* fs.makeTempDirectoryScoped({ prefix: "it's runs-" }), fs })
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

export const rowsOf = (runs: RunDatabase.RunDatabase, ...query: Parameters<RunDatabase.RunDatabase["sql"]>) =>
  Stream.runCollect(runs.sql(...query))

/** The first column of all rows. */
export const column = (runs: RunDatabase.RunDatabase, ...query: Parameters<RunDatabase.RunDatabase["sql"]>) =>
  Effect.map(rowsOf(runs, ...query), (rows) => rows.map((row) => Object.values(row)[0]))

export const failure = (runs: RunDatabase.RunDatabase, ...query: Parameters<RunDatabase.RunDatabase["sql"]>) =>
  Effect.map(Effect.flip(rowsOf(runs, ...query)), (error) => {
    assert.isAtMost(error.message.split("\n").length, 8, error.message)
    return error.message
  })
