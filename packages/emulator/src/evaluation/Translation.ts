/**
 * COMET and MetricX, which are neural models at Google, replaced by chrF on their scales: they rank translations roughly alike, and the
 * numbers are not comparable with Google's.
 *
 * - COMET, 0 to 1, higher is better: chrF of the translation against the reference.
 * - MetricX with a reference, 0 to 25, lower is better: 25 times (1 - chrF).
 * - MetricX of the source alone: 25 times (1 - the shorter length over the longer), in code points: nothing better is known without a model.
 *
 * Source: Popović, "chrF", WMT 2015
 *
 * @since 0.1.0
 */
import * as Chrf from "@genops/core/metric/Chrf"
import * as Result from "effect/Result"
import * as Tokens from "../engine/Tokens.ts"
import type { JsonObject } from "../wire/Decode.ts"
import type { Translation } from "../wire/EvaluationRequest.ts"
import * as Problem from "./Problem.ts"
import * as SinglePrecision from "./SinglePrecision.ts"

const needs: { readonly [version: string]: ReadonlyArray<"reference" | "source"> } = {
  COMET_22_SRC_REF: ["source", "reference"],
  METRICX_24_REF: ["reference"],
  METRICX_24_SRC: ["source"],
  METRICX_24_SRC_REF: ["source", "reference"]
}

/** How alike a translation is to what it is compared with, in [0, 1]. */
const likeness = (prediction: string, reference: string | undefined, source: string): number => {
  if (reference !== undefined) return Result.getOrElse(Chrf.sentence(prediction, [reference]), () => 0) / 100
  const lengths = [Tokens.codePoints(prediction), Tokens.codePoints(source)]
  const longer = Math.max(...lengths)
  return longer === 0 ? 0 : Math.min(...lengths) / longer
}

const score = (input: string, { instance, metricSpec }: Translation): Result.Result<number, Problem.Problem> =>
  Result.gen(function* () {
    const { prediction, reference, source } = instance ?? {}
    const used = needs[metricSpec?.version ?? ""]
    if (used === undefined) return yield* Problem.invalid(`${input}.metric_spec.version is required`)
    const predicted = yield* Problem.required(prediction, `${input}.instance.prediction`)
    const given = { reference, source }
    const missing = used.find((field) => given[field] === undefined)
    if (missing !== undefined) return yield* Problem.invalid(`${input}.instance.${missing} is required`)
    return likeness(predicted, used.includes("reference") ? reference : undefined, source ?? "")
  })

/**
 * Answers a request for COMET.
 *
 * @since 0.1.0
 */
export const comet = (input: Translation): Result.Result<JsonObject, Problem.Problem> =>
  Result.map(score("comet_input", input), (likeness) => ({
    cometResult: { score: SinglePrecision.shortest(likeness) }
  }))

/**
 * Answers a request for MetricX.
 *
 * @since 0.1.0
 */
export const metricx = (input: Translation): Result.Result<JsonObject, Problem.Problem> =>
  Result.map(score("metricx_input", input), (likeness) => ({
    metricxResult: { score: SinglePrecision.shortest(25 * (1 - likeness)) }
  }))
