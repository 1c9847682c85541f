import { assert, describe, it } from "@effect/vitest"
import * as Money from "@genops/core/Money"
import type { Activity, ComparisonProgress } from "../src/ComparisonProgress.ts"
import * as ComparisonWindow from "../src/ComparisonWindow.ts"
import * as Display from "../src/Display.ts"
import * as Pace from "../src/Pace.ts"
import * as ProgressLine from "../src/ProgressLine.ts"
import * as TerminalLine from "../src/TerminalLine.ts"
import * as TerminalText from "../src/TerminalText.ts"
import { guide, nine, random } from "./ComparisonFixture.ts"
import { progress } from "./ProgressFixture.ts"

process.env["TZ"] = "UTC"
const seed = Number(process.env["GENOPS_SEED"] ?? Date.now() % 1_000_000)

const draw = (
  of: ComparisonProgress,
  size: Display.Size = { columns: 100, rows: 40 },
  stopping = false,
  name = "support-faq"
) =>
  ComparisonWindow.lines({ name, progress: of, pace: Pace.start(of, 0), now: 0, stopping }, size).map((line) =>
    TerminalLine.paint(line, Display.plain)
  )

describe("ComparisonWindow", () => {
  for (const [activity, text] of [
    [{ _tag: "InFlight", calls: 8 }, "8 in flight"],
    [{ _tag: "WaitingForQuota", untilMs: 12_400 }, "waiting for quota 12s"],
    [{ _tag: "BackingOff", untilMs: 3_000 }, "backing off 3s"],
    [{ _tag: "BackingOff", untilMs: -3_000 }, "backing off 0s"],
    [{ _tag: "WaitingForBudget" }, "waiting for budget"],
    [{ _tag: "Waiting" }, "waiting"],
    [{ _tag: "Done" }, "done"],
    [{ _tag: "Failed", tag: "NotFound" }, "failed: NotFound"]
  ] as ReadonlyArray<readonly [Activity, string]>) {
    it(`says ${text}`, () => {
      const now = progress(0.5)
      const candidates = now.candidates.map((one) => ({ ...one, activity }))
      assert.include(draw({ ...now, candidates })[3] ?? "", text)
    })
  }

  it("has at most 12 lines, whatever there is to say, and counts the candidates that it leaves out", () => {
    const now = progress(0.9, {
      candidates: Array.from({ length: 40 }, (_, index) => `candidate-${index}`),
      metrics: nine
    })
    const candidates = now.candidates.map((one, index) =>
      index < 5 ? { ...one, activity: { _tag: "Done" } as const } : one
    )
    const lines = draw({ ...now, candidates, resumed: 12 })
    assert.lengthOf(lines, 12)
    assert.include(lines[9] ?? "", "and 34 more, 5 of them done")
    assert.include(lines[3] ?? "", "candidate-5")
  })

  it("shows the seven configurations of the guide", () => {
    const lines = draw(progress(0.5, { candidates: guide }))
    assert.lengthOf(lines, 12)
    for (const name of guide) assert.isTrue(lines.some((line) => line.includes(` ${name} `)))
  })

  it("is two lines on a terminal of less than 16 rows", () => {
    assert.lengthOf(draw(progress(0.5), { columns: 100, rows: 15 }), 2)
    assert.isAbove(draw(progress(0.5), { columns: 100, rows: 16 }).length, 2)
  })

  it("says what Ctrl-C comes to, once and twice", () => {
    const now = progress(0.5)
    assert.strictEqual(
      ComparisonWindow.stopping(now),
      "stopping: 8 calls in flight are finished so that they are not paid for twice (Ctrl-C again to drop them)"
    )
    assert.include(draw(now, { columns: 100, rows: 40 }, true).join(" "), "stopping: 8 calls in flight are finished")
    assert.strictEqual(
      ComparisonWindow.dropped(now),
      "dropped: 8 calls in flight may have been billed, at worst $0.11; finished rows are kept"
    )
    const [first] = now.candidates
    const one = {
      ...now,
      candidates: first === undefined ? [] : [{ ...first, activity: { _tag: "InFlight", calls: 1 } as const }]
    }
    assert.include(ComparisonWindow.stopping(one), "1 call in flight is finished so that it is not paid for twice")
    assert.include(ComparisonWindow.stopping(progress(1)), "nothing is in flight")
    assert.include(ComparisonWindow.dropped(progress(1)), "nothing was in flight")
  })

  it("says nothing of money that there is no limit to", () => {
    const [, money] = draw({ ...progress(0.5), budgetUsd: undefined, heldUsd: undefined, judgeCost: Money.zero })
    assert.match(money ?? "", /^ money +\$0\.\d+ spent$/)
    const [, spent] = draw({ ...progress(0.5), budgetUsd: Money.usd("0.01") })
    assert.include(spent ?? "", "$0.00 left of $0.01")
  })

  it("stands a comparison of nothing", () => {
    const nothing = { ...progress(0), total: 0, candidates: [] }
    assert.include(draw(nothing)[0] ?? "", "100%")
  })

  it("is never wider than the terminal, with any name, any numbers and any size", () => {
    const next = random(seed)
    const pick = (most: number) => Math.floor(next() * most)
    const names = [
      "日本語".repeat(20),
      "👩‍👩‍👧‍👦".repeat(9),
      "x".repeat(500),
      "a\nb\tc",
      "",
      "e\u0301".repeat(80),
      "\u001b[2J\u202e"
    ]
    for (let count = 0; count < 1_000; count++) {
      const name = names[pick(names.length)] ?? ""
      const now = progress(next(), {
        candidates: [name, ...guide.slice(0, pick(7))],
        metrics: [...nine.slice(0, pick(9)), name],
        perCandidate: 1 + pick(9_999_999),
        seed: pick(1000)
      })
      const columns = 10 + pick(190)
      for (const line of draw(now, { columns, rows: 1 + pick(60) }, pick(2) === 0, name)) {
        assert.isAtMost(TerminalText.width(line), columns, `GENOPS_SEED=${seed}`)
      }
    }
  })
})

describe("ProgressLine", () => {
  it("is the line of the specification", () => {
    const now = { ...progress(0.52), done: 1872, total: 3600, cost: Money.usd("0.97"), failed: 8 }
    const pace = { ...Pace.start(now, 0), eta: { _tag: "Left", ms: 170_000 } as const }
    assert.deepStrictEqual(
      ProgressLine.line(now, pace, 43_471_000),
      TerminalLine.text("12:04:31 52% 1872/3600 $0.97/$5.00 eta 2m50s errors 8")
    )
  })

  it("is due at the start, at each tenth and after 30 s", () => {
    const at = (done: number) => ({ ...progress(0), done, total: 1000 })
    const said = ProgressLine.said(at(99), 0)
    assert.isTrue(ProgressLine.isDue(undefined, at(0), 0))
    assert.isFalse(ProgressLine.isDue(said, at(99), 29_999))
    assert.isTrue(ProgressLine.isDue(said, at(99), 30_000))
    assert.isTrue(ProgressLine.isDue(said, at(100), 1))
  })
})
