import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import type * as Await from "../src/Await.ts"
import * as pace from "../src/internal/awaitPace.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Given = {
  every: between(1, 5_000),
  upTo: between(1, 100_000),
  factor: Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: 4 })),
  longest: between(1, 20_000),
  elapsed: between(0, 120_000)
}

/** All looks, one by one, as the words of `Pace` have it. */
const listed = ({
  backoff,
  every,
  upTo
}: {
  readonly every: number
  readonly upTo: number
  readonly backoff: { readonly factor: number; readonly upTo: number }
}) => {
  const times = [0]
  const longest = Math.max(every, backoff.upTo)
  let delay = every
  for (let at = 0; at < upTo;) {
    at = Math.min(upTo, at + Math.ceil(Math.min(delay, longest)))
    times.push(at)
    delay *= backoff.factor
  }
  return times
}

describe("the times of looks", () => {
  it.prop("are found from any time, without the earlier ones", Given, ({ elapsed, every, factor, longest, upTo }) => {
    const options = { every, upTo, backoff: { factor, upTo: longest } }
    const { end, looks, next } = pace.make(options)
    const times = listed(options)
    assert.strictEqual(looks, times.length)
    assert.strictEqual(end, upTo)
    if (elapsed < upTo)
      assert.strictEqual(
        next(elapsed),
        times.find((at) => at > elapsed)
      )
    assert.strictEqual(next(-elapsed), times[1])
  })

  it("are reckoned at once for years", () => {
    const { looks, next } = pace.make({ every: "1 milli", upTo: "3650 days" })
    assert.strictEqual(looks, 3650 * 86_400_000 + 1)
    assert.strictEqual(next(3_000 * 86_400_000 + 5), 3_000 * 86_400_000 + 6)
  })

  it("are every minute unless told otherwise", () => {
    const { looks, next } = pace.make({ upTo: "1 hour" })
    assert.deepStrictEqual([next(0), next(60_000), next(3_599_999), looks], [60_000, 120_000, 3_600_000, 61])
  })

  const wrong: ReadonlyArray<Await.Pace> = [
    { upTo: 0 },
    { upTo: -1 },
    { upTo: Number.NaN },
    { upTo: Infinity },
    { upTo: 1, every: 0 },
    { upTo: 1, every: Infinity },
    { upTo: 1, backoff: { factor: 0.5, upTo: 1 } },
    { upTo: 1, backoff: { factor: Number.NaN, upTo: 1 } },
    { upTo: 1, backoff: { factor: Infinity, upTo: 1 } },
    { upTo: 1, backoff: { factor: 2, upTo: 0 } }
  ]
  for (const options of wrong) {
    it(`refuse ${JSON.stringify(options, (_, value: unknown) => (typeof value === "number" ? String(value) : value))}`, () => {
      assert.throws(() => pace.make(options), RangeError)
    })
  }
})
