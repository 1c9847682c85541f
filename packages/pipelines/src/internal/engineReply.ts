/** How effect/cluster writes down what became of a run or an activity, read without the schemas of its values. */
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Workflow from "effect/workflow/Workflow"
import * as Run from "./engineRun.ts"

const CauseJson = Schema.Array(
  Schema.Struct({
    _tag: Schema.String,
    error: Schema.optional(Schema.Json),
    defect: Schema.optional(Schema.Json)
  })
)
type CauseJson = typeof CauseJson.Type

const Outer = <Value extends Schema.Constraint>(value: Value) =>
  Schema.Union([
    Schema.Struct({ _tag: Schema.tag("Success"), value }),
    Schema.Struct({ _tag: Schema.tag("Failure"), cause: CauseJson })
  ])

const Reply = Schema.fromJsonString(
  Outer(
    Schema.Union([
      Schema.Struct({ _tag: Schema.tag("Complete"), exit: Outer(Schema.optional(Schema.Json)) }),
      Schema.Struct({
        _tag: Schema.tag("Suspended"),
        cause: Schema.optional(Schema.NullOr(CauseJson)),
        failed: Schema.optional(Schema.Boolean)
      })
    ])
  )
)

/** What became of a run or an activity. `Suspended` waits for something, `Parked` for somebody. */
export type Outcome =
  | { readonly _tag: "Done"; readonly value: unknown }
  | { readonly _tag: "Failed"; readonly reason: Run.Reason }
  | { readonly _tag: "Cancelled" }
  | { readonly _tag: "Suspended" }
  | { readonly _tag: "Parked"; readonly reason: Run.Located }

const reasonOf = (cause: CauseJson): Run.Located => {
  const first = cause.find(({ _tag }) => _tag !== "Interrupt")
  return Run.reasonOf(first?.error ?? first?.defect ?? null)
}

const failed = (cause: CauseJson): Outcome =>
  cause.every(({ _tag }) => _tag === "Interrupt") ? { _tag: "Cancelled" } : { _tag: "Failed", reason: reasonOf(cause) }

const decode = Schema.decodeUnknownOption(Reply)

/** Reads the text of a reply. A text that is no reply gives none. */
export const fromText = (text: string): Option.Option<Outcome> =>
  Option.map(decode(text), (reply) => {
    if (reply._tag === "Failure") return failed(reply.cause)
    const result = reply.value
    if (result._tag === "Suspended") {
      return result.failed === true ? { _tag: "Parked", reason: reasonOf(result.cause ?? []) } : { _tag: "Suspended" }
    }
    return result.exit._tag === "Success" ? { _tag: "Done", value: result.exit.value } : failed(result.exit.cause)
  })

const ofExit = (exit: Exit.Exit<unknown, unknown>): Outcome => {
  if (exit._tag === "Success") return { _tag: "Done", value: exit.value }
  return exit.cause.reasons.every(({ _tag }) => _tag === "Interrupt")
    ? { _tag: "Cancelled" }
    : { _tag: "Failed", reason: Run.reasonOfCause(exit.cause) }
}

/** Says the same of a result that was not written down. */
export const fromResult = (result: Workflow.Result<unknown, unknown>): Outcome => {
  if (result._tag === "Complete") return ofExit(result.exit)
  if (result.failed !== true) return { _tag: "Suspended" }
  const reason = result.cause === undefined ? { tag: "Error", message: "It failed." } : Run.reasonOfCause(result.cause)
  return { _tag: "Parked", reason }
}
