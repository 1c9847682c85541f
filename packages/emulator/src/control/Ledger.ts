/**
 * What happened on a server: how often each operation was called, the last calls, and the tokens billed by model.
 *
 * The ledger only ever grows until it is reset, and it is the server's own book: a call whose answer was lost on the way is billed all the same.
 *
 * @since 0.1.0
 */
import type { Bill } from "../http/Answer.ts"

/**
 * One call as it was recorded. `status` is what was sent, absent when the connection was dropped before any answer; prompts and headers are not kept.
 *
 * @since 0.1.0
 */
export interface Call {
  readonly sequence: number
  readonly time: string
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly status?: number
  readonly fault?: string
  readonly billed?: Bill
}

/**
 * The tokens billed for one model. `input` includes `cached`, `output` does not include `thoughts`.
 *
 * @since 0.1.0
 */
export interface Billed {
  readonly requests: number
  readonly input: number
  readonly cached: number
  readonly output: number
  readonly thoughts: number
}

/**
 * Everything recorded so far. `recent` holds the last 200 calls, oldest first.
 *
 * @since 0.1.0
 */
export interface Snapshot {
  readonly counts: { readonly [operation: string]: number }
  readonly recent: ReadonlyArray<Call>
  readonly ledger: { readonly [model: string]: Billed }
}

/**
 * A server's book.
 *
 * @since 0.1.0
 */
export interface Ledger {
  readonly record: (call: Omit<Call, "sequence" | "time">) => void
  readonly count: (operation: string) => void
  readonly snapshot: () => Snapshot
  readonly reset: () => void
}

const kept = 200

/**
 * Opens a book in which the named operations stand with zero calls.
 *
 * @since 0.1.0
 */
export const make = (operations: ReadonlyArray<string>): Ledger => {
  let counts = new Map<string, number>()
  let billed = new Map<string, Billed>()
  let recent: Array<Call> = []
  let sequence = 0
  const reset = () => {
    counts = new Map(operations.map((operation) => [operation, 0]))
    billed = new Map()
    recent = []
    sequence = 0
  }
  reset()
  return {
    count: (operation) => {
      counts.set(operation, (counts.get(operation) ?? 0) + 1)
    },
    record: (call) => {
      recent.push({ sequence: ++sequence, time: new Date().toISOString(), ...call })
      if (recent.length >= 2 * kept) recent = recent.slice(-kept)
      if (call.billed === undefined) return
      const { cached, input, model, output, thoughts } = call.billed
      const sum = billed.get(model) ?? { requests: 0, input: 0, cached: 0, output: 0, thoughts: 0 }
      billed.set(model, {
        requests: sum.requests + 1,
        input: sum.input + input,
        cached: sum.cached + cached,
        output: sum.output + output,
        thoughts: sum.thoughts + thoughts
      })
    },
    snapshot: () => ({
      counts: Object.fromEntries(counts),
      recent: recent.slice(-kept),
      ledger: Object.fromEntries(billed)
    }),
    reset
  }
}
