import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Arithmetic from "../../src/engine/Arithmetic.ts"

describe("Arithmetic", () => {
  const computed: ReadonlyArray<readonly [prompt: string, value: string]> = [
    ["What is 12!?", "479001600"],
    ["What is 2 + 3 * 4?", "14"],
    ["(2 + 3) * 4", "20"],
    ["2^10", "1024"],
    ["2 ** 3 ** 2", "512"],
    ["7 / 2", "3.5"],
    ["8 / 2", "4"],
    ["17 % 5", "2"],
    ["0.5 * 4", "2"],
    ["What is 1,000 times 3?", "3000"],
    ["factorial of 5", "120"],
    ["What is 15% of 80?", "12"],
    ["10 minus 12", "-2"],
    ["2 * 99999999999999999999", "199999999999999999998"],
    ["3 * (-2 + 1)", "-3"]
  ]
  it.each(computed)("%s is %s", (prompt, value) => {
    assert.strictEqual(Arithmetic.find(prompt)?.value, value)
  })

  it.each([
    "Hello",
    "It is 2026-11-24",
    "Call 555 1234",
    "1 / 0",
    "(((",
    "9^9^9^9",
    "5000!",
    "2 +",
    "Version 1.2.3",
    ""
  ])("finds nothing in %j", (prompt) => {
    assert.isUndefined(Arithmetic.find(prompt))
  })

  it.prop("sums are exact", [Schema.BigInt, Schema.BigInt], ([left, right]) => {
    const [a, b] = [left < 0n ? -left : left, right < 0n ? -right : right]
    assert.strictEqual(Arithmetic.find(`${a} + ${b}`)?.value, String(a + b))
  })
})
