/**
 * A model whose calls are booked in the budgets around them.
 */
import * as Budget from "@genops/core/Budget"
import type * as Content from "@genops/core/Content"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as PriceTable from "@genops/core/PriceTable"
import { CallMeter } from "@genops/vertex/CallMeter"
import type * as GenerateResponse from "@genops/vertex/GenerateResponse"
import { GenerativeModel, type GenerateError } from "@genops/vertex/GenerativeModel"
import type { TokenCounter } from "@genops/vertex/TokenCounter"
import * as VertexError from "@genops/vertex/VertexError"
import * as Arr from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as WorstCase from "../WorstCase.ts"
import type * as Accounting from "./accounting.ts"
import * as Region from "./region.ts"

/** One budget around a call: limits that each request must keep, or a ledger over all of them. */
export interface Enclosing {
  readonly counter: TokenCounter["Service"]
  readonly counts: boolean
  readonly limitsMoney: boolean
  readonly onUnknownPrice: "refuse" | "allow"
  readonly perRequest?: Budget.Limits
  readonly region?: Region.Region
}

/** The budgets around the current fiber, from the outermost to the innermost. */
export const Budgets = Context.Reference<ReadonlyArray<Enclosing>>("@genops/pipelines/BudgetGuard/Budgets", {
  defaultValue: () => []
})

interface Call {
  readonly hold: Region.Hold
  readonly worst: WorstCase.WorstCase
  readonly region: Region.Region
  /** Whether the request may have reached the model. */
  sent: boolean
  /** Whether the implementation says so itself. */
  reports: boolean
  draining: boolean
}

/** The call that the current fiber makes, for a metered model inside a metered model: the inner one books. */
const Current = Context.Reference<Call | undefined>("@genops/pipelines/BudgetGuard/Current", {
  defaultValue: () => undefined
})

const book = (call: Call, outcome: Accounting.Outcome): void => {
  switch (outcome._tag) {
    case "NotBilled":
      return Region.end(call.hold, { _tag: "Release" })
    case "Unknown":
      return Region.end(call.hold, { _tag: "Worst", amount: call.hold.worst })
    case "Used": {
      const amount = WorstCase.actual(call.worst, outcome.usage, outcome.searchQueries)
      return Region.end(call.hold, { _tag: "Actual", amount })
    }
  }
}

const meterOf = (call: Call): CallMeter => ({
  queued: () => {
    call.reports = true
    call.sent = false
  },
  sent: () => {
    call.sent = true
  },
  retrying: (billed) =>
    Effect.suspend(() => {
      call.sent = !call.reports
      if (billed !== "no") book(call, { _tag: "Unknown" })
      if (call.draining) return Effect.interrupt
      return billed === "no"
        ? Effect.void
        : Effect.uninterruptible(Effect.andThen(Region.take(call.hold), Region.sending(call.hold)))
    })
})

/** Reckons what the call can cost, and asks the budgets that look at one request only. */
const assess: (
  budgets: ReadonlyArray<Enclosing>,
  location: string,
  operation: string,
  configuration: ModelConfiguration.ModelConfiguration,
  input: Content.Input
) => Effect.Effect<WorstCase.WorstCase, GenerateError> = Effect.fnUntraced(
  function* (budgets, location, operation, configuration, input) {
    const valid = ModelConfiguration.validate(configuration)
    if (Result.isFailure(valid)) return yield* Effect.fail(invalid(operation, configuration, valid.failure))
    const counter = budgets.findLast(({ counts }) => counts) ?? budgets.at(-1)
    const counted =
      counter !== undefined && (counter.counts || WorstCase.needsCount(configuration, input))
        ? yield* counter.counter.count(configuration, input)
        : undefined
    const prices = yield* PriceTable.Prices
    const at = yield* DateTime.now
    const worst = WorstCase.of({ configuration, input, location, prices, at, counted })
    for (const { limitsMoney, onUnknownPrice, perRequest } of budgets.toReversed()) {
      if (limitsMoney && onUnknownPrice === "refuse") yield* Effect.fromResult(worst.price)
      if (perRequest === undefined) continue
      const fits = Budget.check(perRequest, worst.amount)
      yield* Effect.fromResult(Result.mapError(fits, (refusal) => Budget.explain(refusal, worst.explain())))
    }
    return worst
  }
)

const invalid = (
  operation: string,
  configuration: ModelConfiguration.ModelConfiguration,
  { issues, message }: ModelConfiguration.InvalidConfiguration
) =>
  new VertexError.VertexError({
    operation,
    target: configuration.model,
    billed: "no",
    attempts: [],
    reason: new VertexError.InvalidRequest({
      description: message,
      violations: issues.map(({ path, reason }) => ({ field: path, description: reason }))
    })
  })

/** Holds the worst case of a call. For use in an uninterruptible region. */
const open: (
  regions: Arr.NonEmptyReadonlyArray<Region.Region>,
  worst: WorstCase.WorstCase
) => Effect.Effect<Call, Budget.BudgetExceeded> = Effect.fnUntraced(function* (regions, worst) {
  const outer = yield* Current
  // A model around this one made the outer call: it sends through this one, unless it said that it sends itself.
  if (outer !== undefined && !(outer.reports && outer.sent)) Region.end(outer.hold, { _tag: "Release" })
  const hold: Region.Hold = { regions, worst: worst.amount, explain: worst.explain, ids: undefined }
  yield* Region.take(hold)
  yield* Region.sending(hold)
  if (Result.isFailure(worst.price)) for (const region of regions) region.unpriced++
  return { hold, worst, region: Arr.lastNonEmpty(regions), sent: false, reports: false, draining: false }
})

/** Runs the call in a fiber of its own, so that it can go on when its caller is gone. When it ends, it has booked. */
const start = <A>(
  call: Call,
  send: Effect.Effect<A, GenerateError>,
  meter: (answer: A) => Accounting.Reading
): Effect.Effect<Fiber.Fiber<A, GenerateError>> =>
  Effect.suspend(() => {
    // Until the implementation says that it is not.
    call.sent = true
    return send
  }).pipe(
    Effect.provideService(CallMeter, meterOf(call)),
    Effect.provideService(Current, call),
    Effect.interruptible,
    Effect.onExit((exit) =>
      Effect.sync(() => book(call, call.region.accounting.outcome(Exit.map(exit, meter), call.sent)))
    ),
    Effect.forkDetach({ startImmediately: true, uninterruptible: true })
  )

/** Ends a call whose caller is gone. What was sent is read to its end for the grace time, so that its true cost is booked. */
const stop = <A>(call: Call, fiber: Fiber.Fiber<A, GenerateError>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { drainTimeout, onInterrupt } = call.region
    if (call.hold.ids === undefined || !call.sent || onInterrupt === "abort") return Fiber.interrupt(fiber)
    call.draining = true
    const drain = Effect.timeoutOption(Fiber.await(fiber), drainTimeout).pipe(
      Effect.andThen(
        Effect.sync(() => {
          book(call, { _tag: "Unknown" })
          fiber.interruptUnsafe()
        })
      )
    )
    return Effect.map(Effect.forkDetach(drain), (draining) => {
      for (const { draining: all } of call.hold.regions) {
        all.add(draining)
        draining.addObserver(() => all.delete(draining))
      }
    })
  })

const regionsOf = (budgets: ReadonlyArray<Enclosing>) => budgets.flatMap(({ region }) => region ?? [])

const metered = new WeakSet<object>()

/** Marks a model as one whose calls need no booking. */
export const exempt = <M extends GenerativeModel["Service"]>(model: M): M => {
  metered.add(model)
  return model
}

// Deltas that a slow reader of a stream has not taken yet; the connection waits when they are more.
const buffered = 256

/** Wraps a model so that each call is booked in the budgets around the fiber that makes it. */
export const meter = (model: GenerativeModel["Service"]): GenerativeModel["Service"] => {
  if (metered.has(model)) return model
  const { location } = model

  const generate: GenerativeModel["Service"]["generate"] = Effect.fnUntraced(function* (configuration, input) {
    const send = Effect.suspend(() => model.generate(configuration, input))
    const budgets = yield* Budgets
    if (budgets.length === 0) return yield* send
    const worst = yield* assess(budgets, location, "generateContent", configuration, input)
    const regions = regionsOf(budgets)
    if (!Arr.isReadonlyArrayNonEmpty(regions)) return yield* send
    return yield* Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(open(regions, worst), (call) =>
        Effect.flatMap(start(call, send, readingOf), (fiber) =>
          Effect.onInterrupt(restore(Fiber.join(fiber)), () => stop(call, fiber))
        )
      )
    )
  })

  const stream: GenerativeModel["Service"]["stream"] = (configuration, input) =>
    Effect.gen(function* () {
      const deltas = Stream.suspend(() => model.stream(configuration, input))
      const budgets = yield* Budgets
      if (budgets.length === 0) return deltas
      const worst = yield* assess(budgets, location, "streamGenerateContent", configuration, input)
      const regions = regionsOf(budgets)
      if (!Arr.isReadonlyArrayNonEmpty(regions)) return deltas
      return yield* Effect.uninterruptible(
        Effect.gen(function* () {
          const call = yield* open(regions, worst)
          const queue = yield* Queue.bounded<GenerateResponse.GenerateResponse, GenerateError | Cause.Done>(buffered)
          const fiber = yield* start(call, readInto(queue, deltas), (reading) => reading)
          fiber.addObserver((exit) => {
            if (Exit.isSuccess(exit)) Queue.endUnsafe(queue)
            else Queue.failCauseUnsafe(queue, exit.cause)
          })
          yield* Effect.addFinalizer(() =>
            Effect.suspend(() => {
              Queue.shutdownUnsafe(queue)
              return fiber.pollUnsafe() === undefined ? stop(call, fiber) : Effect.void
            })
          )
          return Stream.fromQueue(queue)
        })
      )
    }).pipe(Stream.unwrap)

  return exempt(GenerativeModel.of({ location, generate, stream }))
}

const readingOf = ({ grounding, usage }: GenerateResponse.GenerateResponse): Accounting.Reading => ({
  usage,
  searchQueries: grounding?.webSearchQueries?.length ?? 0
})

/** Passes the deltas on and returns what they say at last. After the queue was shut down it reads on alone. */
const readInto = (
  queue: Queue.Enqueue<GenerateResponse.GenerateResponse, GenerateError | Cause.Done>,
  deltas: Stream.Stream<GenerateResponse.GenerateResponse, GenerateError>
): Effect.Effect<Accounting.Reading, GenerateError> =>
  Effect.suspend(() => {
    let last: Accounting.Reading = { usage: undefined, searchQueries: 0 }
    return deltas.pipe(
      Stream.runForEach((delta) => {
        const { searchQueries, usage } = readingOf(delta)
        last = { usage: usage ?? last.usage, searchQueries: Math.max(searchQueries, last.searchQueries) }
        return Queue.offer(queue, delta)
      }),
      Effect.map(() => last)
    )
  })
