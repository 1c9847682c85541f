/** What the suites of the engines are run on. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Engine from "../src/Engine.ts"
import type { EngineError } from "../src/EngineError.ts"
import type { Runs } from "../src/Runs.ts"

export type EngineLayer = Layer.Layer<WorkflowEngine | Runs, EngineError>

export interface Subject<R = never> {
  readonly name: string
  /** Whether runs outlive the engine. */
  readonly isDurable: boolean
  /** A store with nothing in it. It is opened each time that the layer is built. */
  readonly store: Effect.Effect<EngineLayer, never, R | Scope.Scope>
}

export const memory: Subject = {
  name: "memory",
  isDurable: false,
  store: Effect.succeed(Layer.fresh(Engine.layerMemory))
}

/** A folder that is gone when the scope ends. */
export const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "genops-engine-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

export const sqlite: Subject = {
  name: "SQLite",
  isDurable: true,
  store: Effect.map(folder, (path) => Engine.layerSqlite({ filename: join(path, "runs.db") }))
}
