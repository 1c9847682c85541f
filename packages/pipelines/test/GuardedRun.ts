/**
 * A program in a budget against a scripted model, with the books of both.
 */
import type * as Budget from "@genops/core/Budget"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import { assert } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import * as WorstCase from "../src/WorstCase.ts"
import * as OracleModel from "./OracleModel.ts"

export const configuration = ModelConfiguration.make("oracle", { generationConfig: { maxOutputTokens: 100 } })
export const success: OracleModel.Script = { inputTokens: 10, outputTokens: 20, ends: "success" }
/** 10 input and 20 output tokens. */
export const costOfSuccess = Money.usd("0.00007")

export const call = (input = "hello", of = configuration) => GenerativeModel.generate(of, input)

export const worstOf = (input = "hello", of = configuration) =>
  WorstCase.of({ configuration: of, input, location: "global", prices: OracleModel.prices, at: DateTime.makeUnsafe(0) })

/** A budget of money for this many calls at their worst case. */
export const room = (calls: number, extra = Money.zero) =>
  ({ name: "run", usd: Money.toDecimal(Money.plus(Money.times(worstOf().usd, calls), extra)) }) as const

/** Runs the program in a budget, and gives how it ended, the closed books and the provider's. */
export const run = <A, E, R>(
  script: OracleModel.Script | ((input: string) => OracleModel.Script),
  program: Effect.Effect<A, E, R | GenerativeModel.GenerativeModel>,
  options: BudgetGuard.Options & { readonly limits?: Budget.LimitsInput; readonly reports?: boolean } = {}
) =>
  Effect.gen(function* () {
    const oracle = OracleModel.make({
      script: typeof script === "function" ? script : () => script,
      ...(options.reports === undefined ? {} : { reports: options.reports })
    })
    let books: BudgetGuard.Spending | undefined
    const exit = yield* program.pipe(
      BudgetGuard.within(options.limits ?? room(10), {
        ...options,
        onEnd: (spending) =>
          Effect.sync(() => {
            books = spending
          })
      }),
      Effect.exit,
      Effect.provide(OracleModel.layer(oracle))
    )
    if (books === undefined) return yield* Effect.die("the books were not closed")
    assert.strictEqual(books.held.usd, 0n, "nothing is held at the end")
    return { exit, books, oracle }
  })

/** The typed failure of an exit, which must have this tag. */
export const errorOf = <E extends { readonly _tag: string }, const Tag extends E["_tag"]>(
  exit: Exit.Exit<unknown, E>,
  tag: Tag
) => {
  const error = Option.getOrThrow(Exit.findErrorOption(exit))
  const isTagged = (error: E): error is Extract<E, { readonly _tag: Tag }> => error._tag === tag
  if (!isTagged(error)) throw new Error(`expected ${tag}, got ${error._tag}`)
  return error
}
