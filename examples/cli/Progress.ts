/** How a long run stands, on standard error: a line that is redrawn on a terminal, a line for each tenth anywhere else. */
import * as Money from "@genops/core/Money"
import type * as Evaluate from "@genops/pipelines/Evaluate"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

const frame = 100
const pause = 30_000
const eraseLine = "\r\u001b[2K"

const duration = (milliseconds: number) => {
  const seconds = Math.round(milliseconds / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`
}

/** Makes the listener of a run under a budget. */
export const make = (budget: Money.Money) => {
  const isTerminal = process.stderr.isTTY && process.env["TERM"] !== "dumb"
  let started: number | undefined
  let drawn = 0
  let tenth = -1

  return ({ cost, done, failed, judgeCost, resumed, rows }: Evaluate.Progress): Effect.Effect<void> =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      started ??= now
      const here = done - resumed
      const share = done / rows
      // What was done before does not say how fast this session is; after a few rows it is a guess like any other.
      const left = here >= 5 && done < rows ? `  about ${duration(((now - started) / here) * (rows - done))} left` : ""
      const errors = failed === 0 ? "" : `  errors ${failed}`
      const line =
        `${String(Math.floor(share * 100)).padStart(3)} %  ${done}/${rows}  ${Money.format(cost)} of ${Money.format(budget)}` +
        `  judge ${Money.format(judgeCost)}${errors}${left}`
      const isLast = done === rows
      if (isTerminal) {
        if (now - drawn < frame && !isLast) return
        process.stderr.write(`${eraseLine}${line}${isLast ? "\n" : ""}`)
      } else {
        if (Math.floor(share * 10) === tenth && now - drawn < pause) return
        process.stderr.write(`${line}\n`)
      }
      tenth = Math.floor(share * 10)
      drawn = now
    })
}
