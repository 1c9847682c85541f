/** What a failed call means: for its cell, for its candidate, for the run. */
import type * as Budget from "@genops/core/Budget"
import type * as Metric from "@genops/core/Metric"
import type * as PriceTable from "@genops/core/PriceTable"
import type * as Evaluation from "@genops/vertex/Evaluation"
import type * as GenerativeModel from "@genops/vertex/GenerativeModel"
import type * as VertexError from "@genops/vertex/VertexError"
import * as Cell from "../Cell.ts"

type AnyError = GenerativeModel.GenerateError | Evaluation.EvaluationError

/** A failure that later calls would meet as well: those of the candidate, or those of the whole run. */
export interface Stop {
  readonly scope: "candidate" | "run"
  readonly reason: Budget.BudgetExceeded | PriceTable.PriceUnknown | VertexError.VertexError
}

const hopeless: ReadonlyMap<VertexError.Reason["_tag"], Stop["scope"]> = new Map([
  ["CredentialsMissing", "run"],
  ["Unauthenticated", "run"],
  ["PermissionDenied", "candidate"],
  ["NotFound", "candidate"]
])

/** What ends with this failure of a call; undefined when it is the cell's own. */
export const stopOf = (error: AnyError, onBudgetExceeded: "stop" | "skip"): Stop | undefined => {
  if (error._tag === "PriceUnknown") return { scope: "candidate", reason: error }
  if (error._tag === "BudgetExceeded") {
    return onBudgetExceeded === "stop" ? { scope: "run", reason: error } : undefined
  }
  const scope = error._tag === "VertexError" ? hopeless.get(error.reason._tag) : undefined
  return scope === undefined || error._tag !== "VertexError" ? undefined : { scope, reason: error }
}

/** Whether a failed call was paid. */
export const billedOf = (error: AnyError): "no" | "yes" | "unknown" => {
  if (!("billed" in error)) return "no"
  if (error._tag !== "VertexError") return error.billed
  // An attempt before the last one may have been billed, though the last was refused.
  return error.billed === "no" && error.attempts.some(({ billed }) => billed !== "no") ? "unknown" : error.billed
}

const longestMessage = 2000

export const tagOf = (error: AnyError): string => (error._tag === "VertexError" ? error.reason._tag : error._tag)

export const problemOf = (error: AnyError): Cell.Problem => ({
  tag: tagOf(error),
  message: error.message.slice(0, longestMessage),
  billed: billedOf(error)
})

/** Refusals of a service that is overloaded for now. */
const storm: ReadonlySet<string> = new Set(["ResourceExhausted", "Unavailable"])

/** Whether a cell lacks its answer or one of these scores because the service was overloaded: it is worth another try when the storm is over. */
export const isGivenUp = (cell: Cell.Cell, metrics: ReadonlyArray<Metric.Metric>): boolean =>
  [cell.error, ...metrics.map(({ name }) => Cell.score(cell, name)?.error)].some(
    (error) => error !== undefined && storm.has(error.tag)
  )
