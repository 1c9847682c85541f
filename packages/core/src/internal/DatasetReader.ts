/**
 * Reads a format into the events of a dataset: rows with ids, invalid rows, and at the end the report.
 */
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { Event } from "../Dataset.ts"
import { DatasetError, isSkippable } from "../DatasetError.ts"
import { printable } from "./PrintableName.ts"
import type { RowDecoder } from "./RowDecoder.ts"
import * as RowId from "./RowId.ts"
import type { Candidate, Problem, RowFormat, RowSink } from "./RowFormat.ts"

/** What reading a source takes. */
export interface Reading<in Chunk, out A> {
  readonly source: string
  readonly format: (sink: RowSink) => RowFormat<Chunk>
  readonly decode: RowDecoder<A>
  readonly id: string | undefined
  readonly maxRows: number
}

/** Lines listed in a report; further ones are only counted. */
const maxInvalidLines = 100

/**
 * Reads chunks into events. Each run starts afresh. An invalid row is an event, or with `stopAtInvalid` fails the stream; what
 * concerns the whole source always fails it, after the rows before it were emitted.
 */
export const read = <Chunk, A, E, R>(
  chunks: Stream.Stream<Chunk, E, R>,
  reading: Reading<Chunk, A>,
  stopAtInvalid: boolean
): Stream.Stream<Event<A>, E | DatasetError, R> =>
  Stream.transformPull(chunks, (pull) =>
    Effect.sync(() => {
      const run = start(reading, stopAtInvalid)
      const next: Pull.Pull<Arr.NonEmptyReadonlyArray<Event<A>>, E | DatasetError> = Effect.suspend(() => {
        const events = run.take()
        if (isNonEmpty(events)) return Effect.succeed(events)
        const failure = run.failure()
        if (failure !== undefined) return Effect.fail(failure)
        if (run.ended()) return Cause.done()
        return Pull.matchEffect(pull, {
          onSuccess: (pulled) => {
            for (const chunk of pulled) run.push(chunk)
            return next
          },
          onFailure: Effect.failCause,
          onDone: () => {
            run.end()
            return next
          }
        })
      })
      return next
    })
  )

const start = <Chunk, A>(reading: Reading<Chunk, A>, stopAtInvalid: boolean) => {
  const { decode, maxRows, source } = reading
  const identify = RowId.make(reading.id)
  const invalidLines: Array<number> = []
  let events: Array<Event<A>> = []
  let failure: DatasetError | undefined
  let ended = false
  let valid = 0
  let invalid = 0

  const problem = (found: Problem) => {
    if (failure !== undefined) return
    const row = valid + invalid + 1
    const problem: Problem = isSkippable(found.kind)
      ? row > maxRows
        ? tooManyRows(maxRows, found)
        : { ...found, row }
      : found
    const error = new DatasetError({ source, ...problem })
    if (stopAtInvalid || !isSkippable(error.kind)) {
      failure = error
      return
    }
    invalid++
    if (error.line !== undefined && invalidLines.length < maxInvalidLines) invalidLines.push(error.line)
    events.push({ _tag: "Invalid", error })
  }

  const candidate = (candidate: Candidate) => {
    if (failure !== undefined) return
    const { line } = candidate
    if (valid + invalid >= maxRows) return problem(tooManyRows(maxRows, candidate))
    const refuse = (kind: Problem["kind"], path: ReadonlyArray<PropertyKey>, part: "key" | "value", reason: string) => {
      // A missing field has no place of its own: the object that lacks it has.
      const place = candidate.locate(path, part) ?? candidate.locate(path.slice(0, -1), "value")
      const field = path.length === 0 ? {} : { field: printable(path.map(String).join(".")) }
      problem({ kind, line, ...place, ...field, reason })
    }
    const decoded = decode(candidate.value)
    if (Result.isFailure(decoded)) {
      const { part, path, reason } = decoded.failure
      return refuse("InvalidRow", path, part, reason)
    }
    const identified = identify(candidate)
    if (Result.isFailure(identified)) {
      const { kind, path, reason } = identified.failure
      return refuse(kind, path, "value", reason)
    }
    valid++
    events.push({ _tag: "Row", id: identified.success, line, value: decoded.success })
  }

  const format = reading.format({ candidate, problem })
  return {
    push: (chunk: Chunk) => {
      if (failure === undefined) format.push(chunk)
    },
    end: () => {
      format.end()
      ended = true
      if (failure !== undefined) return
      if (valid === 0) {
        const reason =
          invalid === 0 ? "no rows" : `no valid row: ${invalid} invalid, the first on line ${invalidLines[0]}`
        return problem({ kind: "Empty", reason })
      }
      events.push({ _tag: "End", report: { source, rows: valid, invalid, invalidLines, ...format.totals() } })
    },
    take: () => {
      const taken = events
      events = []
      return taken
    },
    failure: () => failure,
    ended: () => ended
  }
}

const tooManyRows = (maxRows: number, { line }: Pick<Problem, "line">): Problem => ({
  kind: "TooManyRows",
  ...(line === undefined ? {} : { line }),
  reason: `more than ${maxRows} rows`
})

const isNonEmpty = <A>(items: ReadonlyArray<A>): items is Arr.NonEmptyReadonlyArray<A> => items.length > 0
