/** Makes of a row what is sent to the model and what metrics may compare its answer with. */
import * as Trajectory from "@genops/core/metric/Trajectory"
import type * as MetricInstance from "@genops/core/MetricInstance"
import * as Prompt from "@genops/core/Prompt"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { defined } from "./evaluateDefined.ts"

/** Which columns rows are read from. */
export interface Columns {
  readonly response: string | undefined
  readonly reference: string
  readonly baselineResponse: string
  readonly source: string
}

/** The columns as they are named unless said otherwise. */
export const columns = (names: {
  readonly responseColumn?: string | undefined
  readonly referenceColumn?: string | undefined
}): Columns => ({
  response: names.responseColumn,
  reference: names.referenceColumn ?? "reference",
  baselineResponse: "baseline_model_response",
  source: "source"
})

/** A row that was prepared. `prompt` is absent for given answers without a template and without a column of that name. */
export interface Prepared {
  readonly prompt: string | undefined
  readonly response: string | undefined
  readonly instance: Omit<MetricInstance.MetricInstance, "response">
}

// Null and undefined are no text: the column counts as absent.
const toText = (value: unknown): string | undefined => {
  if (typeof value === "string") return value
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : undefined
  if (typeof value === "boolean" || typeof value === "bigint") return String(value)
  if (typeof value !== "object" || value === null) return undefined
  return Option.getOrUndefined(Option.liftThrowable(() => JSON.stringify(value))())
}

/**
 * Prepares a row. Fails with `MissingVariable` when it cannot fill the template.
 */
export const prepare = (
  rowId: string,
  row: object,
  template: Prompt.Prompt | undefined,
  names: Columns
): Result.Result<Prepared, Prompt.MissingVariable> =>
  Result.map(
    template === undefined ? Result.succeed(undefined) : Prompt.render<string, object>(template, row),
    (rendered) => {
      const columns = new Map<string, string>()
      for (const [name, value] of Object.entries(row)) {
        const text = toText(value)
        if (text !== undefined) columns.set(name, text)
      }
      const prompt = rendered ?? columns.get("prompt")
      const instance = {
        row: rowId,
        columns: Object.fromEntries(columns),
        prompt,
        reference: columns.get(names.reference),
        baselineResponse: columns.get(names.baselineResponse),
        source: columns.get(names.source),
        trajectory: trajectory(columns.get("predicted_trajectory")),
        referenceTrajectory: trajectory(columns.get("reference_trajectory"))
      }
      return {
        prompt,
        response: names.response === undefined ? undefined : columns.get(names.response),
        instance: defined(instance)
      }
    }
  )

/** The same row, its answer to be compared with this one. */
export const against = (prepared: Prepared, baselineResponse: string): Prepared => ({
  ...prepared,
  instance: { ...prepared.instance, baselineResponse }
})

// What is no trajectory counts as absent: a metric that needs it names row and column.
const trajectory = (text: string | undefined): Trajectory.Trajectory | undefined =>
  text === undefined ? undefined : Result.getOrUndefined(Trajectory.parse(text))
