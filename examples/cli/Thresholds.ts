/** Gates on the command line: `rouge_1>=0.3`, `verbosity<=0.5`. */
import type * as Gate from "@genops/pipelines/Gate"
import * as Effect from "effect/Effect"
import { UsageError } from "./Options.ts"

const form = /^([A-Za-z]\w*)(>=|<=)(-?[\d.]+)$/

/** Reads the thresholds; several of one metric hold together. */
export const read = (texts: ReadonlyArray<string>): Effect.Effect<Gate.Thresholds, UsageError> =>
  Effect.gen(function* () {
    const thresholds: Record<string, Gate.Threshold> = {}
    for (const text of texts) {
      const [, metric = "", operator, limit] = form.exec(text.replaceAll(/\s/g, "")) ?? []
      if (operator === undefined || Number.isNaN(Number(limit))) {
        return yield* new UsageError({
          description: `--gate takes "metric>=number" or "metric<=number", not "${text}".`
        })
      }
      thresholds[metric] = { ...thresholds[metric], [operator === ">=" ? "atLeast" : "atMost"]: Number(limit) }
    }
    return thresholds
  })
