/** The emulated BigQuery in a process of its own: what survives kill -9, when DuckDB is loaded, and what SQL can reach. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import * as Warehouse from "../src/bigquery/Warehouse.ts"
import * as ServerProcess from "./ServerProcess.ts"

const temporary = () => {
  const directory = Fs.mkdtempSync(join(tmpdir(), "emulator-bigquery-"))
  return { directory, [Symbol.dispose]: () => Fs.rmSync(directory, { recursive: true, force: true }) }
}

/** A server on a directory, which can be killed and started again. */
const serve = async () => {
  const place = temporary()
  let running = await ServerProcess.start(place.directory)
  const call = async (method: string, path: string, body?: unknown) => {
    const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }
    const answer = await fetch(`${running.url}${path}`, { method, ...sent })
    const text = await answer.text()
    return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) }
  }
  const bigQuery = (method: string, path: string, body?: unknown) =>
    call(method, `/bigquery/v2/projects/demo${path}`, body)
  const load = (jobId: string, name: string, more: object = {}) =>
    bigQuery("POST", "/jobs", {
      jobReference: { jobId },
      configuration: {
        ...more,
        load: {
          sourceUris: [`gs://bucket/${name}`],
          sourceFormat: "NEWLINE_DELIMITED_JSON",
          destinationTable: { datasetId: "ds", tableId: "t" }
        }
      }
    })
  return {
    directory: place.directory,
    url: () => running.url,
    call,
    bigQuery,
    load,
    loaded: async (jobId: string) => {
      for (;;) {
        const { body } = await bigQuery("GET", `/jobs/${jobId}`)
        if (body.status.state === "DONE") return body
        await sleep(10)
      }
    },
    put: (name: string, text: string) =>
      call("POST", `/upload/storage/v1/b/bucket/o?uploadType=media&name=${name}`, text),
    count: async () => {
      const { body } = await bigQuery("POST", "/queries", { query: "SELECT COUNT(*) FROM ds.t", useLegacySql: false })
      return Number(body.rows[0].f[0].v)
    },
    kill: (signal: NodeJS.Signals) => running.kill(signal),
    restart: async (signal: NodeJS.Signals) => {
      await running.kill(signal)
      running = await ServerProcess.start(place.directory)
    },
    /** Ends the server, and names the tables that its file has. */
    physical: async () => {
      await running.kill("SIGTERM")
      const warehouse = await Warehouse.open(join(place.directory, "bigquery.duckdb"))
      const rows = await warehouse.rows("SELECT table_name FROM duckdb_tables() ORDER BY 1", [{ kind: "STRING" }])
      warehouse.close()
      return rows.flat()
    },
    [Symbol.asyncDispose]: async () => {
      await running.kill("SIGKILL")
      place[Symbol.dispose]()
    }
  }
}

const fields = [
  { name: "id", type: "INTEGER", mode: "REQUIRED" },
  { name: "more", type: "JSON" }
]

const prepare = async ({ bigQuery, call }: Awaited<ReturnType<typeof serve>>) => {
  await call("POST", "/storage/v1/b?project=demo", { name: "bucket" })
  await bigQuery("POST", "/datasets", { datasetReference: { datasetId: "ds" }, labels: { team: "a" } })
  await bigQuery("POST", "/datasets/ds/tables", {
    tableReference: { tableId: "t" },
    schema: { fields },
    clustering: { fields: ["id"] }
  })
}

describe("BigQuery in a directory", { timeout: 120_000 }, () => {
  it("keeps datasets, tables, rows and jobs over kill -9", async () => {
    await using server = await serve()
    await prepare(server)
    await server.put("a.jsonl", '{"id":1,"more":{"b":[1.0,12345678901234567890]}}\n{"id":2}\n')
    await server.put("bad.jsonl", '{"id":"x"}\n')
    await server.load("good", "a.jsonl")
    await server.load("bad", "bad.jsonl")
    const [good, bad] = [await server.loaded("good"), await server.loaded("bad")]
    await server.bigQuery("POST", "/datasets/ds/tables/t/insertAll", { rows: [{ json: { id: 3 } }] })
    await server.load("slow", "a.jsonl", { labels: { "emulator-seconds": "300" } })
    const table = (await server.bigQuery("GET", "/datasets/ds/tables/t")).body
    const dataset = (await server.bigQuery("GET", "/datasets/ds")).body
    for (const signal of ["SIGKILL", "SIGTERM", "SIGKILL"] as const) {
      await server.restart(signal)
      const { body } = await server.bigQuery("GET", "/datasets/ds/tables/t/data")
      assert.deepStrictEqual(body.rows, [
        { f: [{ v: "1" }, { v: '{"b":[1.0,12345678901234567890]}' }] },
        { f: [{ v: "2" }, { v: null }] },
        { f: [{ v: "3" }, { v: null }] }
      ])
      const told = (answer: typeof good) => ({ ...answer, selfLink: undefined })
      assert.deepStrictEqual(told((await server.bigQuery("GET", "/datasets/ds/tables/t")).body), told(table))
      assert.deepStrictEqual(told((await server.bigQuery("GET", "/datasets/ds")).body), told(dataset))
      assert.deepStrictEqual(told((await server.bigQuery("GET", "/jobs/good")).body), told(good))
      assert.deepStrictEqual(told((await server.bigQuery("GET", "/jobs/bad")).body), told(bad))
      const { jobs } = (await server.bigQuery("GET", "/jobs")).body
      assert.deepStrictEqual(
        jobs.map(({ jobReference: { jobId } }: { readonly jobReference: { readonly jobId: string } }) => jobId),
        ["bad", "good"]
      )
      assert.strictEqual((await server.load("good", "a.jsonl")).status, 409)
      assert.strictEqual((await server.bigQuery("GET", "/jobs/slow")).status, 404)
    }
    assert.strictEqual(bad.status.errorResult.reason, "invalid")
    assert.deepStrictEqual(await server.physical(), ["_kept", "t1"])
  })

  it("has all rows of a load and its job, or neither, whenever it is killed", async () => {
    await using server = await serve()
    await prepare(server)
    const rows = 20_000
    await server.put("many.jsonl", Array.from({ length: rows }, (_, id) => `{"id":${id}}\n`).join(""))
    let before = 0
    const began = performance.now()
    await server.load("first", "many.jsonl")
    await server.loaded("first")
    const took = performance.now() - began
    before += rows
    const seen = { both: 0, neither: 0 }
    for (let round = 0; round < 8; round++) {
      await server.count()
      await server.load(`load-${round}`, "many.jsonl")
      await sleep((took * round) / 6)
      await server.restart("SIGKILL")
      const [after, { status }] = [await server.count(), await server.bigQuery("GET", `/jobs/load-${round}`)]
      assert.deepInclude(
        [
          { after: before, status: 404 },
          { after: before + rows, status: 200 }
        ],
        { after, status }
      )
      seen[status === 200 ? "both" : "neither"]++
      before = after
      // Done again with the same id it comes out the same.
      if (status === 404 && round % 2 === 0) {
        await server.load(`load-${round}`, "many.jsonl")
        await server.loaded(`load-${round}`)
        before += rows
      }
    }
    assert.isAbove(seen.both, 0)
    assert.isAbove(seen.neither, 0)
    await server.restart("SIGKILL")
    await server.bigQuery("GET", "/datasets")
    assert.lengthOf(await server.physical(), 2)
  })

  it("forgets everything on a reset, also after a new start", async () => {
    await using server = await serve()
    await prepare(server)
    assert.strictEqual((await server.bigQuery("GET", "/datasets/ds")).status, 200)
    await server.call("POST", "/_emulator/reset")
    assert.strictEqual((await server.bigQuery("GET", "/datasets/ds")).status, 404)
    await server.restart("SIGKILL")
    assert.strictEqual((await server.bigQuery("GET", "/datasets/ds")).status, 404)
    await prepare(server)
    assert.strictEqual(await server.count(), 0)
  })
})

describe("DuckDB", { timeout: 60_000 }, () => {
  it("is loaded by the first request for BigQuery, not by the start", () => {
    const script = `
      import * as Effect from "effect/Effect"
      import * as Emulator from ${JSON.stringify(new URL("../src/Emulator.ts", import.meta.url).href)}
      process.report.excludeNetwork = true
      const isLoaded = () => process.report.getReport().sharedObjects.some((path) => /duckdb/i.test(path))
      await Effect.runPromise(Effect.gen(function* () {
        const { url } = yield* Emulator.Emulator
        const seen = [isLoaded()]
        for (const path of ["/storage/v1/b?project=demo", "/bigquery/v2/projects/demo/datasets"]) {
          yield* Effect.promise(async () => (await fetch(url + path)).text())
          seen.push(isLoaded())
        }
        console.log(JSON.stringify(seen))
      }).pipe(Effect.provide(Emulator.layer())))`
    const { stderr, stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
      encoding: "utf8",
      cwd: fileURLToPath(new URL("..", import.meta.url))
    })
    assert.deepStrictEqual(stdout.trim(), "[false,false,true]", stderr)
  })

  it("reaches no file, no network, no extension and no setting", async () => {
    using place = temporary()
    const [secret, out] = [join(place.directory, "secret.csv"), join(place.directory, "out.csv")]
    Fs.writeFileSync(secret, "a\n1\n")
    const warehouse = await Warehouse.open()
    const failure = (sql: string) =>
      warehouse.run(sql).then(
        () => "",
        (thrown: unknown) => String(thrown)
      )
    assert.strictEqual(await failure("SELECT 1"), "")
    for (const sql of [
      `SELECT * FROM read_csv('${secret}')`,
      `SELECT * FROM read_text('${secret}')`,
      `SELECT * FROM '${secret}'`,
      `SELECT * FROM glob('${place.directory}/*')`,
      `COPY (SELECT 1) TO '${out}'`,
      `ATTACH '${join(place.directory, "other.duckdb")}'`,
      `EXPORT DATABASE '${place.directory}'`,
      "SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')",
      "INSTALL httpfs",
      "LOAD httpfs",
      "INSTALL h3 FROM community",
      "SET enable_external_access = true",
      "SET GLOBAL lock_configuration = false",
      "RESET enable_external_access",
      "SET memory_limit = '100GB'"
    ]) {
      assert.match(await failure(sql), /disabled|configuration has been locked|Cannot change/i, sql)
    }
    assert.deepStrictEqual(Fs.readdirSync(place.directory), ["secret.csv"])
    warehouse.close()
  })
})
