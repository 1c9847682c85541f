/** What a model is told of a failure. */
import * as Cause from "effect/Cause"
import * as Predicate from "effect/Predicate"
import type { Summary } from "../OnFailure.ts"
import { redact } from "./explainRedact.ts"

/** The names of an error and of the reasons inside it, the outermost first. */
const tagsOf = (error: unknown, depth = 4): ReadonlyArray<string> => {
  if (!Predicate.isObject(error) || depth === 0) return []
  const tag = error["_tag"] ?? error["name"]
  return [redact(String(tag ?? "unnamed"), undefined, 60), ...tagsOf(error["reason"] ?? error["cause"], depth - 1)]
}

/** The message of an error that has a tag: what else is thrown says anything. */
const messageOf = (error: unknown): string | undefined =>
  Predicate.isObject(error) && Predicate.isString(error["_tag"]) && Predicate.isString(error["message"])
    ? redact(error["message"], error, 600)
    : undefined

/** The first thing that went wrong; none when the program was interrupted and nothing else. */
export const of = <E>(
  cause: Cause.Cause<E>,
  where: { readonly operation: string; readonly step: string | undefined; readonly runId: string | undefined }
): Summary | undefined => {
  const failure = cause.reasons.find(Cause.isFailReason)
  const defect = cause.reasons.find(Cause.isDieReason)
  if (failure === undefined && defect === undefined) return undefined
  const error: unknown = failure === undefined ? defect?.defect : failure.error
  const message = messageOf(error)
  return {
    operation: redact(where.operation, undefined, 200),
    ...(where.step === undefined ? {} : { step: redact(where.step, undefined, 100) }),
    // Ids look like credentials, and are known to be none.
    ...(where.runId === undefined ? {} : { runId: where.runId.slice(0, 100) }),
    isDefect: failure === undefined,
    failure: tagsOf(error),
    ...(message === undefined ? {} : { message })
  }
}
