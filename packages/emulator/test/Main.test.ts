/** The command, as a user runs it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as RawClient from "./RawClient.ts"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the command until it ends; once it listens, `use` gets its address and then it is sent the signal. */
const run = (
  args: ReadonlyArray<string>,
  signal: NodeJS.Signals = "SIGTERM",
  use: (url: string) => Promise<unknown> = () => Promise.resolve()
): Effect.Effect<Ended> =>
  Effect.callback((resume) => {
    const child = spawn(process.execPath, [main, ...args])
    let out = ""
    let err = ""
    child.stderr.on("data", (chunk) => {
      err += String(chunk)
    })
    child.stdout.on("data", (chunk) => {
      out += String(chunk)
      const url = /^listening on (http:\/\/127\.0\.0\.1:\d+)\n/.exec(out)?.[1]
      if (url !== undefined) void use(url).finally(() => child.kill(signal))
    })
    child.on("close", (code) => resume(Effect.succeed({ code, out, err })))
  })

describe("the command", () => {
  it.live.each(["SIGINT", "SIGTERM"] as const)("prints its address once it answers and ends on %s", (signal) =>
    Effect.gen(function* () {
      let status: number | undefined
      const { code, err, out } = yield* run(["--port", "0"], signal, async (url) => {
        status = (await Effect.runPromise(RawClient.call(`${url}/_emulator/health`))).status
        // A kept connection must not hold the end up.
        await fetch(`${url}/_emulator/health`)
      })
      assert.deepStrictEqual([code, err, status], [0, "", 200])
      assert.match(out, /^listening on http:\/\/127\.0\.0\.1:\d+\n$/)
    })
  )

  const wrong: ReadonlyArray<readonly [args: ReadonlyArray<string>, code: number, says: string]> = [
    [["--port", "many"], 2, "--port takes a whole number"],
    [["--port", "65536"], 2, "--port takes a whole number"],
    [["--tuning-seconds", "soon"], 2, "--tuning-seconds takes a number of seconds"],
    [["--dir", "/dev/null/x"], 1, "cannot keep its state in this directory"],
    [["--bogus"], 2, "--bogus"],
    [["--tls-key", "x"], 2, "go together"],
    [["--host", "0.0.0.0"], 1, "--allow-remote"]
  ]
  it.live.each(wrong)("refuses %j", ([args, expected, says]) =>
    Effect.gen(function* () {
      const { code, err, out } = yield* run(args)
      assert.deepStrictEqual([code, out], [expected, ""])
      assert.include(err, says)
    })
  )

  it.live("explains itself", () =>
    Effect.gen(function* () {
      const { code, out } = yield* run(["--help"])
      assert.strictEqual(code, 0)
      assert.include(out, "--port N")
    })
  )
})
