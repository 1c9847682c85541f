/** Runs an example as a command: under its budget, with its report on standard output and everything else on standard error. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Budget from "@genops/core/Budget"
import * as Money from "@genops/core/Money"
import * as Release from "@genops/core/Release"
import * as BudgetGuard from "@genops/pipelines/BudgetGuard"
import * as Estimate from "@genops/pipelines/Estimate"
import type * as Vertex from "@genops/vertex/Vertex"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Runtime from "effect/Runtime"
import * as Failure from "./Failure.ts"
import * as Interruption from "./Interruption.ts"
import * as Options from "./Options.ts"
import * as Target from "./Target.ts"

/** An example: what it does, how people read its result and what `--json` and `--out` write of it. */
export interface Example<A, E> {
  readonly name: string
  readonly program: Effect.Effect<A, E, Vertex.Services | Target.Target | NodeServices.NodeServices>
  readonly report: (result: A, columns: number) => string
  readonly json: (result: A) => unknown
  /** How the embedded emulator is started. */
  readonly embedded?: Target.Embedded
  /** A failure inside a result that was reported all the same: it decides the exit code. */
  readonly failure?: (result: A) => unknown
}

const columns = () => Math.max(60, Math.min(process.stdout.columns ?? 100, 160))

const bookkeeping = (spending: BudgetGuard.Spending, budget: Money.Money) => {
  const { refused, spent, uncertain } = spending
  return [
    `spent ${Money.format(spent.usd)} of ${Money.format(budget)}`,
    ...(uncertain.usd > 0n ? [`${Money.format(uncertain.usd)} of it booked at worst case`] : []),
    ...(refused > 0 ? [`${refused} refused, not sent`] : [])
  ].join(", ")
}

const plan = <A, E>(example: Example<A, E>, options: Options.Options, budget: Money.Money) =>
  Effect.gen(function* () {
    const estimate = yield* BudgetGuard.estimate(example.program)
    const text = options.json
      ? JSON.stringify({ example: example.name, dryRun: true, ...jsonOf(estimate) }, undefined, 2)
      : [
          `${example.name}, dry run: only counted, nothing was sent to a model`,
          ...Estimate.lines(estimate, { budget })
        ].join("\n")
    yield* Console.log(text)
    yield* estimate.exit
  })

const jsonOf = ({ calls, likely, models, worst }: Estimate.Estimate<unknown, unknown>) => ({
  calls,
  likelyUsd: Money.toDecimal(likely),
  worstUsd: Money.toDecimal(worst),
  models: models.map((one) => ({
    ...one,
    likely: one.priceUnknown === undefined ? Money.toDecimal(one.likely) : null,
    worst: one.priceUnknown === undefined ? Money.toDecimal(one.worst) : null,
    priceUnknown: one.priceUnknown?.message
  }))
})

interface Spent {
  readonly usd: Money.Money
  readonly uncertain: Money.Money
}

/** Shows and writes a result, and fails with the failure that is inside it. */
const deliver = <A>(
  { failure, json, name, report }: Pick<Example<A, never>, "failure" | "json" | "name" | "report">,
  options: Options.Options,
  result: A,
  spent: Spent | undefined
) =>
  Effect.gen(function* () {
    const data = {
      example: name,
      target: options.live ? "vertex" : "emulator",
      spentUsd: spent === undefined ? null : Money.toDecimal(spent.usd),
      uncertainUsd: spent === undefined ? null : Money.toDecimal(spent.uncertain),
      result: json(result)
    }
    const text = JSON.stringify(data, undefined, 2)
    yield* Console.log(options.json ? text : report(result, columns()))
    if (options.out._tag === "Some") {
      const fs = yield* FileSystem.FileSystem
      const file = (yield* Path.Path).join(options.out.value, `${name}.json`)
      yield* fs.makeDirectory(options.out.value, { recursive: true })
      yield* fs.writeFileString(file, `${text}\n`)
      yield* Console.error(`results ${file}`)
    }
    const failed = failure?.(result)
    if (failed !== undefined) return yield* Effect.fail(failed)
  })

const run = <A, E>(example: Example<A, E>, options: Options.Options, budget: Money.Money) =>
  Effect.gen(function* () {
    let books: BudgetGuard.Spending | undefined
    const onEnd = (spending: BudgetGuard.Spending) =>
      Effect.suspend(() => {
        books = spending
        return Console.error(bookkeeping(spending, budget))
      })
    const result = yield* BudgetGuard.within(example.program, { name: example.name, usd: budget }, { onEnd })
    const spent = books === undefined ? undefined : { usd: books.spent.usd, uncertain: books.uncertain.usd }
    yield* deliver(example, options, result, spent)
  })

/** The handler of an example's command. */
export const example = <A, E>(options: Options.Options, example: Example<A, E>) =>
  Effect.gen(function* () {
    const budget = yield* Options.budget(options)
    yield* Effect.fromResult(Budget.limits({ usd: budget }))
    yield* options.dryRun ? plan(example, options, budget) : run(example, options, budget)
  }).pipe(Effect.provide(Target.layer(options, example.embedded)))

/** What a part of a durable run costs, or all of it. */
interface Cost {
  readonly likely: Money.Money
  readonly worst: Money.Money
}

/** A durable example: its budget is part of the run, so that it holds over all processes that work on it. */
export interface Durable<A, E> extends Omit<Example<A, E>, "program"> {
  readonly program: (budget: Money.Money) => Example<A, E>["program"]
  readonly plan: (
    budget: Money.Money
  ) => Effect.Effect<
    Readonly<Record<string, Cost>>,
    unknown,
    Vertex.Services | Target.Target | NodeServices.NodeServices
  >
  /** What becomes of a run whose worst case exceeds its budget. */
  readonly whenWorst?: "refused" | "stopped"
  /** What the run has cost; undefined when it was not run to its end. */
  readonly spent: (result: A) => Spent | undefined
}

const sum = (parts: Readonly<Record<string, Cost>>): Cost => ({
  likely: Money.ReducerSum.combineAll(Object.values(parts).map(({ likely }) => likely)),
  worst: Money.ReducerSum.combineAll(Object.values(parts).map(({ worst }) => worst))
})

const consequences = {
  refused: "would be refused before it pays",
  stopped: "stops when no call fits any more, keeps what it has and says so"
}

const planDurable = <A, E>(example: Durable<A, E>, options: Options.Options, budget: Money.Money) =>
  Effect.gen(function* () {
    const parts = yield* example.plan(budget)
    const all = sum(parts)
    const decimals = ({ likely, worst }: Cost) => ({
      likelyUsd: Money.toDecimal(likely),
      worstUsd: Money.toDecimal(worst)
    })
    const text = (name: string, { likely, worst }: Cost) =>
      `${name.padEnd(12)} ${Money.format(likely)} likely, ${Money.format(worst)} at worst`
    yield* Console.log(
      options.json
        ? JSON.stringify({ example: example.name, dryRun: true, ...decimals(all), parts: mapValues(parts, decimals) })
        : [
            `${example.name}, dry run: only counted, nothing was ordered or sent to a model`,
            ...Object.entries(parts).map(([name, cost]) => `  ${text(name, cost)}`),
            `${text("estimate", all)}   budget ${Money.format(budget)}`,
            ...(all.worst > budget
              ? [`! worst case exceeds the budget: the run ${consequences[example.whenWorst ?? "refused"]}`]
              : [])
          ].join("\n")
    )
  })

const mapValues = <A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]))

/** The handler of a durable example's command. */
export const durable = <A, E>(options: Options.Options, example: Durable<A, E>) =>
  Effect.gen(function* () {
    const budget = yield* Options.budget(options)
    yield* Effect.fromResult(Budget.limits({ usd: budget }))
    if (options.dryRun) return yield* planDurable(example, options, budget)
    const result = yield* example.program(budget)
    const spent = example.spent(result)
    if (spent !== undefined) {
      const uncertain = spent.uncertain > 0n ? `, ${Money.format(spent.uncertain)} of it booked at worst case` : ""
      yield* Console.error(`spent ${Money.format(spent.usd)} of ${Money.format(budget)}${uncertain}`)
    }
    yield* deliver(example, options, result, spent)
  }).pipe(Effect.provide(Target.layer(options, example.embedded)))

const runMain = Runtime.makeRunMain(({ fiber, teardown }) => {
  let isSignalled = false
  const interrupt = () => fiber.interruptUnsafe(fiber.id)
  const onSigterm = () => {
    isSignalled = true
    interrupt()
  }
  const onSigint = () => {
    isSignalled = true
    Interruption.onSigint(interrupt)
  }
  process.on("SIGINT", onSigint)
  process.on("SIGTERM", onSigterm)
  fiber.addObserver((exit) => {
    process.off("SIGINT", onSigint)
    process.off("SIGTERM", onSigterm)
    teardown(exit, (code) => {
      if (isSignalled || code !== 0) process.exit(code)
    })
  })
})

/** Starts the command with the flags of this process and ends it with the exit code that its outcome asks for. */
export const main = <const Name extends string, Input, Context, E>(
  command: Command.Command<Name, Input, Context, E, NodeServices.NodeServices>
): void =>
  command.pipe(
    Command.run({ version: Release.version }),
    Effect.tapCause((cause) => {
      const text = Failure.describe(cause)
      return text === undefined ? Effect.void : Console.error(text)
    }),
    Effect.provide(NodeServices.layer),
    runMain({
      disableErrorReporting: true,
      teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) ? 0 : Failure.exitCode(exit.cause))
    })
  )
