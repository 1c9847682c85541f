/**
 * A durable run to look at while it runs, told by the steps themselves.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as LiveWindow from "./LiveWindow.ts"
import * as PipelineWindow from "./PipelineWindow.ts"
import * as ProgressLine from "./ProgressLine.ts"
import type * as RunHistory from "./RunHistory.ts"
import type * as Step from "./Step.ts"

/**
 * The view of a durable run.
 *
 * **Details**
 *
 * - `observer` is told of the stages of steps: provide it as `Step.Observer`.
 * - `history` replaces what is known by what the store of the engine says; failures and costs are known from it only.
 * - `note` says something about a step while it runs, such as the state of its remote job.
 *
 * @since 0.1.0
 */
export interface PipelineView extends LiveWindow.View {
  readonly observer: (step: string, stage: Step.Stage) => Effect.Effect<void>
  readonly history: (history: RunHistory.RunHistory) => Effect.Effect<void>
  readonly note: (step: string, note: PipelineWindow.Note) => Effect.Effect<void>
}

const longestSilence = 30_000

/**
 * Makes the view of a run with the names of its steps as far as they are known before.
 *
 * @since 0.1.0
 */
export const make = (name: string, planned: ReadonlyArray<string> = []): PipelineView => {
  let history: RunHistory.RunHistory = []
  const notes = new Map<string, PipelineWindow.Note>()
  let said = ""
  let saidAt = 0

  const put = (entry: RunHistory.Entry) => {
    const known = history.some(({ name }) => name === entry.name)
    history = known ? history.map((one) => (one.name === entry.name ? entry : one)) : [...history, entry]
  }

  return {
    observer: (step, stage) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const known = history.find((entry) => entry.name === step)
        const begun = {
          name: step,
          kind: "step",
          startedAt: known?.startedAt ?? now,
          attempts: known?.attempts ?? 1
        } as const
        const open = { costUsd: known?.costUsd ?? null, endedAt: null }
        if (stage === "started") {
          // A step that waits is begun anew each time that it wakes: the store alone knows its attempts, and when it began.
          put({ ...begun, ...open, state: "running" })
        }
        if (stage === "recorded" && known?.state !== "done") put({ ...begun, ...open, state: "done", endedAt: now })
      }),
    history: (next) =>
      Effect.sync(() => {
        history = next
      }),
    note: (step, note) => Effect.sync(() => void notes.set(step, note)),
    window: ({ wall }, size) => PipelineWindow.lines({ name, history, planned, notes, now: wall }, size),
    line: ({ steady, wall }) => {
      const latest = history.findLast(({ state }) => state === "running") ?? history.at(-1)
      if (latest === undefined) return undefined
      const state = `${latest.name} ${latest.state} ${notes.get(latest.name)?.text ?? ""}`
      if (state === said && (latest.state !== "running" || steady - saidAt < longestSilence)) return undefined
      said = state
      saidAt = steady
      const done = history.filter((entry) => entry.state === "done").length
      return [
        { text: `${ProgressLine.timeOfDay(wall)} ${done}/${Math.max(planned.length, history.length)} ` },
        ...PipelineWindow.entryLine(latest, { notes, now: wall })
      ]
    }
  }
}
