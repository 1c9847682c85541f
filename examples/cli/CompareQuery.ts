/** Questions to the runs that are kept: in SQL, into a file, or one against another. Nothing is sent and nothing is paid. */
import * as ResultStore from "@genops/pipelines/ResultStore"
import * as RunComparison from "@genops/pipelines/RunComparison"
import * as RunDatabase from "@genops/pipelines/RunDatabase"
import * as TerminalTable from "@genops/pipelines/TerminalTable"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { extname } from "node:path"
import { UsageError } from "./Options.ts"

export const flags = {
  sql: Flag.String("sql").pipe(
    Flag.withDescription(
      'Ask the runs that are kept, and run nothing: the tables are runs, cells, scores and summaries; "describe cells" shows one'
    ),
    Flag.optional
  ),
  export: Flag.Path("export").pipe(
    Flag.withDescription("File that the rows of --sql are written to: .parquet or .csv"),
    Flag.optional
  ),
  overwrite: Flag.Boolean("overwrite").pipe(
    Flag.withDescription("Let --export replace a file"),
    Flag.withDefault(false)
  ),
  against: Flag.String("against").pipe(
    Flag.withDescription("Compare the run of --run-id with this earlier one of the same dataset, and run nothing"),
    Flag.optional
  )
}

export interface Settings {
  readonly sql: Option.Option<string>
  readonly export: Option.Option<string>
  readonly overwrite: boolean
  readonly against: Option.Option<string>
  readonly runId: Option.Option<string>
  readonly json: boolean
}

export const isAsked = (settings: Settings): boolean =>
  Option.isSome(settings.sql) || Option.isSome(settings.export) || Option.isSome(settings.against)

const columns = () => Math.max(60, Math.min(process.stdout.columns ?? 100, 160))

/** Rows that are shown at most; --export and --json have all. */
const most = 1000

const text = (value: unknown): string =>
  value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value)

const shown = (rows: ReadonlyArray<RunDatabase.Row>): string => {
  const [first] = rows
  if (first === undefined) return "no rows"
  const table = TerminalTable.render(
    rows.slice(0, most),
    Object.entries(first).map(([heading, value]) => ({
      heading,
      cell: (row: RunDatabase.Row) => text(row[heading]),
      align: typeof value === "number" ? "right" : "left",
      flexible: rows.some((row) => text(row[heading]).length > 40)
    })),
    columns()
  )
  return rows.length > most ? `${table}\nthe first ${most} rows; --export FILE writes all` : table
}

const query = (settings: Settings, root: string, sql: string) =>
  Effect.gen(function* () {
    const runs = yield* RunDatabase.open(root)
    yield* Effect.forEach(runs.damaged, ({ message }) => Console.error(`! left out: ${message}`))
    if (Option.isSome(settings.export)) {
      const file = settings.export.value
      const write = { ".parquet": runs.exportParquet, ".csv": runs.exportCsv }[extname(file)]
      if (write === undefined) {
        return yield* new UsageError({ description: "--export takes a file that ends in .parquet or .csv." })
      }
      const { rows } = yield* write(file, sql, { overwrite: settings.overwrite })
      return yield* Console.log(settings.json ? JSON.stringify({ file, rows }) : `${file}: ${rows} rows`)
    }
    if (settings.json) return yield* Stream.runForEach(runs.sql(sql), (row) => Console.log(JSON.stringify(row)))
    const rows = yield* Stream.runCollect(Stream.take(runs.sql(sql), most + 1))
    yield* Console.log(shown(rows))
  }).pipe(Effect.scoped)

const number = (value: number | null) => (value === null ? "" : String(Number(value.toPrecision(3))))

const differences: ReadonlyArray<TerminalTable.Column<RunComparison.Difference>> = [
  { heading: "candidate", cell: ({ candidate, same }) => `${candidate}${same ? "" : " (changed)"}` },
  { heading: "metric", cell: ({ metric }) => metric },
  { heading: "rows", cell: ({ n }) => String(n), align: "right" },
  { heading: "later - earlier", cell: ({ mean }) => number(mean), align: "right" },
  { heading: "interval", cell: ({ high, low }) => (low === null ? "" : `[${number(low)}, ${number(high)}]`) },
  { heading: "p (Holm)", cell: ({ p_adjusted }) => number(p_adjusted), align: "right" },
  {
    heading: "verdict",
    cell: ({ reason, verdict }) => (verdict === "not_tested" ? `not tested: ${reason}` : verdict.replaceAll("_", " ")),
    flexible: true
  }
]

const compare = (settings: Settings, root: string, before: string) =>
  Effect.gen(function* () {
    if (Option.isNone(settings.runId)) return yield* new UsageError({ description: "--against needs --run-id." })
    const found = yield* Effect.provide(
      RunComparison.between(before, settings.runId.value),
      ResultStore.layerDirectory(root)
    )
    if (settings.json) return yield* Console.log(JSON.stringify(found))
    yield* Console.log(
      [
        `${found.after} against ${found.before}, on the same ${found.rows} rows`,
        TerminalTable.render(found.differences, differences, columns()),
        ...[...Map.groupBy(found.left_out, ({ reason, what }) => `left out ${what}s, as ${reason}`)].map(
          ([why, all]) => `${why}: ${all.map(({ name }) => name).join(", ")}`
        )
      ].join("\n")
    )
  })

/** Answers what the flags ask. */
export const run = (settings: Settings, root: string) =>
  Effect.gen(function* () {
    if (Option.isSome(settings.against)) return yield* compare(settings, root, settings.against.value)
    if (Option.isNone(settings.sql)) return yield* new UsageError({ description: "--export needs --sql." })
    yield* query(settings, root, settings.sql.value)
  })
