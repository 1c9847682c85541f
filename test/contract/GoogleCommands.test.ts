/** Google's own commands, `bq` and `gcloud storage`, against the emulator; each is skipped where it is not installed. */
import { assert, describe, it } from "@effect/vitest"
import * as Emulator from "@genops/emulator/Emulator"
import * as Effect from "effect/Effect"
import { execFile } from "node:child_process"
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"

const { PATH = "" } = process.env

const isInstalled = (command: string) =>
  PATH.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

/** Runs a command with a folder of its own for all that it keeps, and gives its exit code and what it says. */
const commandIn = (folder: string, url: string, command: string, first: ReadonlyArray<string>) => {
  writeFileSync(join(folder, "token"), "test")
  const env = {
    PATH,
    HOME: folder,
    CLOUDSDK_CONFIG: join(folder, "gcloud"),
    CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: join(folder, "token"),
    CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `${url}/storage/v1/`,
    CLOUDSDK_CORE_PROJECT: "demo-project",
    CLOUDSDK_CORE_DISABLE_PROMPTS: "1",
    CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: "1",
    CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: "1"
  }
  return (...args: ReadonlyArray<string>) =>
    Effect.callback<{ readonly code: number; readonly text: string }>((resume) => {
      execFile(command, [...first, ...args], { env, timeout: 60_000 }, (error, stdout, stderr) =>
        resume(
          Effect.succeed({
            code: error === null ? 0 : typeof error.code === "number" ? error.code : -1,
            text: stdout + stderr
          })
        )
      )
    })
}

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "genops-gcloud-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

describe.skipIf(!isInstalled("gcloud"))("gcloud storage", () => {
  it.live("copies files there and back, lists, shows and removes them", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.start()
      const path = yield* folder
      const storage = commandIn(path, url, "gcloud", ["storage"])
      const [local, copy] = [join(path, "a.txt"), join(path, "b.txt")]
      writeFileSync(local, "hello\n")
      const done = (...args: ReadonlyArray<string>) =>
        Effect.map(storage(...args), ({ code, text }) => {
          assert.strictEqual(code, 0, text)
          return text
        })
      yield* done("buckets", "create", "gs://acme-shop")
      yield* done("cp", local, "gs://acme-shop/data/a.txt")
      assert.include(yield* done("ls", "gs://acme-shop/data/"), "gs://acme-shop/data/a.txt")
      assert.include(yield* done("cat", "gs://acme-shop/data/a.txt"), "hello")
      yield* done("cp", "gs://acme-shop/data/a.txt", copy)
      assert.strictEqual(readFileSync(copy, "utf8"), "hello\n")
      yield* done("rm", "gs://acme-shop/data/a.txt")
      assert.notStrictEqual((yield* storage("cat", "gs://acme-shop/data/a.txt")).code, 0)
    }).pipe(Effect.scoped)
  )
})

describe.skipIf(!isInstalled("bq"))("bq", () => {
  it.live("loads a file, shows it, queries it, and says what is wrong", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.start()
      const path = yield* folder
      const bq = commandIn(path, url, "bq", ["--api", url, "--project_id", "demo-project", "--headless"])
      const rows = join(path, "rows.jsonl")
      writeFileSync(rows, '{"id":1,"name":"ada","tags":["a","b"]}\n{"id":2,"name":"bob","tags":[]}\n')
      const says = (text: string, ...args: ReadonlyArray<string>) =>
        Effect.map(bq(...args), (said) => {
          assert.strictEqual(said.code, 0, said.text)
          assert.include(said.text, text)
        })
      yield* says("successfully created", "mk", "--dataset", "shop")
      yield* says("shop", "ls")
      yield* says("DONE", "load", "--source_format=NEWLINE_DELIMITED_JSON", "--autodetect", "shop.people", rows)
      yield* says("people", "ls", "shop")
      yield* says("tags: string (repeated)", "show", "shop.people")
      yield* says('|  1 | ada  | ["a","b"] |', "head", "-n", "5", "shop.people")
      const query = ["query", "--use_legacy_sql=false"]
      yield* says("| ada  | 2 |", ...query, "SELECT name, ARRAY_LENGTH(tags) AS n FROM shop.people ORDER BY id")
      yield* says("will process 10 bytes", ...query, "--dry_run", "SELECT name FROM shop.people")
      const wrong = yield* bq(...query, "SELEC 1")
      assert.notStrictEqual(wrong.code, 0)
      assert.include(wrong.text, 'Syntax error: Unexpected identifier "SELEC" at [1:1]')
    }).pipe(Effect.scoped)
  )
})
