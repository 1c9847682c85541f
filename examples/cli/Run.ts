/** Runs an example as a command: under its budget, with its report on standard output and everything else on standard error. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
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
import * as Failure from "./Failure.ts"
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

const run = <A, E>(example: Example<A, E>, options: Options.Options, budget: Money.Money) =>
  Effect.gen(function* () {
    let books: BudgetGuard.Spending | undefined
    const onEnd = (spending: BudgetGuard.Spending) =>
      Effect.suspend(() => {
        books = spending
        return Console.error(bookkeeping(spending, budget))
      })
    const result = yield* BudgetGuard.within(example.program, { name: example.name, usd: budget }, { onEnd })
    const data = {
      example: example.name,
      target: options.live ? "vertex" : "emulator",
      spentUsd: books === undefined ? null : Money.toDecimal(books.spent.usd),
      uncertainUsd: books === undefined ? null : Money.toDecimal(books.uncertain.usd),
      result: example.json(result)
    }
    const json = JSON.stringify(data, undefined, 2)
    yield* Console.log(options.json ? json : example.report(result, columns()))
    if (options.out._tag === "Some") {
      const fs = yield* FileSystem.FileSystem
      const file = (yield* Path.Path).join(options.out.value, `${example.name}.json`)
      yield* fs.makeDirectory(options.out.value, { recursive: true })
      yield* fs.writeFileString(file, `${json}\n`)
      yield* Console.error(`results ${file}`)
    }
    const failure = example.failure?.(result)
    if (failure !== undefined) return yield* Effect.fail(failure)
  })

/** The handler of an example's command. */
export const example = <A, E>(options: Options.Options, example: Example<A, E>) =>
  Effect.gen(function* () {
    const budget = yield* Options.budget(options)
    yield* Effect.fromResult(Budget.limits({ usd: budget }))
    yield* options.dryRun ? plan(example, options, budget) : run(example, options, budget)
  }).pipe(Effect.provide(Target.layer(options, example.embedded)))

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
    NodeRuntime.runMain({
      disableErrorReporting: true,
      teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) ? 0 : Failure.exitCode(exit.cause))
    })
  )
