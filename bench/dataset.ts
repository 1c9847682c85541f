/**
 * Measures reading a dataset of 1,000,000 rows: rows a second, MB a second and resident memory, as JSON Lines and CSV, with and
 * without a schema and an id column. Nothing is asserted. Run: `node bench/dataset.ts [rows]`.
 */
import * as Dataset from "@genops/core/Dataset"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

const total = Number(process.argv[2] ?? 1_000_000)
const rowsPerChunk = 500
const context = "The quick brown fox jumps over the lazy dog. ".repeat(4)
const schema = Schema.Struct({ id: Schema.String, context: Schema.String, reference: Schema.String })
const encoder = new TextEncoder()

const source = (header: string, row: (index: number) => string) =>
  Stream.concat(
    Stream.make(encoder.encode(header)),
    Stream.range(0, Math.ceil(total / rowsPerChunk) - 1).pipe(
      Stream.rechunk(1),
      Stream.map((chunk) => {
        const rows = Array.from({ length: rowsPerChunk }, (_, index) => row(chunk * rowsPerChunk + index))
        return encoder.encode(rows.join(""))
      })
    )
  )

const jsonl = source("", (index) => `{"id":"row-${index}","context":"${context}","reference":"A fox."}\n`)
const csv = source("id,context,reference\n", (index) => `row-${index},"${context}",A fox.\n`)
const options = { source: "generated", limits: { rows: Number.POSITIVE_INFINITY } }

const cases: Readonly<Record<string, Effect.Effect<{ readonly bytes: number }, unknown>>> = {
  "generating the bytes alone": Stream.runFold(
    jsonl,
    () => ({ bytes: 0 }),
    (sum, chunk) => ({ bytes: sum.bytes + chunk.length })
  ),
  jsonl: Dataset.check(Dataset.fromJsonl(jsonl, options)),
  "jsonl, schema": Dataset.check(Dataset.fromJsonl(jsonl, { ...options, schema })),
  "jsonl, schema, id column": Dataset.check(Dataset.fromJsonl(jsonl, { ...options, schema, id: "id" })),
  csv: Dataset.check(Dataset.fromCsv(csv, options)),
  "csv, schema": Dataset.check(Dataset.fromCsv(csv, { ...options, schema }))
}

for (const [name, program] of Object.entries(cases)) {
  const start = performance.now()
  const { bytes } = await Effect.runPromise(program)
  const seconds = (performance.now() - start) / 1_000
  const rate = `${Math.round(total / seconds).toLocaleString("en")} rows/s, ${Math.round(bytes / 1e6 / seconds)} MB/s`
  console.log(`${name.padEnd(28)} ${rate}, ${Math.round(process.memoryUsage().rss / 1e6)} MB resident`)
}
