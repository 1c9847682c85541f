/**
 * What happened on a server: how often each operation was called, the last calls, the tokens billed by model, and the remote jobs created.
 *
 * The ledger only ever grows until it is reset, and it is the server's own book: a call whose answer was lost on the way is billed all the same, and
 * its job exists. In a file it survives the server's end, also by kill -9: each call is appended as one line before it is answered. The file
 * grows by some 200 bytes a call until the ledger is reset.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Journal from "../store/Journal.ts"

const Bill = Schema.Struct({
  model: Schema.String,
  input: Schema.Number,
  cached: Schema.Number,
  output: Schema.Number,
  thoughts: Schema.Number
})

const Created = Schema.Struct({
  name: Schema.String,
  displayName: Schema.optionalKey(Schema.String),
  labels: Schema.Record(Schema.String, Schema.String),
  model: Schema.String,
  tokens: Schema.Number
})

const Call = Schema.Struct({
  sequence: Schema.Number,
  time: Schema.String,
  operation: Schema.String,
  method: Schema.String,
  path: Schema.String,
  status: Schema.optionalKey(Schema.Number),
  fault: Schema.optionalKey(Schema.String),
  billed: Schema.optionalKey(Bill),
  alsoBilled: Schema.optionalKey(Schema.Array(Bill)),
  created: Schema.optionalKey(Created)
})

/**
 * One call as it was recorded. `status` is what was sent, absent when the connection was dropped before any answer; `created` is the remote job that
 * it left behind. Prompts and headers are not kept.
 *
 * @since 0.1.0
 */
export type Call = typeof Call.Type

/**
 * A call to be recorded.
 *
 * @since 0.1.0
 */
export type Recorded = Omit<Call, "sequence" | "time">

/**
 * A remote job: which call created it and when, its name and labels, the model and the tokens that it is billed for.
 *
 * @since 0.1.0
 */
export interface Job extends Pick<Call, "operation" | "sequence" | "time">, NonNullable<Call["created"]> {}

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
 * Everything recorded so far. `recent` holds the last 200 calls, oldest first; `jobs` all remote jobs ever created, oldest first.
 *
 * @since 0.1.0
 */
export interface Snapshot {
  readonly counts: { readonly [operation: string]: number }
  readonly recent: ReadonlyArray<Call>
  readonly ledger: { readonly [model: string]: Billed }
  readonly jobs: ReadonlyArray<Job>
}

/**
 * A server's book.
 *
 * @since 0.1.0
 */
export interface Ledger {
  /** Counts a call and writes it down. */
  readonly record: (call: Recorded) => void
  readonly snapshot: () => Snapshot
  readonly reset: () => void
}

const kept = 200

/**
 * Opens a book in which the named operations stand with zero calls; with a file, as an earlier server left it. Throws when the file cannot be used.
 *
 * @since 0.1.0
 */
export const make = (operations: ReadonlyArray<string>, file?: string): Ledger => {
  const journal = Journal.open(file, Call)
  let counts = new Map<string, number>()
  let billed = new Map<string, Billed>()
  let recent: Array<Call> = []
  let jobs: Array<Job> = []
  let last = 0
  const forget = () => {
    counts = new Map(operations.map((operation) => [operation, 0]))
    billed = new Map()
    recent = []
    jobs = []
    last = 0
  }
  const add = (call: Call) => {
    const { created, operation, sequence, time } = call
    last = sequence
    counts.set(operation, (counts.get(operation) ?? 0) + 1)
    recent.push(call)
    if (recent.length >= 2 * kept) recent = recent.slice(-kept)
    if (created !== undefined) jobs.push({ sequence, time, operation, ...created })
    for (const bill of [call.billed ?? [], call.alsoBilled ?? []].flat()) addBill(bill)
  }
  const addBill = ({ cached, input, model, output, thoughts }: typeof Bill.Type) => {
    const sum = billed.get(model) ?? { requests: 0, input: 0, cached: 0, output: 0, thoughts: 0 }
    billed.set(model, {
      requests: sum.requests + 1,
      input: sum.input + input,
      cached: sum.cached + cached,
      output: sum.output + output,
      thoughts: sum.thoughts + thoughts
    })
  }
  forget()
  for (const call of journal.entries) add(call)
  return {
    record: (recorded) => {
      const call = { sequence: last + 1, time: new Date().toISOString(), ...recorded }
      journal.append(call)
      add(call)
    },
    snapshot: () => ({
      counts: Object.fromEntries(counts),
      recent: recent.slice(-kept),
      ledger: Object.fromEntries(billed),
      jobs: [...jobs]
    }),
    reset: () => {
      journal.clear()
      forget()
    }
  }
}
