/** Is a candidate worse than a baseline on the rows that both have scores for? */
import * as Scale from "@genops/core/Scale"
import * as PairedBootstrap from "@genops/core/statistics/PairedBootstrap"
import * as PairedPermutation from "@genops/core/statistics/PairedPermutation"
import * as PairedT from "@genops/core/statistics/PairedT"
import * as Result from "effect/Result"

export interface Settings {
  readonly ideal: Scale.Scale["ideal"]
  readonly minPairs: number
  readonly margin?: number
  readonly alpha?: number
}

export interface Worse {
  /** The mean difference, negative when the candidate is worse; null when it is not known. */
  readonly difference: number | null
  readonly message: string
}

// Resampling more pairs takes seconds, and by then their mean is as good as normal.
const mostForResampling = 2000

const show = (value: number) => String(Number(value.toPrecision(4)))

/** Rows that a comparison needs: with n pairs no two-sided p-value of the permutation test is below 2^(1 - n). */
export const pairsNeeded = ({
  alpha = 0.05,
  margin,
  minPairs
}: {
  readonly alpha?: number | undefined
  readonly margin?: number | undefined
  readonly minPairs: number
}): number => Math.max(2, minPairs, margin === undefined ? Math.ceil(1 - Math.log2(alpha)) : 0)

/**
 * Compares how good the scores are, more being better whatever the scale. Fails when the candidate is worse, and when there are too
 * few pairs to find it out: a test that could not fail is none.
 */
export const compare = (
  candidate: ReadonlyMap<string, number>,
  baseline: ReadonlyMap<string, number>,
  { alpha = 0.05, ideal, margin, minPairs }: Settings
): Result.Result<void, Worse> => {
  const scale = { min: 0, ideal }
  const mine: Array<number> = []
  const theirs: Array<number> = []
  // Sorted, so that a sampled test gives the same whatever the order in which rows finished.
  for (const row of [...candidate.keys()].toSorted()) {
    const a = candidate.get(row)
    const b = baseline.get(row)
    if (a === undefined || b === undefined) continue
    mine.push(Scale.goodness(scale, a))
    theirs.push(Scale.goodness(scale, b))
  }
  const n = mine.length
  const needed = pairsNeeded({ alpha, margin, minPairs })
  if (n < needed) {
    const message = `has ${n} rows in common with the baseline, ${needed} are needed to compare`
    return Result.fail({ difference: null, message })
  }
  const difference = mine.reduce((sum, value, i) => sum + value - (theirs[i] ?? 0), 0) / n
  const worse = (detail: string) =>
    Result.fail({ difference, message: `is worse than the baseline by ${show(-difference)} (${n} rows, ${detail})` })

  if (margin === undefined) {
    const test = n > mostForResampling ? PairedT.test(mine, theirs) : PairedPermutation.test(mine, theirs)
    // Without any spread there is no t: then the difference is what it is.
    const p = Result.match(test, { onFailure: () => (difference === 0 ? 1 : 0), onSuccess: ({ p }) => p })
    return difference < 0 && p <= alpha ? worse(`p ${show(p)}`) : Result.void
  }
  const confidence = 1 - 2 * alpha
  const interval =
    n > mostForResampling ? PairedT.test(mine, theirs, confidence) : PairedBootstrap.test(mine, theirs, { confidence })
  const low = Result.match(interval, { onFailure: () => difference, onSuccess: ({ low }) => low })
  if (low >= -margin) return Result.void
  return difference < 0
    ? worse(`up to ${show(-low)}; ${show(margin)} is allowed`)
    : Result.fail({
        difference,
        message: `may be worse than the baseline by up to ${show(-low)} (${n} rows); ${show(margin)} is allowed`
      })
}
