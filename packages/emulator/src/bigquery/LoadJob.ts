/**
 * Load jobs: files of Cloud Storage, or one that came with the request, into a table; all rows or none.
 *
 * @since 0.1.0
 */
import * as Autodetect from "./Autodetect.ts"
import * as Catalog from "./Catalog.ts"
import * as Core from "./Core.ts"
import * as Field from "./Field.ts"
import * as Ingest from "./Ingest.ts"
import type { Outcome } from "./Job.ts"
import * as Json from "./Json.ts"
import * as Lines from "./Lines.ts"
import type { LoadOptions } from "./LoadOptions.ts"
import * as Partitioning from "./Partitioning.ts"
import * as Refusal from "./Refusal.ts"
import { duck } from "./SqlType.ts"
import * as Warehouse from "./Warehouse.ts"

/** Bytes that are read of a file at once. */
const piece = 1024 * 1024

/** The objects that an address names; one `*` stands for anything. */
const objectsOf = (
  { storage: { objects } }: Core.Core,
  uri: string
): ReadonlyArray<Ingest.File & { readonly size: number }> => {
  const [, bucket = "", name = ""] = /^gs:\/\/([^/]+)\/([\s\S]+)$/.exec(uri) ?? []
  if (bucket === "") throw Refusal.invalid(`Source URI must be a Google Cloud Storage location: ${uri}`)
  const [before = "", after, more] = name.split("*")
  if (more !== undefined) throw Refusal.invalid(`Source URI must not contain more than one * character: ${uri}`)
  const isNamed = (object: string) =>
    after === undefined
      ? object === name
      : object.length >= before.length + after.length && object.startsWith(before) && object.endsWith(after)
  const found = objects.list(bucket).filter((object) => isNamed(object.name))
  if (found.length === 0) throw Refusal.notFound(`URI ${uri}`)
  return found.map((object) => ({
    name: `gs://${bucket}/${object.name}`,
    size: object.size,
    bytes: function* () {
      const source = objects.open(object)
      try {
        for (let at = 0; at < source.length; at += piece) yield source.read(at, Math.min(source.length, at + piece))
      } finally {
        source.close()
      }
    }
  }))
}

const detect = async (
  files: ReadonlyArray<Ingest.File>,
  { format }: LoadOptions
): Promise<ReadonlyArray<Field.Field>> => {
  if (format === "CSV") throw Refusal.unsupported("autodetect of CSV files: give a schema")
  let fields: ReadonlyArray<Field.Field> = []
  for (const file of files) {
    try {
      for await (const { bytes } of Lines.lines(Lines.unpacked(file.bytes()))) {
        const row = Json.parse(Lines.decode(bytes) ?? "")
        if (row !== undefined) fields = Autodetect.together(fields, Autodetect.fields(row))
      }
    } catch (thrown) {
      if (!(thrown instanceof Lines.Unreadable)) throw thrown
    }
  }
  return Field.fields(fields)
}

/** The fields that the table has afterwards, and those that the files are read by. */
const schemaOf = async (
  table: string,
  existing: Catalog.Table | undefined,
  files: ReadonlyArray<Ingest.File>,
  options: LoadOptions
): Promise<{ readonly fields: ReadonlyArray<Field.Field>; readonly read: ReadonlyArray<Field.Field> }> => {
  const before = existing === undefined || existing.fields.length === 0 ? undefined : existing.fields
  const detected = options.fields === undefined && options.autodetects ? await detect(files, options) : undefined
  const given = options.fields ?? detected
  if (before === undefined || (options.write === "WRITE_TRUNCATE" && given !== undefined)) {
    if (given === undefined || given.length === 0) throw Refusal.invalid("No schema specified on job or table.")
    return { fields: given, read: given }
  }
  if (given === undefined) return { fields: before, read: before }
  // What was guessed gives way to what is known.
  const wanted =
    detected === undefined
      ? given
      : Autodetect.together(before, given).map(
          (field) => before.find(({ name }) => name.toLowerCase() === field.name.toLowerCase()) ?? field
        )
  const fields = Field.merged(table, before, wanted, { add: options.adds, relax: options.relaxes, omit: true })
  return { fields, read: detected === undefined ? given : fields }
}

/** Puts the values of a file's fields where the table's fields are. */
const placing = (read: ReadonlyArray<Field.Field>, fields: ReadonlyArray<Field.Field>) => {
  const places = fields.map(({ name }) => read.findIndex((field) => field.name.toLowerCase() === name.toLowerCase()))
  return <A>(row: ReadonlyArray<A>): ReadonlyArray<A | null> => places.map((place) => row[place] ?? null)
}

/**
 * Runs a load job. `upload` is the file that came with the request. Throws Refusal.
 *
 * @since 0.1.0
 */
export const run = async (
  core: Core.Core,
  target: Catalog.Reference,
  location: string,
  options: LoadOptions,
  upload: Buffer | undefined,
  { kept, signal }: { readonly signal: AbortSignal; readonly kept: (outcome: Outcome) => Warehouse.Change }
): Promise<Outcome> => {
  const { catalog, warehouse } = core
  Core.dataset(core, target.project, target.dataset, location)
  Catalog.checkTable(target.table)
  const files =
    upload === undefined
      ? options.uris.flatMap((uri) => objectsOf(core, uri))
      : [{ name: "", size: upload.length, bytes: () => [upload] }]
  if (files.length === 0) throw Refusal.invalid("Load configuration must specify at least one source URI")
  const existing = catalog.table(target)
  const name = Catalog.shown(target)
  if (existing === undefined && !options.creates) throw Refusal.notFound(`Table ${name}`)
  if (
    existing !== undefined &&
    options.write === "WRITE_EMPTY" &&
    (await Core.count(core, existing, new Set())).rows > 0n
  ) {
    throw Refusal.exists(`Table ${name}`)
  }
  const { fields, read } = await schemaOf(name, existing, files, options)
  const layout = Partitioning.read(options, fields)
  const place = placing(read, fields)
  const stage = catalog.physical()
  const types = fields.map(Field.sqlType)
  await warehouse.change(() => Warehouse.statements(Core.create(stage, fields)))
  try {
    const { bad, rows, warnings } = await Ingest.ingest(files, read, options, async (batch) => {
      if (signal.aborted) throw Refusal.stopped()
      await warehouse.append(stage, types, batch.map(place))
    })
    const { bytes } = await Core.count(core, { physical: stage, fields })
    const outcome: Outcome = {
      warnings,
      statistics: {
        load: {
          inputFiles: String(files.length),
          inputFileBytes: String(files.reduce((sum, { size }) => sum + size, 0)),
          outputRows: String(rows),
          outputBytes: String(bytes),
          badRecords: String(bad)
        }
      }
    }
    await warehouse.change(() => {
      if (signal.aborted) throw Refusal.stopped()
      const now = Date.now()
      const current = catalog.table(target)
      if (current?.physical !== existing?.physical || current?.fields !== existing?.fields) {
        throw new Refusal.Refusal(
          "backendError",
          `Table ${name} was changed while the job ran. Retry the job with a different job id.`
        )
      }
      const replaces = current === undefined || options.write === "WRITE_TRUNCATE" || current.fields.length === 0
      const table: Catalog.Table = {
        project: target.project,
        dataset: target.dataset,
        id: target.table,
        created: now,
        ...current,
        attributes: { ...current?.attributes, ...layout },
        physical: replaces ? stage : (current?.physical ?? stage),
        fields,
        modified: now
      }
      const added = fields.slice(current?.fields.length ?? 0).map((field, index) => {
        return `ALTER TABLE "${table.physical}" ADD COLUMN "c${(current?.fields.length ?? 0) + index}" ${duck(Field.sqlType(field))}`
      })
      const gone = current === undefined ? [] : [`DROP TABLE "${current.physical}"`]
      const moves = replaces
        ? gone
        : [...added, `INSERT INTO "${table.physical}" SELECT * FROM "${stage}"`, `DROP TABLE "${stage}"`]
      return Warehouse.together([Warehouse.statements(...moves), catalog.putTable(table), kept(outcome)])
    })
    return outcome
  } catch (thrown) {
    await warehouse.change(() => Warehouse.statements(`DROP TABLE IF EXISTS "${stage}"`))
    throw thrown
  }
}
