/**
 * Jobs as they are kept: their ids stay taken when the server starts anew, and what they have come to can be read.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Catalog from "./Catalog.ts"
import * as Job from "./Job.ts"
import * as Refusal from "./Refusal.ts"

const ErrorProto = Schema.Struct({
  reason: Schema.Literals(Refusal.reasons),
  location: Schema.optionalKey(Schema.String),
  debugInfo: Schema.optionalKey(Schema.String),
  message: Schema.String
})

const Record = Schema.Record(Schema.String, Schema.Unknown)

const Kept = Schema.Struct({
  reference: Schema.Struct({ project: Schema.String, location: Schema.String, id: Schema.String }),
  configuration: Record,
  created: Schema.Number,
  ended: Schema.Number,
  errors: Schema.Array(ErrorProto),
  warnings: Schema.Array(ErrorProto),
  statistics: Record
})

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Kept))

/**
 * The statement that keeps a job. Its rows are not kept with it.
 *
 * @since 0.1.0
 */
export const keep = ({ configuration, created, ended = created, error, outcome, reference }: Job.Job): string => {
  const kept: typeof Kept.Type = {
    reference,
    configuration,
    created,
    ended,
    errors: error === undefined ? [] : [Refusal.proto(error), ...error.errors],
    warnings: outcome?.warnings ?? [],
    statistics: outcome?.statistics ?? {}
  }
  return Catalog.keep("job", Job.shown(reference), kept)
}

/** @since 0.1.0 */
export const read = (text: string): Job.Job => {
  const { configuration, created, ended, errors, reference, statistics, warnings } = decode(text)
  const [first, ...others] = errors
  return {
    reference,
    configuration,
    created,
    ended,
    state: "DONE",
    done: Promise.resolve(),
    cancel: new AbortController(),
    ...(first === undefined
      ? { outcome: { statistics, warnings } }
      : { error: new Refusal.Refusal(first.reason, first.message, first.location, others) })
  }
}
