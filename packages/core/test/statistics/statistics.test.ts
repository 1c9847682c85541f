/** What the vectors do not cover: too few points, symmetry, reproducibility, tails. */
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Absent } from "../../src/metric/Absent.ts"
import * as BradleyTerry from "../../src/statistics/BradleyTerry.ts"
import * as CohenKappa from "../../src/statistics/CohenKappa.ts"
import * as Correlation from "../../src/statistics/Correlation.ts"
import * as Distribution from "../../src/statistics/Distribution.ts"
import * as MultipleTesting from "../../src/statistics/MultipleTesting.ts"
import * as PairedBootstrap from "../../src/statistics/PairedBootstrap.ts"
import * as PairedPermutation from "../../src/statistics/PairedPermutation.ts"
import * as PairedT from "../../src/statistics/PairedT.ts"
import * as PassAtK from "../../src/statistics/PassAtK.ts"
import * as SignTest from "../../src/statistics/SignTest.ts"
import * as Summary from "../../src/statistics/Summary.ts"
import * as Wilson from "../../src/statistics/Wilson.ts"
import * as WinRate from "../../src/statistics/WinRate.ts"

const reasonOf = (result: Result.Result<unknown, Absent>) =>
  Result.isFailure(result) ? result.failure.reason : `value ${JSON.stringify(result.success)}`

const Score = Schema.Literals([0, 0.1, 0.25, 0.3, 0.5, 0.7, 0.9, 1])
const Pairs = Schema.Array(Schema.Tuple([Score, Score])).check(Schema.isMinLength(2), Schema.isMaxLength(9))
const split = (pairs: ReadonlyArray<readonly [number, number]>) =>
  [pairs.map(([a]) => a), pairs.map(([, b]) => b)] as const

describe("too few points", () => {
  it.each([
    ["summary", Summary.of([])],
    ["wilson", Wilson.interval(0, 0)],
    ["paired t", PairedT.test([1], [0])],
    ["bootstrap", PairedBootstrap.test([1], [0])],
    ["permutation", PairedPermutation.exact([], [])],
    ["sampled permutation", PairedPermutation.sampled([], [])],
    ["win rate", WinRate.pairwise([])],
    ["win rates by scores", WinRate.byScores([[null, null]])],
    ["bradley-terry", BradleyTerry.strengths([[0]])],
    ["pass@k", PassAtK.estimate(2, 1, 3)],
    ["kappa", CohenKappa.kappa([], [])],
    ["pearson", Correlation.pearson([1], [2])]
  ])("%s is absent", (_, result) => {
    assert.strictEqual(reasonOf(result), "TooFewPoints")
  })

  it("leaves the spread of a single value absent, not 0", () => {
    assert.strictEqual(reasonOf(Result.getOrThrow(Summary.of([0.5])).std), "TooFewPoints")
  })

  it("refuses what is not finite or does not pair", () => {
    assert.strictEqual(reasonOf(Summary.of([1, NaN])), "NotFinite")
    assert.strictEqual(reasonOf(PairedT.test([1, Infinity], [0, 0])), "NotFinite")
    assert.strictEqual(reasonOf(PairedBootstrap.test([1, 2], [0])), "InvalidInput")
    assert.strictEqual(reasonOf(PairedPermutation.test([1, 2], [0])), "InvalidInput")
    assert.strictEqual(reasonOf(WinRate.byScores([[NaN]])), "NotFinite")
    assert.strictEqual(reasonOf(Wilson.interval(3, 2)), "InvalidInput")
    assert.strictEqual(reasonOf(Wilson.interval(1, 2, 1)), "InvalidInput")
    assert.strictEqual(reasonOf(SignTest.pValue(-1, 2)), "InvalidInput")
    assert.strictEqual(reasonOf(MultipleTesting.holm([NaN])), "InvalidInput")
    assert.strictEqual(reasonOf(PairedPermutation.exact(Array(21).fill(1), Array(21).fill(0))), "InvalidInput")
    assert.strictEqual(reasonOf(PairedBootstrap.withIndices([1, 2], [0, 0], [[0, 2]])), "InvalidInput")
  })

  it("has no test where there is no spread", () => {
    assert.strictEqual(reasonOf(PairedT.test([1, 2], [0, 1])), "Undefined")
    assert.strictEqual(reasonOf(Correlation.spearman([1, 1], [1, 2])), "Undefined")
    assert.strictEqual(reasonOf(CohenKappa.kappa(["a", "a"], ["a", "a"])), "Undefined")
    assert.strictEqual(
      reasonOf(
        BradleyTerry.strengths([
          [0, 3],
          [0, 0]
        ])
      ),
      "Undefined"
    )
  })
})

describe("Summary.ofScores", () => {
  it("counts failed rows apart from the mean", () => {
    const scores = [Result.succeed(1), Result.fail("blocked"), Result.succeed(3)]
    const { total, valid, errors, summary } = Summary.ofScores(scores)
    assert.deepStrictEqual([total, valid, errors], [3, 2, 1])
    assert.strictEqual(Result.getOrThrow(summary).mean, 2)
  })
})

describe("WinRate", () => {
  it("keeps ties and errors in the denominator", () => {
    const rates = Result.getOrThrow(WinRate.pairwise(["CANDIDATE", "TIE", "ERROR", "BASELINE", "CANDIDATE"]))
    assert.strictEqual(rates.candidateWinRate, 0.4)
    assert.strictEqual(rates.baselineWinRate, 0.2)
    assert.strictEqual(rates.errors, 1)
    assert.deepStrictEqual(rates.winRateTiesHalf, Result.succeed(0.625))
  })

  it("has no half-tie rate when every row is an error", () => {
    assert.strictEqual(reasonOf(Result.getOrThrow(WinRate.pairwise(["ERROR"])).winRateTiesHalf), "TooFewPoints")
  })
})

describe("paired tests", () => {
  it.prop("do not depend on which candidate comes first", [Pairs], ([pairs]) => {
    const [a, b] = split(pairs)
    const forward = Result.getOrThrow(PairedPermutation.exact(a, b))
    const backward = Result.getOrThrow(PairedPermutation.exact(b, a))
    assert.strictEqual(forward.p, backward.p)
    assert.closeTo(forward.meanDifference, -backward.meanDifference, 1e-12)
    assert.isTrue(forward.p > 0 && forward.p <= 1)
  })

  it.prop("give the same bootstrap for the same seed, around the mean", [Pairs], ([pairs]) => {
    const [a, b] = split(pairs)
    const options = { resamples: 200, seed: 42 }
    const first = Result.getOrThrow(PairedBootstrap.test(a, b, options))
    assert.deepStrictEqual(Result.getOrThrow(PairedBootstrap.test(a, b, options)), first)
    assert.isTrue(first.low <= first.high && first.p > 0 && first.p <= 1)
  })

  it("finds no difference between equal candidates", () => {
    assert.deepStrictEqual(PairedPermutation.test([1, 2], [1, 2]), Result.succeed({ meanDifference: 0, p: 1 }))
    assert.strictEqual(Result.getOrThrow(PairedBootstrap.test([1, 2], [1, 2], { resamples: 10 })).p, 1)
  })
})

describe("Distribution", () => {
  it("keeps the accuracy of small tails", () => {
    // Values of scipy 1.17: norm.ppf, 2 * t.sf, binom.cdf.
    const near = (actual: number, expected: number) => assert.closeTo(actual / expected, 1, 1e-10)
    near(Distribution.normalQuantile(0.975), 1.959963984540054)
    near(Distribution.normalQuantile(1e-10), -6.361340902404056)
    near(Distribution.studentTwoSided(40, 9), 1.8982998449339822e-11)
    near(Distribution.studentCritical(0.05, 3), 3.182446305283708)
    near(Distribution.fairBinomialCdf(4800, 10_000), 3.2967577993361714e-5)
    near(Distribution.fairBinomialCdf(480, 1000), 0.10872414660207075)
  })

  it("has p-values for many rows", () => {
    const p = Result.getOrThrow(SignTest.pValue(60_000, 40_000))
    assert.isTrue(p >= 0 && p < 1e-300)
    assert.strictEqual(Result.getOrThrow(SignTest.pValue(50_000, 50_000)), 1)
  })
})

describe("MultipleTesting", () => {
  it.prop("never lowers a p-value and keeps the order", [Schema.Array(Score)], ([pValues]) => {
    for (const adjust of [MultipleTesting.holm, MultipleTesting.benjaminiHochberg]) {
      const adjusted = Result.getOrThrow(adjust(pValues))
      pValues.forEach((p, i) => assert.isTrue(adjusted[i]! >= p && adjusted[i]! <= 1))
      pValues.forEach((p, i) => pValues.forEach((q, j) => assert.isTrue(p >= q || adjusted[i]! <= adjusted[j]!)))
    }
  })
})

describe("BradleyTerry", () => {
  it("gives equal candidates equal strengths, and twice the odds twice the odds", () => {
    const even = Result.getOrThrow(
      BradleyTerry.strengths([
        [0, 5],
        [5, 0]
      ])
    )
    assert.deepStrictEqual(even.elo.map(Math.round), [1500, 1500])
    const odds = Result.getOrThrow(
      BradleyTerry.strengths([
        [0, 6],
        [3, 0]
      ])
    )
    assert.closeTo(odds.logStrengths[0]! - odds.logStrengths[1]!, Math.log(2), 1e-12)
  })
})
