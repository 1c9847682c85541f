import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Money from "@genops/core/Money"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as BudgetGuard from "../src/BudgetGuard.ts"
import * as Estimate from "../src/Estimate.ts"
import * as OracleModel from "./OracleModel.ts"

const configuration = ModelConfiguration.make("oracle", { generationConfig: { maxOutputTokens: 100 } })
const dryRun = <A, E, R>(
  program: Effect.Effect<A, E, R | GenerativeModel.GenerativeModel>,
  options?: Estimate.Options
) => {
  const oracle = OracleModel.make({ script: () => ({ inputTokens: 1, outputTokens: 1, ends: "success" }) })
  return BudgetGuard.estimate(program, options).pipe(
    Effect.provide(OracleModel.layer(oracle)),
    Effect.map((estimate) => ({ estimate, oracle }))
  )
}
const generate = (input: string, of = configuration) => GenerativeModel.generate(of, input)

it.effect("counts every call, also of streams, and sends none", () =>
  Effect.gen(function* () {
    const program = Effect.all([
      generate("12345"),
      generate("1234567890"),
      Stream.runCollect(GenerativeModel.stream(configuration, "12345"))
    ])
    const { estimate, oracle } = yield* dryRun(program)
    assert.deepStrictEqual(oracle.requests, [])
    assert.deepStrictEqual(oracle.counted, ["12345", "1234567890", "12345"])
    assert.strictEqual(estimate.calls, 3)
    // 20 input tokens; 300 output tokens at worst, 75 likely.
    assert.strictEqual(estimate.worst, Money.usd("0.00092"))
    assert.strictEqual(estimate.likely, Money.usd("0.000245"))
    assert.deepStrictEqual(Estimate.lines(estimate, { budget: Money.usd("0.0005") }), [
      "  oracle  3 calls, 20 input tokens, at most 300 output tokens: $0.000245 likely, $0.00092 at worst",
      "estimate  $0.000245 likely, $0.00092 at worst   3 calls   budget $0.0005",
      "! worst case exceeds the budget: the run stops admitting calls when it no longer fits"
    ])
  })
)

it.effect("budgets inside do not refuse, and are not charged", () =>
  Effect.gen(function* () {
    const program = generate("12345").pipe(
      BudgetGuard.within({ requests: 0 }),
      BudgetGuard.perRequest({ inputTokens: 1 })
    )
    const { estimate } = yield* dryRun(program)
    assert.isTrue(Exit.isSuccess(estimate.exit))
    assert.strictEqual(estimate.calls, 1)
  })
)

it.effect("says what is not priced, and never $0 for it", () =>
  Effect.gen(function* () {
    const unknown = ModelConfiguration.make("nobody-knows", { generationConfig: { maxOutputTokens: 10 } })
    const alone = Estimate.lines((yield* dryRun(generate("12345", unknown))).estimate)
    assert.deepStrictEqual(alone, [
      "  nobody-knows  1 call, 5 input tokens, at most 10 output tokens: price unknown",
      "estimate  price unknown   1 call",
      "! price unknown for nobody-knows: its 1 call is not in the money above"
    ])
    const { estimate } = yield* dryRun(Effect.all([generate("12345", unknown), generate("12345")]))
    assert.strictEqual(estimate.worst, Money.usd("0.000305"))
    assert.include(Estimate.lines(estimate).join("\n"), "! price unknown for nobody-knows")
  })
)

it.effect("keeps how the program ended, and says when it failed", () =>
  Effect.gen(function* () {
    const program = Effect.flatMap(generate("12345"), ({ text }) =>
      text === "{}" ? Effect.succeed(text) : Effect.fail("no JSON")
    )
    const failed = (yield* dryRun(program)).estimate
    assert.deepStrictEqual(failed.exit, Exit.fail("no JSON"))
    assert.include(Estimate.lines(failed).at(-1), "the program failed in the dry run")
    const answered = (yield* dryRun(program, { answer: () => "{}" })).estimate
    assert.deepStrictEqual(answered.exit, Exit.succeed("{}"))
  })
)
