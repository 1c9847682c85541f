/**
 * How a call ended, in one line that the table compares.
 */
import * as ContentBlocked from "@genops/vertex/ContentBlocked"
import * as VertexError from "@genops/vertex/VertexError"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"

/** Cuts long texts and runs of one character, whose length differs from run to run. */
const short = (text: string): string =>
  text.length > 1_000 ? short(`${text.slice(0, 9)}${text.slice(-9)}`) : text.replace(/(.)\1{2,}/gsu, "$1…")

const detailsOf = (reason: VertexError.Reason): string => {
  switch (reason._tag) {
    case "Transport":
      return ` ${reason.kind} ${reason.phase}`
    case "DeadlineExceeded":
      return ` ${reason.phase}`
    case "MalformedResponse":
      return ` ${reason.where}`
    case "StreamTruncated":
      return ` after ${JSON.stringify(short(reason.text))}`
    default:
      return ""
  }
}

const waitOf = ({ retryAfter }: VertexError.Reason): string =>
  retryAfter === undefined ? "" : `, wait ${Duration.toSeconds(retryAfter)} s`

const failed = (error: unknown, textSoFar: string): string => {
  if (error instanceof ContentBlocked.ContentBlocked) {
    return `ContentBlocked ${error.blocked} ${error.reason}, billed ${error.billed}`
  }
  if (!(error instanceof VertexError.VertexError)) return `another error: ${String(error)}`
  const { billed, reason } = error
  const details = detailsOf(reason)
  const after =
    textSoFar === "" || reason._tag === "StreamTruncated" ? "" : ` after ${JSON.stringify(short(textSoFar))}`
  return `${reason._tag}${details}${after}, billed ${billed}${waitOf(reason)}`
}

/** Describes the end of a call; `textSoFar` is what a stream had emitted. A defect, an interruption and a hang are told apart. */
export const of = (exit: Exit.Exit<Option.Option<string>, unknown>, textSoFar = ""): string => {
  if (Exit.isSuccess(exit))
    return Option.match(exit.value, { onNone: () => "HANG", onSome: (text) => `ok ${short(text)}`.trim() })
  if (Cause.hasDies(exit.cause)) return `DEFECT ${Cause.pretty(exit.cause)}`
  return Option.match(Cause.findErrorOption(exit.cause), {
    onNone: () => "INTERRUPTED",
    onSome: (error) => failed(error, textSoFar)
  })
}
