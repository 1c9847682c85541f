/**
 * Rows to prompt, tune or evaluate with: streamed from JSON Lines, CSV or values, decoded by a Schema, each with an id and the
 * line it came from. Memory holds one chunk and one row at a time, whatever the size of the source (and, with an id column, the
 * ids seen, to find duplicates).
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { DatasetError } from "./DatasetError.ts"
import * as DatasetReader from "./internal/DatasetReader.ts"
import * as RowDecoder from "./internal/RowDecoder.ts"
import * as RowFormat from "./internal/RowFormat.ts"

/**
 * A row without a schema: an object of JSON values; from CSV, of text.
 *
 * @since 0.1.0
 */
export type JsonRow = RowDecoder.JsonRow

/**
 * A row, its physical line (the number of the value for a dataset of values) and its id. The id is the text of the id column
 * or, without one, `line-hash` with the first 12 hexadecimal digits of the sha-256 of the row's content: unique without memory,
 * and never the id of an edited row, so that results kept by id are not attributed to other content.
 *
 * @since 0.1.0
 */
export interface Row<out A> {
  readonly _tag: "Row"
  readonly id: string
  readonly line: number
  readonly value: A
}

/**
 * What a reading found: valid rows, invalid rows and the first 100 of their lines, physical lines, bytes, and the sha-256 of
 * the bytes as 64 hexadecimal digits. Of values, lines and bytes are those of their JSON Lines.
 *
 * @since 0.1.0
 */
export const Report = Schema.Struct({
  source: Schema.String,
  rows: Schema.Int,
  invalid: Schema.Int,
  invalidLines: Schema.Array(Schema.Int),
  lines: Schema.Int,
  bytes: Schema.Int,
  sha256: Schema.String
})

/**
 * @since 0.1.0
 */
export type Report = typeof Report.Type

/**
 * An element of a full reading: a row, an invalid row in its place, and last the report.
 *
 * @since 0.1.0
 */
export type Event<A> =
  | Row<A>
  | { readonly _tag: "Invalid"; readonly error: DatasetError }
  | { readonly _tag: "End"; readonly report: Report }

/**
 * A source of rows that fails with `E`: `DatasetError` and what the source itself may fail with. A description: each run of a
 * stream reads the source again from its start.
 *
 * @since 0.1.0
 */
export interface Dataset<out A, out E = DatasetError, out R = never> {
  /** The name that errors and reports give: a path, a URL, a query's name. */
  readonly source: string
  readonly onInvalid: "fail" | "skip"
  /** The rows; an invalid one fails the stream with `DatasetError`, or is left out, as `onInvalid` says. */
  readonly rows: Stream.Stream<Row<A>, E, R>
  /** The rows, every invalid row in its place, and last the report. Fails only for what concerns the whole source. */
  readonly events: Stream.Stream<Event<A>, E, R>
}

/**
 * Bounds; passing one is a `DatasetError`. `Infinity` lifts one.
 *
 * @since 0.1.0
 */
export interface Limits {
  /** Bytes of one line, CSV record or value. Default 1 MiB; memory is bounded by it. */
  readonly lineBytes?: number
  /** Data rows, valid or not. Default 1,000,000. */
  readonly rows?: number
  /** Bytes in total. Default: none, since memory does not grow with them. */
  readonly bytes?: number
}

/**
 * How to read rows, whatever the format.
 *
 * @since 0.1.0
 */
export interface Options {
  readonly source: string
  /** The top-level field that identifies a row: text or a safe integer, distinct in the dataset. */
  readonly id?: string
  /** `fail` (default) at the first invalid row, or `skip` and count it. */
  readonly onInvalid?: "fail" | "skip"
  /** Whether fields that the schema does not name are an `error` (default; it finds misspelt optional ones) or left out. */
  readonly extraFields?: "error" | "ignore"
  readonly limits?: Limits
}

/**
 * How to read CSV: `delimiter` is one ASCII character, by default a comma.
 *
 * @since 0.1.0
 */
export interface CsvOptions extends Options {
  readonly delimiter?: "," | ";" | "\t" | "|"
}

/** A schema that decodes without services and asynchronous steps. */
interface WithSchema<A> {
  readonly schema: Schema.ConstraintDecoder<A>
}

/** No schema: any object is a row. */
interface WithoutSchema {
  readonly schema?: undefined
}

interface MaybeSchema {
  readonly schema?: Schema.ConstraintDecoder<unknown> | undefined
}

/**
 * Reads JSON Lines: one object a line in UTF-8. A byte-order mark, CRLF, blank lines and a missing last newline are fine.
 * Invalid rows are `DatasetError`s of kind `InvalidText`, `InvalidJson`, `InvalidRow`, `DuplicateId` or `TooLong`; a dataset
 * without valid rows fails with kind `Empty`, one beyond its limits with `TooManyRows` or `TooLarge`.
 *
 * @example
 * import * as Dataset from "@genops/core/Dataset"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import * as Stream from "effect/Stream"
 *
 * const bytes = Stream.make(new TextEncoder().encode('{"context": "...", "reference": "..."}\n'))
 * const schema = Schema.Struct({ context: Schema.String, reference: Schema.String })
 * const dataset = Dataset.fromJsonl(bytes, { source: "prompts.jsonl", schema })
 * Effect.runPromise(Dataset.check(dataset)).then(({ rows }) => rows) // => 1
 *
 * @since 0.1.0
 */
export function fromJsonl<E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  options: Options & WithoutSchema
): Dataset<JsonRow, E | DatasetError, R>
export function fromJsonl<A, E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  options: Options & WithSchema<A>
): Dataset<A, E | DatasetError, R>
export function fromJsonl<E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  options: Options & MaybeSchema
): Dataset<unknown, E | DatasetError, R> {
  return make(bytes, RowFormat.jsonl(byteLimits(options)), decoder(options), options)
}

/**
 * Reads CSV (RFC 4180, UTF-8): the first record names the columns, every value is text (decode numbers with schemas such as
 * `Schema.FiniteFromString`). Quoted fields may hold delimiters, line breaks and `""`; blank lines are skipped. Beside the errors
 * of `fromJsonl`: `InvalidCsv` for a row that has more or fewer fields than the header or a misplaced quote; `InvalidHeader` for
 * an empty or repeated name and `UnclosedQuote`, which end the dataset even with `onInvalid: "skip"`.
 *
 * @since 0.1.0
 */
export function fromCsv<E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  options: CsvOptions & WithoutSchema
): Dataset<{ readonly [column: string]: string }, E | DatasetError, R>
export function fromCsv<A, E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  options: CsvOptions & WithSchema<A>
): Dataset<A, E | DatasetError, R>
export function fromCsv<E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  options: CsvOptions & MaybeSchema
): Dataset<unknown, E | DatasetError, R> {
  return make(bytes, RowFormat.csv(byteLimits(options), options.delimiter ?? ","), decoder(options), options)
}

/**
 * Reads a stream of values, such as the rows of a query. Without a schema the values pass as they are.
 *
 * @since 0.1.0
 */
export function fromStream<A extends object, E, R>(
  values: Stream.Stream<A, E, R>,
  options: Options & WithoutSchema
): Dataset<A, E | DatasetError, R>
export function fromStream<A, E, R>(
  values: Stream.Stream<unknown, E, R>,
  options: Options & WithSchema<A>
): Dataset<A, E | DatasetError, R>
export function fromStream<E, R>(
  values: Stream.Stream<unknown, E, R>,
  options: Options & MaybeSchema
): Dataset<unknown, E | DatasetError, R> {
  return make(values, RowFormat.values(byteLimits(options)), decoder(options), options)
}

/**
 * Makes a dataset of rows in memory; `source` is "values" unless given.
 *
 * @since 0.1.0
 */
export const fromValues = <A extends object>(
  rows: Iterable<A>,
  options: Omit<Options, "source"> & { readonly source?: string } = {}
): Dataset<A> => fromStream(Stream.fromIterable(rows), { ...options, source: options.source ?? "values" })

/**
 * Reads the dataset to its end and keeps nothing: the way to refuse a bad dataset before the first paid call. With
 * `onInvalid: "fail"` the first invalid row fails it with a `DatasetError` whose `others` counts the rest.
 *
 * @since 0.1.0
 */
export const check = <A, E, R>(dataset: Dataset<A, E, R>): Effect.Effect<Report, E | DatasetError, R> =>
  readAll(dataset, () => {})

/**
 * Reads the dataset to its end and keeps the rows, which must fit in memory. Fails as `check` does.
 *
 * @since 0.1.0
 */
export const collect = <A, E, R>(
  dataset: Dataset<A, E, R>
): Effect.Effect<{ readonly rows: ReadonlyArray<Row<A>>; readonly report: Report }, E | DatasetError, R> =>
  Effect.suspend(() => {
    const rows: Array<Row<A>> = []
    return Effect.map(
      readAll(dataset, (row) => rows.push(row)),
      (report) => ({ rows, report })
    )
  })

const readAll = <A, E, R>(dataset: Dataset<A, E, R>, onRow: (row: Row<A>) => void) =>
  Effect.gen(function* () {
    let report: Report | undefined
    let first: DatasetError | undefined
    const others = { count: 0, lines: Array.of<number>() }
    const take = (event: Event<A>) => {
      if (event._tag === "Row") onRow(event)
      else if (event._tag === "End") report = event.report
      else if (first === undefined) first = event.error
      else if (++others.count <= 10 && event.error.line !== undefined) others.lines.push(event.error.line)
    }
    const end = yield* Effect.result(
      Stream.runForEachArray(dataset.events, (events) => Effect.sync(() => events.forEach(take)))
    )
    const isRead = Result.isSuccess(end) || end.failure instanceof DatasetError
    // In the order of the source, the first invalid row comes before whatever ended the reading.
    if (isRead && first !== undefined && dataset.onInvalid === "fail") return yield* first.with(others)
    if (Result.isFailure(end)) return yield* Effect.fail(end.failure)
    return report ?? (yield* Effect.die(new Error("a dataset ended without its report")))
  })

const byteLimits = ({ limits }: Options): RowFormat.ByteLimits => ({
  lineBytes: limits?.lineBytes ?? 1_048_576,
  bytes: limits?.bytes ?? Number.POSITIVE_INFINITY
})

const decoder = (options: Options & MaybeSchema): RowDecoder.RowDecoder<unknown> =>
  options.schema === undefined
    ? RowDecoder.jsonRow
    : RowDecoder.fromSchema(options.schema, options.extraFields ?? "error")

const make = <Chunk, A, E, R>(
  chunks: Stream.Stream<Chunk, E, R>,
  format: DatasetReader.Reading<Chunk, A>["format"],
  decode: RowDecoder.RowDecoder<A>,
  options: Options
): Dataset<A, E | DatasetError, R> => {
  const { id, limits, onInvalid = "fail", source } = options
  const reading = { source, format, decode, id, maxRows: limits?.rows ?? 1_000_000 }
  return {
    source,
    onInvalid,
    rows: DatasetReader.read(chunks, reading, onInvalid === "fail").pipe(
      Stream.filter((event) => event._tag === "Row")
    ),
    events: DatasetReader.read(chunks, reading, false)
  }
}
