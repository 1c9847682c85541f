import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Budget from "../src/Budget.ts"
import * as Money from "../src/Money.ts"
import * as Usage from "../src/Usage.ts"

const limits = (input: Budget.LimitsInput) => Result.getOrThrow(Budget.limits(input))
const refusal = <A, E>(result: Result.Result<A, E>) => Result.getOrThrow(Result.flip(result))

describe("limits", () => {
  it("accepts money, decimal text and counts", () => {
    assert.deepStrictEqual(limits({ name: "run", usd: "5.00", requests: 0 }).max, {
      usd: 5_000_000_000_000n,
      requests: 0n
    })
    assert.deepStrictEqual(limits({ usd: Money.usd("5") }).max, limits({ usd: "5.00" }).max)
    assert.strictEqual(limits({ totalTokens: Number.MAX_SAFE_INTEGER }).max.totalTokens, 9_007_199_254_740_991n)
  })

  for (const unit of Budget.units.filter((unit) => unit !== "usd")) {
    for (const count of [Number.NaN, -1, -0.5, 1.5, Infinity, -Infinity, 2 ** 53, 1e300]) {
      it(`refuses ${unit} ${count}`, () => {
        const error = refusal(Budget.limits({ name: "run", [unit]: count }))
        assert.deepStrictEqual([error._tag, error.budget, error.field], ["InvalidBudget", "run", unit])
        assert.include(error.message, String(count))
      })
    }
  }

  for (const usd of ["", "-1", "NaN", "1e999", "Infinity", "$5", "9".repeat(16)]) {
    it(`refuses usd ${JSON.stringify(usd)}`, () => assert.strictEqual(refusal(Budget.limits({ usd })).field, "usd"))
  }

  it("refuses what only untyped callers can pass", () => {
    for (const usd of [5, -1n, null, {}, true, Number.NaN]) {
      const input: object = { usd }
      assert.strictEqual(refusal(Budget.limits(input)).field, "usd")
    }
    const text: object = { requests: "5" }
    assert.strictEqual(refusal(Budget.limits(text)).field, "requests")
    const typo: object = { usdd: "5", requests: 1 }
    assert.strictEqual(refusal(Budget.limits(typo)).field, "usdd")
  })

  it("does not turn an empty budget into an unlimited one", () => {
    assert.strictEqual(refusal(Budget.limits({})).field, "(none)")
    const absent: object = { usd: undefined }
    assert.strictEqual(refusal(Budget.limits(absent)).field, "(none)")
    const huge = Budget.amount({ usd: Money.usd("999999999999999"), inputTokens: 2 ** 52 })
    assert.isTrue(Result.isSuccess(Budget.check(Budget.unlimited("meter"), huge)))
  })

  it("says what is wrong", () => {
    assert.strictEqual(
      refusal(Budget.limits({ name: "run", requests: Number.NaN })).message,
      'Budget "run" is not valid. requests: must be a whole number from 0 to 9007199254740991, got NaN.'
    )
    assert.strictEqual(
      refusal(Budget.limits({ usd: "-1" })).message,
      'Budget "budget" is not valid. usd: money is never negative, got "-1".'
    )
  })
})

describe("amount", () => {
  it("derives total tokens", () => {
    assert.strictEqual(Budget.amount({ inputTokens: 3, outputTokens: 4 }).totalTokens, 7n)
    assert.strictEqual(Budget.amount({ inputTokens: 3, totalTokens: 9 }).totalTokens, 9n)
  })

  it("counts thinking as output and tool results as input", () => {
    const usage = Usage.make({ inputTokens: 10, outputTokens: 5, thinkingTokens: 3, toolUseTokens: 2, requests: 1 })
    assert.deepStrictEqual(
      Budget.fromUsage(usage, Money.usd("0.5")),
      Budget.amount({ usd: Money.usd("0.5"), inputTokens: 12, outputTokens: 8, totalTokens: 20, requests: 1 })
    )
  })

  it("refuses counts that are none", () => {
    for (const count of [-1, 1.5, Number.NaN, Infinity]) {
      assert.throws(() => Budget.amount({ inputTokens: count }), RangeError, "inputTokens")
    }
  })

  it.prop("survives JSON", [Budget.Amount], ([amount]) => {
    const codec = Schema.fromJsonString(Budget.Amount)
    assert.deepStrictEqual(Schema.decodeSync(codec)(Schema.encodeSync(codec)(amount)), amount)
  })

  const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000 }))
  const Parts = Schema.Struct({ usd: Money.Money, inputTokens: Count, outputTokens: Count, requests: Count })
  it.prop("adds and subtracts", [Parts, Parts], ([a, b]) => {
    const [left, right] = [Budget.amount(a), Budget.amount(b)]
    assert.deepStrictEqual(Budget.plus(left, right), Budget.plus(right, left))
    assert.deepStrictEqual(Budget.minusOrZero(Budget.plus(left, right), right), left)
    assert.isTrue(Budget.isZero(Budget.minusOrZero(left, Budget.plus(left, right))))
  })
})

describe("check", () => {
  const run = limits({ name: "run", usd: "5.00", inputTokens: 1_000 })

  it("allows what fits, up to the limit itself", () => {
    assert.isTrue(Result.isSuccess(Budget.check(run, Budget.amount({ usd: Money.usd("5"), inputTokens: 1_000 }))))
    assert.isTrue(Result.isSuccess(Budget.check(run, Budget.amount({ requests: 1_000_000, outputTokens: 9_999 }))))
  })

  it("says limit, unit, asked, left and what to do", () => {
    const error = refusal(Budget.check(run, Budget.amount({ usd: Money.usd("0.1"), inputTokens: 1_204 })))
    assert.deepStrictEqual(
      [error.budget, error.unit, error.limit, error.asked, error.left, error.inFlight],
      ["run", "inputTokens", 1_000n, 1_204n, 1_000n, 0n]
    )
    assert.strictEqual(
      error.message,
      "run: the call needs 1,204 input tokens at worst; 1,000 of 1,000 is left.\n" +
        "  Not sent, not billed. Raise inputTokens of this budget, or send less input."
    )
  })

  it("shows money short, calls in flight, and how the worst case came about", () => {
    const error = refusal(
      Budget.check(
        run,
        Budget.amount({ usd: Money.usd("0.0208") }),
        Budget.amount({ usd: Money.usd("4.991") }),
        Budget.amount({ usd: Money.usd("0.005") })
      )
    )
    assert.strictEqual(error.left, Money.usd("0.009"))
    assert.strictEqual(
      Budget.explain(error, "Worst case = 1,210 input + 8,192 output tokens at m prices of 2026-10-07.").message,
      "run: the call needs $0.0208 at worst; $0.009 of $5.00 is left ($0.005 of it in flight).\n" +
        "  Worst case = 1,210 input + 8,192 output tokens at m prices of 2026-10-07.\n" +
        "  Not sent, not billed. Raise usd of this budget, lower maxOutputTokens, or use a cheaper model."
    )
  })

  it("never says that as much is left as is needed", () => {
    const error = refusal(Budget.check(run, Budget.amount({ usd: Money.usd("5.000000000001") })))
    assert.include(error.message, "needs $5.000000000001 at worst; $5 of $5 is left")
  })

  it("says when more is spent than the limit", () => {
    const error = refusal(Budget.check(run, Budget.zero, Budget.amount({ usd: Money.usd("5.2") })))
    assert.strictEqual(error.left, 0n)
    assert.include(error.message, "needs $0.00 at worst; $0.00 of $5.00 is left ($5.20 is spent).")
  })

  it("names units in their order", () => {
    const every = limits({
      usd: "0",
      inputTokens: 0,
      outputTokens: 0,
      totalTokens: 0,
      billableCharacters: 0,
      requests: 0
    })
    const one = {
      usd: Money.usd("1"),
      inputTokens: 1,
      outputTokens: 1,
      totalTokens: 1,
      billableCharacters: 1,
      requests: 1
    }
    for (const unit of Budget.units) {
      assert.strictEqual(refusal(Budget.check(every, Budget.amount({ totalTokens: 0, [unit]: one[unit] }))).unit, unit)
    }
    assert.strictEqual(refusal(Budget.check(every, Budget.amount(one))).unit, "usd")
  })

  it("survives JSON", () => {
    const error = refusal(Budget.check(run, Budget.amount({ usd: Money.usd("6") })))
    const codec = Schema.fromJsonString(Schema.toCodecJson(Budget.BudgetExceeded))
    assert.deepStrictEqual(Schema.decodeSync(codec)(Schema.encodeSync(codec)(error)), error)
  })
})
