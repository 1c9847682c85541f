/** What the examples' commands end with: one readable block on standard error and an exit code that scripts can rely on. */
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Predicate from "effect/Predicate"

/** 0 done · 1 the work failed · 2 usage or configuration · 3 a gate refused · 4 a budget refused or ran out · 130 interrupted */
export type ExitCode = 1 | 2 | 3 | 4 | 130

const codes: Readonly<Record<string, ExitCode>> = {
  VertexConfigError: 2,
  ConfigError: 2,
  InvalidBudget: 2,
  InvalidMoney: 2,
  UsageError: 2,
  InvalidRunId: 2,
  InvalidThreshold: 2,
  EmulatorError: 2,
  ThresholdNotMet: 3,
  BudgetExceeded: 4,
  PriceUnknown: 4,
  StoreUnusable: 2,
  StoreLocked: 2,
  StoreIncompatible: 2,
  ApprovalRejected: 3,
  ApprovalTimeout: 3,
  StopRequested: 130,
  QueryFailed: 2,
  FileExists: 2,
  RunsUnreadable: 2,
  RunNotFound: 2,
  RunsNotComparable: 2
}

const reasonTag = (error: unknown) =>
  Predicate.hasProperty(error, "reason") && Predicate.hasProperty(error.reason, "_tag") ? error.reason._tag : undefined

const tagOf = (error: unknown) => (Predicate.hasProperty(error, "_tag") ? error._tag : undefined)

export const exitCode = (cause: Cause.Cause<unknown>): ExitCode => {
  if (Cause.hasInterruptsOnly(cause)) return 130
  const error = Cause.squash(cause)
  if (CliError.isCliError(error) || reasonTag(error) === "CredentialsMissing") return 2
  // A parked run ends as what it failed with would.
  const tag = Predicate.isTagged(error, "RunParked") && Predicate.hasProperty(error, "tag") ? error.tag : tagOf(error)
  return typeof tag === "string" ? (codes[tag] ?? 1) : 1
}

/** The block for standard error; undefined when the command line parser has already said everything. */
export const describe = (cause: Cause.Cause<unknown>): string | undefined => {
  if (Cause.hasInterruptsOnly(cause)) return "Interrupted. Calls under way were finished or booked at their worst case."
  const error = Cause.squash(cause)
  if (CliError.isCliError(error)) return undefined
  if (Cause.hasDies(cause)) return `This is a defect in genops; please report it.\n${Cause.pretty(cause)}`
  const tag = Predicate.hasProperty(error, "_tag") ? `[${String(error._tag)}] ` : ""
  const message = error instanceof Error ? error.message : String(error)
  return message.startsWith("[") ? message : tag + message
}
