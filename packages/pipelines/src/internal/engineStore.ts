/** What can be read back of the runs of an engine. */
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import type * as Workflow from "effect/workflow/Workflow"
import type { StoreUnusable } from "../EngineError.ts"
import type * as Reply from "./engineReply.ts"
import type * as Run from "./engineRun.ts"

/** A run as it was started, and what became of it so far. Times are milliseconds since 1970. */
export interface StoredRun {
  readonly workflow: string
  readonly executionId: string
  readonly payload: { readonly [field: string]: Schema.Json }
  readonly startedAt: number
  readonly endedAt: number | null
  /** None while the run is at work. */
  readonly outcome: Option.Option<Reply.Outcome>
}

/** An activity of a run; asked for once, whatever happened in between. */
export interface StoredActivity {
  readonly _tag: "Activity"
  readonly name: string
  readonly startedAt: number
  readonly endedAt: number | null
  readonly outcome: Option.Option<Reply.Outcome>
}

/** A durable sleep. */
export interface StoredClock {
  readonly _tag: "Clock"
  readonly name: string
  readonly startedAt: number
  readonly until: number
  readonly endedAt: number | null
}

/** A decision that the run waits or waited for. */
export interface StoredDecision {
  readonly _tag: "Decision"
  readonly name: string
  readonly startedAt: number
  readonly endedAt: number | null
}

/** All that is known of how a run went. */
export interface Trail {
  readonly entries: ReadonlyArray<StoredActivity | StoredClock | StoredDecision>
  readonly failures: ReadonlyArray<Run.Failure & { readonly at: number }>
  /** When a process took the run up: the first one began it. */
  readonly begun: ReadonlyArray<number>
  readonly isCancelled: boolean
}

export interface Store {
  /** For messages: a path, a URL without its password, or "memory". */
  readonly place: string
  find(workflow: string, executionId: string): Effect.Effect<Option.Option<StoredRun>, StoreUnusable>
  readonly list: Effect.Effect<ReadonlyArray<StoredRun>, StoreUnusable>
  trail(workflow: string, executionId: string): Effect.Effect<Trail, StoreUnusable>
  /** Waits until a run has ended or parks. It does neither when the caller is interrupted. */
  settled(workflow: Workflow.Any, run: StoredRun): Effect.Effect<void, StoreUnusable>
}

/** What the engine keeps besides what effect/cluster keeps. */
export interface Journal {
  /** A process begins the body of a run, or begins it again. Returns what is known of the attempts so far. */
  begun(executionId: string): Effect.Effect<Pick<Run.Run, "failures" | "marks">>
  failed(executionId: string, failure: Run.Failure): Effect.Effect<void>
  marked(executionId: string, step: string, mark: Run.Mark): Effect.Effect<void>
  /** The body did not come to a pause: it ended, failed, or was interrupted because its process ends or has lost the store. */
  left(executionId: string): Effect.Effect<void>
  /** The run waits for a decision. */
  awaits(executionId: string, name: string): Effect.Effect<void>
}
