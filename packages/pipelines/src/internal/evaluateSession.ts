/**
 * A session of a run: continues what is kept of it, and works on the cells that are not finished.
 *
 * Each candidate reads the dataset for itself. A common reading would have to wait for the slowest candidate or keep the rows between
 * it and the fastest; rows cost microseconds to read and answers seconds to make.
 */
import type * as Metric from "@genops/core/Metric"
import * as Evaluation from "@genops/vertex/Evaluation"
import { GenerativeModel } from "@genops/vertex/GenerativeModel"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as BudgetBooks from "../BudgetBooks.ts"
import type * as Cell from "../Cell.ts"
import * as FanOut from "../FanOut.ts"
import * as ResultStore from "../ResultStore.ts"
import type { ResultStoreError } from "../ResultStoreError.ts"
import type * as RunManifest from "../RunManifest.ts"
import { StopRequested } from "../StopRequested.ts"
import type { Judges } from "./evaluateCell.ts"
import type * as Failure from "./evaluateFailure.ts"
import * as Lane from "./evaluateLane.ts"
import * as Manifest from "./evaluateManifest.ts"
import * as Meter from "./evaluateMeter.ts"
import * as Pass from "./evaluatePass.ts"
import * as Guard from "./guard.ts"

/** What is to be run, and how. */
export interface Settings<A, E, R, S extends Summary> extends Manifest.Plan<A, E, R> {
  readonly concurrency: FanOut.Limits<string>
  readonly onBudgetExceeded: "stop" | "skip"
  /** Whether the innermost budget around the session is one for judges only. */
  readonly hasJudgeBudget: boolean
  /** How many cells that have their answers are scored at a time; undefined when they are among those of the concurrency. */
  readonly scoring: number | undefined
  /** Whether cells that the service was too busy for are tried again at the end. */
  readonly triesAgain: boolean
  /** Ends the session in order when it completes. */
  readonly stopWhen: Effect.Effect<void> | undefined
  /** Told of each cell that was kept. */
  readonly onCell: (session: Session, lane: Lane.Lane, cell: Cell.Cell) => Effect.Effect<void>
  /** Told of each candidate whose work is done. */
  readonly onDone: (session: Session) => Effect.Effect<void>
  /** Runs beside the work, from its start to its end. */
  readonly beside: (session: Session) => Effect.Effect<void>
  /** What is kept as the summary when the session ends. */
  readonly summarise: (session: Session) => S
}

/** What a store keeps as a summary. */
type Summary = Parameters<ResultStore.Run["finish"]>[0]

/** A session at work, or ended. */
export interface Session {
  readonly manifest: RunManifest.RunManifest
  readonly metrics: ReadonlyArray<Metric.Metric>
  readonly place: string
  readonly lanes: ReadonlyArray<Lane.Lane>
  /** Cells that earlier sessions have finished. */
  readonly resumed: number
  readonly unsaved: ReadonlyArray<Cell.Cell>
  /** Why it was ended early. */
  readonly stop: Failure.Stop["reason"] | ResultStoreError | StopRequested | undefined
  readonly firstError: { readonly candidate: string; readonly rowId: string; readonly tag: string } | undefined
}

/** Judged metrics come last: what is free is there even if a judge fails. */
const inOrder = (metrics: ReadonlyArray<Metric.Metric>) => [
  ...metrics.filter(({ _tag }) => _tag === "Computed"),
  ...metrics.filter(({ _tag }) => _tag !== "Computed")
]

/**
 * Runs a session to its end. Fails with what is wrong before the first paid call, and with `DatasetChanged`; a session that was ended
 * early succeeds and says why.
 */
export const run = <A extends object, E, R, S extends Summary>(settings: Settings<A, E, R, S>) =>
  Effect.gen(function* () {
    const { comparison, confidence, dataset, onBudgetExceeded, runId, seed } = settings
    const model = yield* GenerativeModel
    const evaluation = yield* Evaluation.Evaluation
    const store = yield* ResultStore.ResultStore
    const { manifest, metrics, versions } = yield* Manifest.prepare(settings)
    const opened = yield* store.open(manifest)

    const { repeats = 1 } = manifest
    const { rows } = manifest.dataset
    const budgets = yield* Guard.Budgets
    const judges: Judges = { budget: settings.hasJudgeBudget ? budgets.at(-1) : undefined, exhausted: undefined }
    const common: Lane.Common = { runId, versions, onBudgetExceeded, judges, model, evaluation }
    const lanes = settings.candidates.map((candidate) => {
      const isBaseline = candidate.name === comparison?.baseline
      const own = isBaseline ? metrics.filter(({ _tag }) => _tag !== "Pairwise") : metrics
      return Lane.make(candidate, inOrder(own), { rows, repeats, versions, seed, confidence }, common)
    })
    const byName = new Map(lanes.map((lane) => [lane.candidate.name, lane]))
    const compares = comparison !== undefined && metrics.some(({ _tag }) => _tag === "Pairwise")
    const books = { generation: Meter.nothing, judge: Meter.nothing }
    const book = (cell: Cell.Cell) => {
      books.generation = Meter.plus(books.generation, Meter.ofCell(cell, "generation"))
      books.judge = Meter.plus(books.judge, Meter.ofCell(cell, "judge"))
    }
    yield* Stream.runForEach(opened.kept, ({ cell, position }) =>
      Effect.sync(() => {
        const lane = byName.get(cell.candidate)
        book(cell)
        if (lane === undefined || cell.fingerprint !== lane.candidate.fingerprint) return
        Lane.put(lane, cell.row * repeats + (cell.repeat ?? 0), cell, position, compares)
      })
    )
    for (const lane of lanes) lane.done = lane.table.counts().finished

    const unsaved: Array<Cell.Cell> = []
    const session: { -readonly [K in keyof Session]: Session[K] } = {
      manifest,
      metrics,
      place: opened.place,
      lanes,
      resumed: lanes.reduce((sum, { done }) => sum + done, 0),
      unsaved,
      stop: undefined,
      firstError: undefined
    }
    const stopped = Deferred.makeUnsafe<void>()
    const stop = (reason: NonNullable<Session["stop"]>) => {
      session.stop ??= reason
      Deferred.doneUnsafe(stopped, Effect.void)
    }
    const keep: Pass.Context<A, E, R>["keep"] = Effect.fnUntraced(function* (lane, index, cell) {
      book(cell)
      const kept = yield* Effect.result(opened.append(cell))
      if (kept._tag === "Failure") {
        unsaved.push(cell)
        return stop(kept.failure)
      }
      Lane.put(lane, index, cell, kept.success, compares)
      const { candidate, error, rowId } = cell
      if (error !== undefined) session.firstError ??= { candidate, rowId, tag: error.tag }
      // The caller's own budgets are around what it is told, not the books of a cell.
      yield* Effect.provideService(settings.onCell(session, lane, cell), Guard.Budgets, budgets)
    })
    const context: Pass.Context<A, E, R> = {
      dataset,
      prompt: settings.prompt,
      columns: settings.columns,
      sha256: manifest.dataset.sha256,
      repeats,
      isShared: lanes.length > 1,
      room: FanOut.make(settings.concurrency),
      scoring: settings.scoring === undefined ? undefined : Semaphore.makeUnsafe(settings.scoring),
      at: (position) =>
        Effect.catch(opened.at(position), (error) =>
          Effect.sync(() => {
            stop(error)
            return undefined
          })
        ),
      isStopped: () => session.stop !== undefined,
      stop: (lane, { reason, scope }) => {
        if (scope === "run") return stop(reason)
        lane.failure ??= reason
        // When nobody is left, the run has ended.
        if (lanes.every(({ failure }) => failure !== undefined)) stop(lanes[0]?.failure ?? reason)
      },
      keep
    }

    /** A pass, and once more over the cells that the service was too busy for, when it had time to recover. */
    const work = (lane: Lane.Lane, stage: Pass.Stage) =>
      Effect.gen(function* () {
        // Those that an earlier stage has given up for good are none of this one.
        lane.givenUp.clear()
        yield* Pass.run(context, lane, stage)
        if (!settings.triesAgain || lane.givenUp.size === 0) return
        if (session.stop !== undefined || lane.failure !== undefined) return
        lane.pausedUntil = lane.givenUpAt + recovery
        const left = Math.max(0, lane.pausedUntil - (yield* Clock.currentTimeMillis))
        yield* Effect.raceFirst(Effect.sleep(left), Deferred.await(stopped))
        lane.pausedUntil = undefined
        const again = new Set(lane.givenUp)
        lane.givenUp.clear()
        yield* Pass.run(context, lane, { ...stage, wants: (index) => again.has(index), counts: false })
      })

    const baseline = comparison === undefined ? undefined : byName.get(comparison.baseline)
    const whole = (lane: Lane.Lane) =>
      Effect.gen(function* () {
        lane.region = (yield* Guard.Budgets).at(-1)?.region
        yield* Effect.ensuring(work(lane, Pass.answers(lane, compares)), Deferred.succeed(lane.answered, undefined))
        if (compares && baseline !== undefined && lane !== baseline) {
          yield* Deferred.await(baseline.answered)
          yield* work(lane, Pass.pairs(lane, baseline))
        }
        lane.isDone = true
        yield* settings.onDone(session)
      })
    const all = Effect.forEach(lanes, (lane) => Effect.flatMap(BudgetBooks.measure(whole(lane)), ({ exit }) => exit), {
      concurrency: "unbounded",
      discard: true
    })

    const key = `${opened.place}\n${runId}`
    const answersOnly = <B, E2, R2>(effect: Effect.Effect<B, E2, R2>) => Meter.outside(effect, judges.budget)
    yield* answersOnly(Meter.resume(`${key} answers`, books.generation))
    yield* Meter.resume(`${key} judges`, books.judge)
    const close = Effect.suspend(() =>
      Effect.andThen(
        answersOnly(Meter.close(`${key} answers`, books.generation)),
        Meter.close(`${key} judges`, books.judge)
      )
    )
    if (settings.stopWhen !== undefined) {
      yield* Effect.forkScoped(
        Effect.map(settings.stopWhen, () => stop(new StopRequested())),
        { startImmediately: true }
      )
    }
    yield* Effect.raceFirst(all, Effect.andThen(settings.beside(session), Effect.never)).pipe(Effect.ensuring(close))

    session.stop ??= judges.exhausted
    const summary = settings.summarise(session)
    const finished = yield* Effect.result(opened.finish(summary))
    if (finished._tag === "Failure") session.stop ??= finished.failure
    const ended: Session & { readonly summary: S } = { ...session, summary }
    return ended
  }).pipe(Effect.scoped)

/** How long the service is given to recover before cells that it was too busy for are tried again, in milliseconds. */
const recovery = 10_000
