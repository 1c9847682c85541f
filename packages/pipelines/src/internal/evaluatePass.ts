/** One reading of the dataset for one candidate. */
import type * as Dataset from "@genops/core/Dataset"
import type * as Metric from "@genops/core/Metric"
import type * as Prompt from "@genops/core/Prompt"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type * as Cell from "../Cell.ts"
import type * as FanOut from "../FanOut.ts"
import * as Cells from "./evaluateCell.ts"
import * as Failure from "./evaluateFailure.ts"
import * as Lane from "./evaluateLane.ts"
import * as Row from "./evaluateRow.ts"

/**
 * The dataset has other rows than a moment ago, when it was checked. Rows that were done are kept under the run id.
 *
 * @since 0.1.0
 */
export class DatasetChanged extends Schema.TaggedError<DatasetChanged>()("DatasetChanged", { source: Schema.String }) {
  override get message() {
    return `${this.source} changed while it was being evaluated.\n  Run again with a new run id: results of different data are not mixed.`
  }
}

/** What all passes of a session have in common. */
export interface Context<A, E, R> {
  readonly dataset: Dataset.Dataset<A, E, R>
  readonly prompt: Prompt.Prompt | undefined
  readonly columns: Row.Columns
  /** Of the dataset when it was checked. */
  readonly sha256: string
  readonly repeats: number
  /** Whether other candidates want room too. */
  readonly isShared: boolean
  readonly room: FanOut.FanOut<string>
  /** Room for cells that have their answers and are scored; undefined when they keep the room that they have. */
  readonly scoring: Semaphore.Semaphore | undefined
  /** Reads a kept cell. When it cannot be read, the session is stopped, and it is undefined. */
  readonly at: (position: number) => Effect.Effect<Cell.Cell | undefined>
  readonly isStopped: () => boolean
  readonly stop: (lane: Lane.Lane, stop: Failure.Stop) => void
  readonly keep: (lane: Lane.Lane, index: number, cell: Cell.Cell) => Effect.Effect<void>
}

/** Which cells a pass works on, and what it scores. */
export interface Stage {
  readonly wants: (index: number) => boolean
  readonly metrics: ReadonlyArray<Metric.Metric>
  /** Whose answers pairwise metrics compare with. */
  readonly against: Lane.Lane | undefined
  /** Whether a cell is done with it. */
  readonly counts: boolean
}

/** Answers and their own scores. With `compares`, pairwise metrics come later. */
export const answers = ({ table, work }: Lane.Lane, compares: boolean): Stage => ({
  wants: (index) => table.stateOf(index) !== "finished",
  metrics: compares ? work.metrics.filter(({ _tag }) => _tag !== "Pairwise") : work.metrics,
  against: undefined,
  counts: true
})

/** Pairwise metrics, of the answers that both have. */
export const pairs = ({ table, work }: Lane.Lane, baseline: Lane.Lane): Stage => ({
  wants: (index) =>
    table.stateOf(index) === "unfinished" && table.isAnswered(index) && baseline.table.isAnswered(index),
  metrics: work.metrics.filter(({ _tag }) => _tag === "Pairwise"),
  against: baseline,
  counts: false
})

interface Place<A> {
  readonly index: number
  readonly row: number
  readonly repeat: number
  readonly event: Dataset.Row<A>
}

/** Works on the cells that the stage wants, as there is room. */
export const run = <A extends object, E, R>(context: Context<A, E, R>, lane: Lane.Lane, stage: Stage) => {
  const { columns, dataset, prompt, repeats } = context
  const changed = Effect.fail(new DatasetChanged({ source: dataset.source }))
  const hasEnded = () => context.isStopped() || lane.failure !== undefined

  const earlierOf = (owner: Lane.Lane, index: number) => {
    const position = Lane.positionOf(owner, index)
    return position === undefined ? Effect.succeed(undefined) : context.at(position)
  }

  // Not made anew for each cell: V8 keeps what a generator function closes over until its next full collection.
  const kept = Effect.fnUntraced(function* (
    index: number,
    task: Cells.Task,
    restore: <B, E2, R2>(effect: Effect.Effect<B, E2, R2>) => Effect.Effect<B, E2, R2>
  ) {
    const draft = Cells.draft()
    const exit = yield* Effect.exit(restore(Cells.attempt(lane.work, task, draft)))
    // Also when it was broken off: what was paid is kept.
    if (stage.counts && (draft.isNew || Exit.isSuccess(exit))) lane.done++
    if (draft.isNew) {
      const cell = Cells.cellOf(lane.work, task, draft)
      if (Failure.isGivenUp(cell, stage.metrics)) {
        lane.givenUp.add(index)
        lane.givenUpAt = yield* Clock.currentTimeMillis
      }
      yield* context.keep(lane, index, cell)
    }
    if (Exit.isSuccess(exit)) return
    const stop = Exit.findErrorOption(exit)
    if (Option.isNone(stop)) return yield* Effect.orDie(exit)
    context.stop(lane, stop.value)
  })

  const workOn = Effect.fnUntraced(function* (
    { event: { id, value }, index, repeat, row }: Place<A>,
    onAnswer: Effect.Effect<void>
  ) {
    if (hasEnded()) return
    const prepared = Row.prepare(id, value, prompt, columns)
    if (Result.isFailure(prepared)) return yield* changed
    const earlier = yield* earlierOf(lane, index)
    const against = stage.against === undefined ? undefined : yield* earlierOf(stage.against, index)
    if (hasEnded()) return
    const task: Cells.Task = {
      row,
      rowId: id,
      repeat: repeats > 1 ? repeat : undefined,
      prepared: against?.response === undefined ? prepared.success : Row.against(prepared.success, against.response),
      metrics: stage.metrics,
      earlier,
      onAnswer
    }
    yield* Effect.uninterruptibleMask((restore) => kept(index, task, restore))
  })

  const placesOf = (row: number, event: Dataset.Row<A>): ReadonlyArray<Place<A>> => {
    const wanted: Array<Place<A>> = []
    for (let repeat = 0, index = row * repeats; repeat < repeats; repeat++, index++) {
      if (stage.wants(index)) wanted.push({ index, row, repeat, event })
    }
    return wanted
  }

  const places = Stream.suspend(() => {
    let rows = 0
    return dataset.events.pipe(
      Stream.takeWhile(() => !hasEnded()),
      Stream.mapEffect((event) => {
        if (event._tag === "Row") return Effect.succeed(placesOf(rows++, event))
        return event._tag === "End" && event.report.sha256 !== context.sha256 ? changed : Effect.succeed([])
      }),
      Stream.flattenIterable
    )
  })
  const at = lane.work.configuration?.model ?? lane.work.candidate
  // One that yields does not fill all room before the others have begun.
  const polite = context.isShared ? Stream.tap(places, () => Effect.yieldNow) : places
  return context.room.consume(at, polite, (place, leave) =>
    Effect.suspend(() => {
      const { scoring } = context
      let isScored = false
      lane.running++
      const toScoring =
        scoring === undefined
          ? Effect.void
          : Effect.uninterruptibleMask((restore) =>
              Effect.map(restore(scoring.take(1)), () => {
                isScored = true
              })
            ).pipe(Effect.andThen(leave))
      const ended = Effect.suspend(() => {
        lane.running--
        return isScored && scoring !== undefined ? scoring.release(1) : Effect.void
      })
      return Effect.ensuring(workOn(place, toScoring), ended)
    })
  )
}
