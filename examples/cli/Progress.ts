/** How a long run stands, on standard error: a window on a terminal, a line now and then anywhere else. */
import type * as Money from "@genops/core/Money"
import type * as Cell from "@genops/pipelines/Cell"
import type { ComparisonProgress } from "@genops/pipelines/ComparisonProgress"
import * as ComparisonView from "@genops/pipelines/ComparisonView"
import * as ComparisonWindow from "@genops/pipelines/ComparisonWindow"
import * as Display from "@genops/pipelines/Display"
import type * as Evaluate from "@genops/pipelines/Evaluate"
import * as LiveWindow from "@genops/pipelines/LiveWindow"
import * as Effect from "effect/Effect"
import * as Interruption from "./Interruption.ts"

/** What this process can show on standard error. */
const display = (): Display.Display => Display.detect({ env: process.env, isTerminal: process.stderr.isTTY === true })

/** Runs something with a listener for its progress and shows that while it runs. Ctrl-C ends it in order: `stopWhen` completes. */
export const watch = <A, E, R>(
  name: string,
  run: (
    onProgress: (progress: ComparisonProgress) => Effect.Effect<void>,
    stopWhen: Effect.Effect<void>
  ) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const { stderr, stdout } = process
    const shown = display()
    const view = ComparisonView.make(name, { withBar: shown.person && !shown.animate })
    const stopWhen = yield* stopping(view)
    return yield* run(view.update, stopWhen).pipe(LiveWindow.show(view, { display: shown, output: stderr, stdout }))
  }).pipe(Effect.scoped)

/** Completes when Ctrl-C is pressed, which the view says at once. */
export const stopping = (view: ComparisonView.ComparisonView) =>
  Interruption.asked({
    onAsked: () => Effect.runSync(view.stopping),
    onDropped: () => {
      const progress = view.progress()
      if (progress !== undefined) process.stderr.write(`${ComparisonWindow.dropped(progress)}\n`)
    }
  })

/** A listener for the progress of an evaluation, told on as that of a comparison with one candidate. */
export const ofEvaluation = (
  settings: {
    readonly candidate: string
    readonly model: string
    readonly budget: Money.Money
    readonly concurrency: number
  },
  onProgress: (progress: ComparisonProgress) => Effect.Effect<void>
) => {
  const sums = new Map<string, { sum: number; count: number }>()
  let tokens = 0
  let judgeCalls = 0
  let blocked = 0
  let firstError: ComparisonProgress["firstError"]

  const take = (cell: Cell.Cell) => {
    const { error, rowId, scores, usage } = cell
    tokens += (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0)
    if (error?.tag === "ContentBlocked") blocked++
    if (error !== undefined) firstError ??= { candidate: settings.candidate, rowId, tag: error.tag }
    for (const [metric, { samples, score }] of Object.entries(scores)) {
      judgeCalls += samples?.asked ?? 0
      if (score === null) continue
      const before = sums.get(metric) ?? { sum: 0, count: 0 }
      sums.set(metric, { sum: before.sum + score, count: before.count + 1 })
    }
  }

  return ({ cell, cost, done, failed, judgeCost, resumed, rows }: Evaluate.Progress): Effect.Effect<void> =>
    Effect.suspend(() => {
      take(cell)
      const calls = Math.min(settings.concurrency, rows - done)
      return onProgress({
        total: rows,
        done,
        resumed,
        failed,
        blocked,
        cost,
        judgeCost,
        heldUsd: undefined,
        budgetUsd: settings.budget,
        tokens,
        judgeCalls,
        retries: { quota: 0, unavailable: 0, other: 0 },
        candidates: [
          {
            candidate: settings.candidate,
            model: settings.model,
            total: rows,
            done,
            ok: done - failed,
            failed,
            blocked,
            means: Object.fromEntries([...sums].map(([metric, { count, sum }]) => [metric, sum / count])),
            p50Ms: undefined,
            cost,
            activity: calls === 0 ? { _tag: "Done" } : { _tag: "InFlight", calls }
          }
        ],
        firstError
      })
    })
}
