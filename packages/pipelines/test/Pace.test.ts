import { assert, describe, it } from "@effect/vitest"
import type { CandidateProgress, ComparisonProgress } from "../src/ComparisonProgress.ts"
import * as Pace from "../src/Pace.ts"
import { random } from "./ComparisonFixture.ts"
import { progress } from "./ProgressFixture.ts"

const seed = Number(process.env["GENOPS_SEED"] ?? Date.now() % 1_000_000)

/** A comparison of which the candidates have done this many cells of 600. */
const at = (done: ReadonlyArray<number>, changes: Partial<CandidateProgress> = {}): ComparisonProgress => {
  const candidates = progress(0, { candidates: done.map((_, index) => `c${index}`) }).candidates.map((one, index) => ({
    ...one,
    activity: { _tag: "InFlight", calls: 1 } as const,
    done: done[index] ?? 0,
    ...changes
  }))
  return { ...progress(0), total: 600 * done.length, done: done.reduce((a, b) => a + b, 0), candidates }
}

/** Observes ten times a second from 0 to `until` what a function of the time says. */
const run = (
  progressAt: (ms: number) => ComparisonProgress,
  until: number,
  seen?: (pace: Pace.Pace, ms: number) => void
) => {
  let pace = Pace.start(progressAt(0), 0)
  for (let ms = 100; ms <= until; ms += 100) {
    pace = Pace.observe(pace, progressAt(ms), ms)
    seen?.(pace, ms)
  }
  return pace
}

const leftOf = ({ eta }: Pace.Pace) => (eta._tag === "Left" ? eta.ms : undefined)

describe("Pace", () => {
  it("tells the time left of a steady run, of its slowest candidate", () => {
    const pace = run((ms) => at([Math.floor(ms / 100), Math.floor(ms / 200)]), 30_000)
    assert.closeTo(leftOf(pace) ?? 0, (600 - 150) * 200, 2_000)
    assert.strictEqual(Pace.elapsed(pace), 30_000)
  })

  it("is hidden until 10 s and 5 %", () => {
    const fast = (ms: number) => at([Math.floor(ms / 50)])
    assert.isUndefined(leftOf(run(fast, 9_900)))
    assert.isDefined(leftOf(run(fast, 10_000)))
    const slow = (ms: number) => at([Math.floor(ms / 1000)])
    assert.isUndefined(leftOf(run(slow, 29_000)))
    assert.isDefined(leftOf(run(slow, 31_000)))
  })

  it("leaves out what earlier sessions have done", () => {
    const resumed = (ms: number) => at([500 + Math.floor(ms / 3000)])
    assert.isUndefined(leftOf(run(resumed, 14_000)))
    assert.closeTo(leftOf(run(resumed, 30_000)) ?? 0, 270_000, 30_000)
  })

  it("is unknown while a candidate has finished nothing, and does not wait for one that failed", () => {
    const one = (ms: number) => at([Math.floor(ms / 100), 0])
    assert.isUndefined(leftOf(run(one, 20_000)))
    const failed = (ms: number) => {
      const now = at([Math.floor(ms / 100), 0])
      const [first, second] = now.candidates
      return first === undefined || second === undefined
        ? now
        : { ...now, candidates: [first, { ...second, activity: { _tag: "Failed", tag: "NotFound" } as const }] }
    }
    assert.isDefined(leftOf(run(failed, 20_000)))
  })

  it("says for how long nothing was finished, from 30 s on, and goes on afterwards", () => {
    const stops = (ms: number) => at([Math.floor(Math.min(ms, 20_000) / 100)])
    assert.strictEqual(run(stops, 49_900).eta._tag, "Left")
    assert.deepStrictEqual(run(stops, 65_000).eta, { _tag: "Stalled", ms: 45_000 })
    const again = (ms: number) => at([Math.floor((ms < 60_000 ? Math.min(ms, 20_000) : ms - 40_000) / 100)])
    assert.strictEqual(run(again, 70_000).eta._tag, "Left")
  })

  it("never grows by more than 20 % from one frame to the next, and is never negative", () => {
    const next = random(seed)
    let done = 0
    let before: number | undefined
    let growths = 0
    const bursts = (ms: number) => {
      done = Math.min(600, done + (next() < 0.02 ? Math.floor(next() * 20) : 0))
      return at([ms === 0 ? 0 : done])
    }
    run(bursts, 120_000, (pace) => {
      const now = leftOf(pace)
      if (now !== undefined && before !== undefined) {
        assert.isAtMost(now, before * 1.2 + 1e-6, `GENOPS_SEED=${seed}`)
        assert.isAtLeast(now, 0)
        if (now > before) growths++
      }
      before = now
    })
    assert.isAbove(growths, 0, `GENOPS_SEED=${seed}`)
  })

  it("grows by 20 % when nothing was observed for long", () => {
    const steady = run((ms) => at([Math.floor(ms / 100)]), 20_000)
    const before = leftOf(steady) ?? 0
    assert.closeTo(leftOf(Pace.observe(steady, at([201]), 49_000)) ?? 0, before * 1.2, 1)
  })

  it("follows a change of speed within a minute", () => {
    const slows = (ms: number) => at([Math.floor(ms < 30_000 ? ms / 100 : 300 + (ms - 30_000) / 1000)])
    const pace = run(slows, 120_000)
    assert.closeTo(leftOf(pace) ?? 0, 210_000, 80_000)
  })

  it("is over at the end, and stands a clock that does not move or goes back", () => {
    assert.deepStrictEqual(Pace.observe(Pace.start(at([0]), 0), at([600]), 100).eta, { _tag: "Left", ms: 0 })
    const still = Pace.observe(Pace.start(at([0]), 5_000), at([100]), 5_000)
    assert.strictEqual(still.eta._tag, "Unknown")
    assert.strictEqual(Pace.tokensPerSecond(still), 0)
    assert.strictEqual(Pace.elapsed(Pace.observe(still, at([101]), 1_000)), 0)
  })

  it("counts tokens by the second", () => {
    const tokens = (ms: number) => ({ ...at([Math.floor(ms / 100)]), tokens: ms * 1.2 })
    assert.closeTo(Pace.tokensPerSecond(run(tokens, 30_000)), 1_200, 5)
  })
})
