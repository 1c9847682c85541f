/**
 * The failure of a dataset: which source, line and column, why, and what to do.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * What is wrong. `InvalidText`, `InvalidJson`, `InvalidCsv`, `InvalidRow`, `DuplicateId` and `TooLong` concern one row, which
 * `onInvalid: "skip"` may leave out; the others end the dataset in any case.
 *
 * @since 0.1.0
 */
export const Kind = Schema.Literals([
  "InvalidText",
  "InvalidJson",
  "InvalidCsv",
  "InvalidRow",
  "DuplicateId",
  "TooLong",
  "InvalidHeader",
  "UnclosedQuote",
  "TooManyRows",
  "TooLarge",
  "Empty",
  "Unreadable",
  "UnsupportedFormat"
])

/**
 * @since 0.1.0
 */
export type Kind = typeof Kind.Type

/**
 * A dataset, or a row of it, that cannot be used.
 *
 * `line` is the physical line (1-based; blank lines and line breaks inside quotes count), `column` the 1-based position in it
 * in UTF-16 code units, as editors count; `row` the row's number among the data (blank lines and the header do not count);
 * `field` the path of the value inside the row. They are absent where they have no meaning. No value of the data is quoted.
 * `others` says which further lines are wrong, when the dataset was read to its end (`Dataset.check`, `Dataset.collect`).
 *
 * @since 0.1.0
 */
export class DatasetError extends Schema.TaggedError<DatasetError>()("DatasetError", {
  kind: Kind,
  source: Schema.String,
  line: Schema.optionalKey(Schema.Int),
  column: Schema.optionalKey(Schema.Int),
  row: Schema.optionalKey(Schema.Int),
  field: Schema.optionalKey(Schema.String),
  reason: Schema.String,
  others: Schema.optionalKey(Schema.Struct({ count: Schema.Int, lines: Schema.Array(Schema.Int) }))
}) {
  /** The same problem with the count of the other invalid rows and the first of their lines. */
  with(others: { readonly count: number; readonly lines: ReadonlyArray<number> }): DatasetError {
    return new DatasetError({ ...this, others })
  }

  override get message() {
    const place = [this.source, this.line, this.column].filter((part) => part !== undefined).join(":")
    const field = this.field === undefined ? "" : `${this.field}: `
    const row = this.row === undefined || this.row === this.line ? "" : ` It is row ${this.row} of the data.`
    const lines = [`${place}  ${field}${this.reason}.`, `  ${advice[this.kind]}${row}`]
    if (this.others !== undefined && this.others.count > 0) {
      const more = this.others.count > this.others.lines.length ? ", ..." : ""
      lines.push(
        `  ${this.others.count} more ${this.others.count === 1 ? "problem" : "problems"}: lines ${this.others.lines.join(", ")}${more}.`
      )
    }
    if (isSkippable(this.kind)) lines.push('  To leave invalid rows out and count them: onInvalid: "skip".')
    return lines.join("\n")
  }
}

/**
 * Tells whether the problem concerns one row only, so that the next rows can be read.
 *
 * @since 0.1.0
 */
export const isSkippable = (kind: Kind): boolean => skippable.has(kind)

const skippable: ReadonlySet<Kind> = new Set([
  "InvalidText",
  "InvalidJson",
  "InvalidCsv",
  "InvalidRow",
  "DuplicateId",
  "TooLong"
])

const advice: Readonly<Record<Kind, string>> = {
  InvalidText: "Save the file as UTF-8.",
  InvalidJson: "Each line must hold one complete JSON object.",
  InvalidCsv:
    'Put a field that holds a delimiter, a quote or a line break in quotes, and write a quote inside it as "".',
  InvalidRow: "Correct the row, or the schema that the dataset is read with.",
  DuplicateId: "Results are kept by id: give each row its own, or read without an id column.",
  TooLong: "Shorten the row, or raise limits.lineBytes.",
  InvalidHeader: "The first line must name every column once.",
  UnclosedQuote: 'Close the quote; a quote inside a quoted field is written as "".',
  TooManyRows: "Use fewer rows, or raise limits.rows.",
  TooLarge: "Use a smaller dataset, or raise limits.bytes.",
  Empty: "Add at least one row.",
  Unreadable: "Check the path and the permissions.",
  UnsupportedFormat: "Convert the dataset to JSON Lines or CSV."
}
