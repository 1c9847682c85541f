/** Google's own client, unchanged, against the emulated BigQuery. */
import { assert, layer } from "@effect/vitest"
import { BigQuery, type BigQueryOptions, type Job, type JobMetadata, type TableSchema } from "@google-cloud/bigquery"
import { Storage } from "@google-cloud/storage"
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { Emulator } from "@genops/emulator"

const project = "demo-project"

/** A client with a dataset of its own. */
const withDataset = (name: string, use: (bigQuery: BigQuery, bucket: ReturnType<Storage["bucket"]>) => Promise<void>) =>
  Effect.gen(function* () {
    const { url } = yield* Emulator.Emulator
    const options: BigQueryOptions = { apiEndpoint: url, projectId: project }
    const bigQuery = new BigQuery(options)
    bigQuery.authClient.cachedCredential = bigQuery.authClient.fromAPIKey("any")
    const storage = new Storage({ apiEndpoint: url, projectId: project })
    yield* Effect.promise(async () => {
      await bigQuery.createDataset(name)
      await storage.createBucket(`${name}-bucket`)
      await use(bigQuery, storage.bucket(`${name}-bucket`))
    })
  })

interface Failure {
  readonly code: number
  readonly message: string
  readonly reasons: ReadonlyArray<string>
}

const failureOf = (call: Promise<unknown>): Promise<Failure> =>
  call.then(
    () => ({ code: 0, message: "", reasons: [] }),
    (error: unknown) => {
      const of = (name: string): unknown =>
        typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined
      const errors = of("errors")
      const reasons = Array.isArray(errors) ? errors.map((one: { readonly reason?: string }) => String(one.reason)) : []
      return { code: Number(of("code") ?? 0), message: String(of("message")), reasons }
    }
  )

const done = (job: Job) =>
  new Promise<JobMetadata>((resolve, reject) => job.on("complete", resolve).on("error", reject))

/** As done, but asks at once: the client itself waits half a second between two questions. */
const statusOf = async (job: Job): Promise<NonNullable<JobMetadata["status"]>> => {
  const [{ status }] = await job.getMetadata()
  return status.state === "DONE" ? status : statusOf(job)
}

/** Loads an object that it writes into the table `t`. */
const loader =
  (bigQuery: BigQuery, bucket: ReturnType<Storage["bucket"]>, datasetId: string) =>
  async (name: string, content: string | Buffer, more: object = {}) => {
    await bucket.file(name).save(content)
    const load = {
      sourceUris: [`gs://${bucket.name}/${name}`],
      destinationTable: { projectId: project, datasetId, tableId: "t" },
      sourceFormat: "NEWLINE_DELIMITED_JSON",
      ...more
    }
    const [job] = await bigQuery.createJob({ configuration: { load } })
    return statusOf(job)
  }

const schema: TableSchema = {
  fields: [
    { name: "id", type: "INTEGER", mode: "REQUIRED" },
    { name: "name", type: "STRING" },
    { name: "at", type: "TIMESTAMP" },
    { name: "more", type: "JSON" },
    { name: "tags", type: "STRING", mode: "REPEATED" },
    { name: "part", type: "RECORD", fields: [{ name: "x", type: "FLOAT" }] }
  ]
}

layer(Emulator.layer(), { excludeTestServices: true, timeout: "120 seconds" })("@google-cloud/bigquery 9.3.0", (it) => {
  it.effect("makes, finds, patches, lists and deletes datasets and tables", () =>
    withDataset("resources", async (bigQuery) => {
      const dataset = bigQuery.dataset("resources")
      assert.deepStrictEqual(await dataset.exists(), [true])
      assert.deepStrictEqual(await bigQuery.dataset("nope").exists(), [false])
      assert.deepInclude(await failureOf(bigQuery.createDataset("resources")), {
        code: 409,
        message: `Already Exists: Dataset ${project}:resources`,
        reasons: ["duplicate"]
      })
      await dataset.setMetadata({ description: "d", labels: { a: "b" } })
      await dataset.setMetadata({ description: null })
      const [metadata] = await dataset.getMetadata()
      assert.deepStrictEqual([metadata.description, metadata.labels, metadata.location], [undefined, { a: "b" }, "US"])
      const [table] = await dataset.createTable("t", {
        schema,
        timePartitioning: { type: "DAY", field: "at" },
        clustering: { fields: ["name"] },
        labels: { k: "v" }
      })
      assert.deepInclude(await failureOf(dataset.createTable("t", { schema })), {
        code: 409,
        message: `Already Exists: Table ${project}:resources.t`
      })
      const [made] = await table.getMetadata()
      assert.deepStrictEqual(
        [made.timePartitioning, made.clustering, made.numRows, made.type],
        [{ type: "DAY", field: "at" }, { fields: ["name"] }, "0", "TABLE"]
      )
      assert.deepInclude(made.schema.fields[5], { name: "part", type: "RECORD", mode: "NULLABLE" })
      const wider = { fields: [...(schema.fields ?? []), { name: "score", type: "FLOAT" }] }
      await table.setMetadata({ schema: wider })
      assert.lengthOf((await table.getMetadata())[0].schema.fields, 7)
      const narrower = await failureOf(table.setMetadata({ schema: { fields: [{ name: "id", type: "STRING" }] } }))
      assert.include(narrower.message, "has changed type from INTEGER to STRING")
      for (const bad of [
        { schema: { fields: [{ name: "a b", type: "STRING" }] } },
        { schema: { fields: [{ name: "a", type: "NOPE" }] } },
        {
          schema: {
            fields: [
              { name: "a", type: "STRING" },
              { name: "A", type: "STRING" }
            ]
          }
        },
        { schema, timePartitioning: { type: "DAY", field: "name" } },
        { schema, clustering: { fields: ["none"] } }
      ]) {
        assert.strictEqual((await failureOf(dataset.createTable("bad", bad))).code, 400, JSON.stringify(bad))
      }
      assert.deepStrictEqual(
        (await dataset.getTables())[0].map(({ id }) => id),
        ["t"]
      )
      assert.include(
        (await bigQuery.getDatasets())[0].map(({ id }) => id),
        "resources"
      )
      assert.deepInclude(await failureOf(dataset.delete()), { code: 400, reasons: ["resourceInUse"] })
      await dataset.delete({ force: true })
      assert.deepInclude(await failureOf(table.getMetadata()), {
        code: 404,
        message: `Not found: Dataset ${project}:resources`
      })
    })
  )

  it.effect("loads JSON Lines from Cloud Storage, also packed, and by wildcard", () =>
    withDataset("loads", async (bigQuery, bucket) => {
      const table = bigQuery.dataset("loads").table("t")
      const rows = [
        '{"id":9007199254740993,"name":"Ann","at":"2026-11-22T18:40:00.123456Z","more":{"b":1,"a":[1.50]},"tags":["x","y"],"part":{"x":0.1}}',
        '{"id":"2","name":null,"at":1795372800.5}'
      ]
      await bucket.file("in/1.jsonl").save(`${rows[0]}\r\n\n`)
      await bucket.file("in/2.jsonl.gz").save(gzipSync(`${rows[1]}`))
      const [job] = await bigQuery.createJob({
        jobId: "loads-1",
        configuration: {
          load: {
            sourceUris: [`gs://${bucket.name}/in/*`],
            destinationTable: { projectId: project, datasetId: "loads", tableId: "t" },
            sourceFormat: "NEWLINE_DELIMITED_JSON",
            schema
          },
          labels: { run: "r1" }
        }
      })
      assert.strictEqual(job.metadata.status.state, "RUNNING")
      const { configuration, statistics, status } = await done(job)
      assert.deepStrictEqual(status, { state: "DONE" })
      assert.deepStrictEqual([configuration?.labels, configuration?.jobType], [{ run: "r1" }, "LOAD"])
      assert.deepInclude(statistics?.load, { inputFiles: "2", outputRows: "2", badRecords: "0" })
      const [found] = await table.getRows({ wrapIntegers: true })
      assert.deepStrictEqual(JSON.parse(JSON.stringify(found)), [
        {
          id: { type: "BigQueryInt", value: "9007199254740993" },
          name: "Ann",
          at: { value: "2026-11-22T18:40:00.123456000Z" },
          more: '{"a":[1.5],"b":1}',
          tags: ["x", "y"],
          part: { x: 0.1 }
        },
        {
          id: { type: "BigQueryInt", value: "2" },
          name: null,
          at: { value: "2026-11-22T18:40:00.500Z" },
          more: null,
          tags: [],
          part: null
        }
      ])
      const again = await failureOf(bigQuery.createJob({ jobId: "loads-1", configuration: { load: {} } }))
      assert.strictEqual(again.code, 400)
      const load = {
        sourceUris: [`gs://${bucket.name}/in/*`],
        destinationTable: { projectId: project, datasetId: "loads", tableId: "t" }
      }
      assert.deepInclude(await failureOf(bigQuery.createJob({ jobId: "loads-1", configuration: { load } })), {
        code: 409,
        message: `Already Exists: Job ${project}:US.loads-1`,
        reasons: ["duplicate"]
      })
      const [[first]] = await bigQuery.getJobs()
      assert.strictEqual(first?.id, "loads-1")
    })
  )

  it.effect("loads files and streams with the request, JSON and CSV", () =>
    withDataset("uploads", async (bigQuery) => {
      const directory = mkdtempSync(join(tmpdir(), "genops-bigquery-"))
      try {
        const json = join(directory, "rows.json")
        writeFileSync(json, '{"id":1,"name":"a"}\n{"id":2,"name":"b"}\n')
        const table = bigQuery.dataset("uploads").table("t")
        const [metadata] = await table.load(json, { schema, sourceFormat: "NEWLINE_DELIMITED_JSON" })
        assert.strictEqual(metadata.statistics?.load?.outputRows, "2")
        const csv = join(directory, "rows.csv")
        writeFileSync(csv, 'id,name\n3,"C, ""D""\nE"\n4,\n\n5,F,too much\n')
        const fields = {
          fields: [
            { name: "id", type: "INTEGER", mode: "REQUIRED" },
            { name: "name", type: "STRING" }
          ]
        }
        const [loaded] = await table.load(csv, {
          schema: fields,
          sourceFormat: "CSV",
          skipLeadingRows: 1,
          allowQuotedNewlines: true,
          maxBadRecords: 1
        })
        assert.deepInclude(loaded.statistics?.load, { outputRows: "2", badRecords: "1" })
        assert.include(loaded.status?.errors?.[0]?.message, "Too many values in row")
        const [rows] = await bigQuery.query("SELECT id, name FROM uploads.t ORDER BY id")
        assert.deepStrictEqual(rows, [
          { id: 1, name: "a" },
          { id: 2, name: "b" },
          { id: 3, name: 'C, "D"\nE' },
          { id: 4, name: "" }
        ])
      } finally {
        rmSync(directory, { recursive: true })
      }
    })
  )

  it.effect("fails a load with the rows at fault, and loads none", () =>
    withDataset("faults", async (bigQuery, bucket) => {
      const [table] = await bigQuery.dataset("faults").createTable("t", { schema })
      const load = loader(bigQuery, bucket, "faults")
      const cases: ReadonlyArray<readonly [string, string]> = [
        ['{"id":"x"}', "Could not convert value to integer. Field: id; Value: x"],
        ['{"id":1.5}', "Could not convert value to integer. Field: id; Value: 1.5"],
        ['{"id":9223372036854775808}', "Could not convert value to integer"],
        ["{}", "Missing required field: id."],
        ['{"id":null}', "Only optional fields can be set to NULL. Field: id; Value: NULL"],
        ['{"id":1,"what":2}', "No such field: what."],
        ['{"id":1,"name":{"a":1}}', "JSON object specified for non-record field: name"],
        ['{"id":1,"name":["a"]}', "Array specified for non-repeated field: name."],
        ['{"id":1,"tags":"a"}', "Repeated field must be imported as a JSON array. Field: tags."],
        ['{"id":1,"tags":[null]}', "Only optional fields can be set to NULL. Field: tags"],
        ['{"id":1,"part":3}', "This field: part is not a record."],
        ['{"id":1,"part":{"x":"1.5.1"}}', "Could not convert value to double. Field: part.x"],
        ['{"id":1,"at":"2026-02-30"}', "Could not convert value to timestamp. Field: at"],
        ['{"id":1', "Parser terminated before end of string"],
        ["[1]", "Start of object expected"]
      ]
      for (const [row, message] of cases) {
        const status = await load("bad.jsonl", `{"id":1}\n${row}\n`)
        assert.strictEqual(status.errorResult?.reason, "invalid")
        assert.include(
          status.errorResult?.message,
          "JSON table encountered too many errors, giving up. Rows: 2; errors: 1."
        )
        assert.include(status.errors?.at(-1)?.message, `row starting at position 9: ${message}`, row)
        assert.strictEqual(status.errors?.at(-1)?.location, `gs://${bucket.name}/bad.jsonl`)
      }
      assert.strictEqual((await table.getMetadata())[0].numRows, "0")
      const lenient = await load("bad.jsonl", '{"id":"x"}\n{"id":1,"what":2}\n', {
        maxBadRecords: 1,
        ignoreUnknownValues: true
      })
      assert.isUndefined(lenient.errorResult)
      assert.strictEqual((await table.getMetadata())[0].numRows, "1")
      const broken = await load("x.gz", Buffer.from([0x1f, 0x8b, 1, 2, 3]))
      assert.include(broken.errors?.at(-1)?.message, "the file is not valid gzip")
      const missing = await load("there.jsonl", "", { sourceUris: [`gs://${bucket.name}/none.jsonl`] })
      assert.deepInclude(missing.errorResult, {
        reason: "notFound",
        message: `Not found: URI gs://${bucket.name}/none.jsonl`
      })
      const [emptyTable] = await bigQuery.dataset("faults").createTable("e", {})
      assert.strictEqual((await emptyTable.getMetadata())[0].numRows, "0")
      const parquet = await failureOf(
        bigQuery.createJob({
          configuration: {
            load: {
              sourceUris: ["gs://a/b"],
              destinationTable: { datasetId: "faults", tableId: "t", projectId: project },
              sourceFormat: "PARQUET"
            }
          }
        })
      )
      assert.include(parquet.message, "The emulator does not support files of PARQUET")
    })
  )

  it.effect("appends, truncates and minds what is there; adds fields only when it may", () =>
    withDataset("writes", async (bigQuery, bucket) => {
      const loadFile = loader(bigQuery, bucket, "writes")
      const load = async (content: string, more?: object) => (await loadFile("w.jsonl", content, more)).errorResult
      const rows = async () => (await bigQuery.query("SELECT * FROM writes.t"))[0]
      assert.deepInclude(await load('{"a":1}', { createDisposition: "CREATE_NEVER" }), { reason: "notFound" })
      assert.include((await load('{"a":1}'))?.message, "No schema specified on job or table.")
      assert.isUndefined(await load('{"a":1}', { autodetect: true }))
      assert.isUndefined(await load('{"a":2}'))
      assert.deepStrictEqual(await rows(), [{ a: 1 }, { a: 2 }])
      assert.deepInclude(await load('{"a":3}', { writeDisposition: "WRITE_EMPTY" }), { reason: "duplicate" })
      const wider = {
        fields: [
          { name: "b", type: "DATE" },
          { name: "a", type: "INTEGER" }
        ]
      }
      assert.include(
        (await load('{"a":3,"b":"2026-01-01"}', { schema: wider }))?.message,
        "Cannot add fields (field: b)"
      )
      assert.isUndefined(
        await load('{"a":3,"b":"2026-01-01"}', { schema: wider, schemaUpdateOptions: ["ALLOW_FIELD_ADDITION"] })
      )
      assert.deepStrictEqual(JSON.parse(JSON.stringify(await rows())), [
        { a: 1, b: null },
        { a: 2, b: null },
        { a: 3, b: { value: "2026-01-01" } }
      ])
      assert.include(
        (await load('{"a":"x"}', { schema: { fields: [{ name: "a", type: "STRING" }] } }))?.message,
        "has changed type from INTEGER to STRING"
      )
      assert.isUndefined(await load('{"c":"new"}', { writeDisposition: "WRITE_TRUNCATE", autodetect: true }))
      assert.deepStrictEqual(await rows(), [{ c: "new" }])
    })
  )

  it.effect("answers queries with parameters, page by page, and into tables", () =>
    withDataset("queries", async (bigQuery) => {
      const params = {
        s: "it's",
        i: 1,
        f: 1.5,
        b: true,
        d: BigQuery.date("2026-01-01"),
        ts: BigQuery.timestamp("2026-11-22T18:40:00.123456Z"),
        dt: BigQuery.datetime("2026-11-22 18:40:00"),
        t: BigQuery.time("18:40:00"),
        list: [1, 2],
        rec: { x: 1, y: "z" },
        // The client sends a Buffer as an object, which the service refuses: base64 is the form of BYTES.
        bytes: "aGk="
      }
      const [[row]] = await bigQuery.query({
        query: `SELECT ${Object.keys(params)
          .map((name) => `@${name} AS ${name}`)
          .join(", ")}`,
        params,
        types: { bytes: "BYTES" }
      })
      assert.deepStrictEqual(JSON.parse(JSON.stringify(row)), {
        s: "it's",
        i: 1,
        f: 1.5,
        b: true,
        d: { value: "2026-01-01" },
        ts: { value: "2026-11-22T18:40:00.123456000Z" },
        dt: { value: "2026-11-22T18:40:00" },
        t: { value: "18:40:00" },
        list: [1, 2],
        rec: { x: 1, y: "z" },
        bytes: { type: "Buffer", data: [104, 105] }
      })
      const [typed] = await bigQuery.query({
        query: "SELECT @n AS n, @l AS l",
        params: { n: null, l: [] },
        types: { n: "INT64", l: ["STRING"] }
      })
      assert.deepStrictEqual(typed, [{ n: null, l: [] }])
      const [placed] = await bigQuery.query({ query: "SELECT ? - ? AS n", params: [3, 1] })
      assert.deepStrictEqual(placed, [{ n: 2 }])
      const query = "SELECT n FROM UNNEST(GENERATE_ARRAY(1, 25)) AS n ORDER BY n"
      const [job] = await bigQuery.createQueryJob({ query, jobId: "paged" })
      const [page, next, response] = await job.getQueryResults({ maxResults: 10, autoPaginate: false })
      assert.deepStrictEqual([page.length, response?.totalRows, next?.pageToken !== undefined], [10, "25", true])
      const [rest] = await job.getQueryResults({ ...next, maxResults: 100 })
      assert.deepStrictEqual(
        rest.map(({ n }) => n),
        Array.from({ length: 15 }, (_, index) => index + 11)
      )
      assert.deepInclude(await failureOf(bigQuery.createQueryJob({ query, jobId: "paged" })), { code: 409 })
      const destination = bigQuery.dataset("queries").table("out")
      const into = async (writeDisposition: string) => {
        const [job] = await bigQuery.createQueryJob({ query: "SELECT 1 AS a, 'x' AS b", destination, writeDisposition })
        return failureOf(done(job))
      }
      assert.strictEqual((await into("WRITE_EMPTY")).message, "")
      assert.include((await into("WRITE_EMPTY")).message, "Already Exists: Table demo-project:queries.out")
      assert.strictEqual((await into("WRITE_APPEND")).message, "")
      assert.lengthOf((await destination.getRows())[0], 2)
      assert.strictEqual((await into("WRITE_TRUNCATE")).message, "")
      assert.deepStrictEqual((await destination.getRows())[0], [{ a: 1, b: "x" }])
    })
  )

  it.effect("tells bytes without running, says what is wrong, and stops what is cancelled", () =>
    withDataset("dry", async (bigQuery, bucket) => {
      const [table] = await bigQuery.dataset("dry").createTable("t", { schema })
      await table.insert([{ id: 1, name: "abc" }, { id: 2 }])
      const [dry] = await bigQuery.createQueryJob({ query: "SELECT name FROM dry.t", dryRun: true })
      assert.deepStrictEqual([dry.metadata.statistics.totalBytesProcessed, dry.metadata.status.state], ["5", "DONE"])
      for (const [query, message, reason] of [
        ["SELEC 1", 'Syntax error: Unexpected identifier "SELEC" at [1:1]', "invalidQuery"],
        ["SELECT nme FROM dry.t", "Unrecognized name: nme; Did you mean name? at [1:8]", "invalidQuery"],
        ["SELECT 1/0 AS x", "division by zero", "invalidQuery"],
        ["SELECT * FROM dry.none", `Not found: Table ${project}:dry.none`, "notFound"]
      ] as const) {
        const failure = await failureOf(bigQuery.query(query))
        assert.include(failure.message, message)
        assert.deepStrictEqual(failure.reasons, [reason])
      }
      const dear = await failureOf(bigQuery.query({ query: "SELECT name FROM dry.t", maximumBytesBilled: "1000" }))
      assert.include(dear.message, "Query exceeded limit for bytes billed: 1000. 10485760 or higher required.")
      const [running] = await bigQuery.createQueryJob({ query: "SELECT 1 AS x", labels: { "emulator-seconds": "60" } })
      assert.strictEqual((await running.getMetadata())[0].status.state, "RUNNING")
      await running.cancel()
      assert.include((await failureOf(done(running))).message, "Job execution was cancelled")
      const heavy =
        "SELECT COUNT(*) AS n FROM UNNEST(GENERATE_ARRAY(1, 100000)) AS a, UNNEST(GENERATE_ARRAY(1, 100000)) AS b WHERE MOD(a * b, 7) = 3"
      const [long] = await bigQuery.createQueryJob({ query: heavy })
      await long.cancel()
      assert.include((await failureOf(done(long))).message, "Job execution was cancelled")
      await bucket.file("more.jsonl").save('{"id":3}')
      const load = {
        sourceUris: [`gs://${bucket.name}/more.jsonl`],
        destinationTable: { projectId: project, datasetId: "dry", tableId: "t" },
        sourceFormat: "NEWLINE_DELIMITED_JSON"
      }
      const [loading] = await bigQuery.createJob({ configuration: { load, labels: { "emulator-seconds": "60" } } })
      await loading.cancel()
      assert.include((await failureOf(done(loading))).message, "Job execution was cancelled")
      assert.strictEqual((await table.getMetadata())[0].numRows, "2")
      assert.deepInclude(await failureOf(bigQuery.job("none").getMetadata()), {
        code: 404,
        message: `Not found: Job ${project}:US.none`
      })
    })
  )

  it.effect("inserts rows at once, each id once, and tells the wrong ones", () =>
    withDataset("stream", async (bigQuery) => {
      const [table] = await bigQuery.dataset("stream").createTable("t", { schema })
      const raw = { raw: true, partialRetries: 0 }
      await table.insert([{ insertId: "a", json: { id: 1, more: '{"k":1}', tags: ["x"] } }], raw)
      await table.insert(
        [
          { insertId: "a", json: { id: 1 } },
          { insertId: "b", json: { id: 2 } }
        ],
        raw
      )
      const wrong = [
        { insertId: "c", json: { id: 3 } },
        { insertId: "d", json: { id: "x", what: 1, more: { k: 1 } } }
      ]
      const failure: unknown = await table.insert(wrong, raw).catch((error: unknown) => error)
      assert.strictEqual(failure instanceof Error ? failure.name : "", "PartialFailureError")
      assert.deepStrictEqual(
        typeof failure === "object" && failure !== null
          ? Reflect.get(failure, "errors").map(({ errors }: { readonly errors: unknown }) => errors)
          : [],
        [
          [{ message: "", reason: "stopped" }],
          [
            { message: "Cannot convert value to integer (bad value): x", reason: "invalid" },
            { message: 'Cannot convert value to json (bad value): {"k":1}', reason: "invalid" },
            { message: "no such field: what.", reason: "invalid" }
          ]
        ]
      )
      await table.insert(wrong, { ...raw, skipInvalidRows: true }).catch(() => {})
      const [rows] = await bigQuery.query("SELECT id, more.k FROM stream.t ORDER BY id")
      assert.deepStrictEqual(rows, [
        { id: 1, k: "1" },
        { id: 2, k: null },
        { id: 3, k: null }
      ])
      const none = bigQuery.dataset("stream").table("none")
      assert.deepInclude(await failureOf(none.insert([{ id: 1 }])), { code: 404 })
    })
  )

  it.effect("works when the client is led here by BIGQUERY_EMULATOR_HOST", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.Emulator
      process.env["BIGQUERY_EMULATOR_HOST"] = url
      const bigQuery = new BigQuery({ projectId: project })
      delete process.env["BIGQUERY_EMULATOR_HOST"]
      bigQuery.authClient.cachedCredential = bigQuery.authClient.fromAPIKey("any")
      yield* Effect.promise(async () => {
        await bigQuery.createDataset("host")
        assert.deepStrictEqual((await bigQuery.query("SELECT 1 AS x"))[0], [{ x: 1 }])
      })
    })
  )
})
