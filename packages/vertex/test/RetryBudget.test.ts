import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as RetryBudget from "../src/RetryBudget.ts"

const events = Arbitrary.schema(Schema.Array(Schema.Literals(["first", "retry succeeds", "retry fails"])))

describe("RetryBudget", () => {
  it.prop("failed retries never exceed 20 + first-try successes / 5", [events], ([events]) => {
    const budget = RetryBudget.make()
    let first = 0
    let failed = 0
    // A long tail of failures: the bound is tight only when the bucket runs dry.
    for (const event of [...events, ...Array.from({ length: 30 }, () => "retry fails")]) {
      if (event === "first") {
        first += 1
        budget.succeeded(false)
      } else if (budget.withdraw()) {
        if (event === "retry succeeds") budget.succeeded(true)
        else failed += 1
      }
      assert.isTrue(failed <= 20 + first / 5, `${failed} failed retries after ${first} successes`)
      assert.isTrue(budget.tokens() >= 0 && budget.tokens() <= 100)
    }
    assert.isBelow(budget.tokens(), 5)
  })

  it("an outage costs twenty retries in all", () => {
    const budget = RetryBudget.make()
    const granted = Array.from({ length: 1_000 }, () => budget.withdraw()).filter(Boolean)
    assert.strictEqual(granted.length, 20)
  })

  it("a retry that succeeds costs nothing, and a full bucket stays full", () => {
    const { standard } = RetryBudget
    assert.deepStrictEqual(RetryBudget.withdraw(standard, 5), Option.some(0))
    assert.deepStrictEqual(RetryBudget.withdraw(standard, 4), Option.none())
    assert.strictEqual(RetryBudget.refund(standard, 90, true), 95)
    assert.strictEqual(RetryBudget.refund(standard, 90, false), 91)
    assert.strictEqual(RetryBudget.refund(standard, 100, true), 100)
  })

  it("refuses sizes that bound nothing", () => {
    for (const size of [
      { capacity: 0, cost: 5 },
      { capacity: 100, cost: 0 },
      { capacity: Number.NaN, cost: 1 }
    ]) {
      assert.throws(() => RetryBudget.make(size), RangeError)
    }
  })
})
