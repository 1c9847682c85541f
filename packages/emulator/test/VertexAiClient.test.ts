/** Google's older client, which speaks https only: it runs in a process of its own that alone trusts the test's certificate. */
import { assert, describe, it } from "@effect/vitest"
import type { UsageMetadata } from "@google-cloud/vertexai"
import * as Effect from "effect/Effect"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as Emulator from "../src/Emulator.ts"

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))

const run = (
  port: number,
  trusted: boolean
): Effect.Effect<{ readonly out: string; readonly failed: boolean; readonly err: string }> =>
  Effect.callback((resume) => {
    const env = { ...process.env, ...(trusted ? { NODE_EXTRA_CA_CERTS: fixture("tls/cert.pem") } : {}) }
    execFile(process.execPath, [fixture("vertexai-client.mjs"), String(port)], { env }, (error, out, err) =>
      resume(Effect.succeed({ out, failed: error !== null, err }))
    )
  })

const tls = { key: readFileSync(fixture("tls/key.pem"), "utf8"), cert: readFileSync(fixture("tls/cert.pem"), "utf8") }

interface Printed {
  readonly text: string
  readonly streamed: string
  readonly totalTokens: number
  readonly usage: UsageMetadata
  readonly refused: string
}

describe("@google-cloud/vertexai 1.12.0", () => {
  it.effect("generates, streams and counts over https", () =>
    Effect.gen(function* () {
      const { port, url } = yield* Emulator.start({ tls })
      assert.match(url, /^https:/)
      const { err, failed, out } = yield* run(port, true)
      assert.isFalse(failed, err)
      const { refused, streamed, text, totalTokens, usage }: Printed = JSON.parse(out)
      assert.include(text, "cat")
      assert.strictEqual(streamed, text)
      assert.strictEqual(totalTokens, usage.promptTokenCount)
      assert.include(refused, "404")
    }).pipe(Effect.scoped)
  )

  it.effect("refuses a certificate that nobody trusts", () =>
    Effect.gen(function* () {
      const { port } = yield* Emulator.start({ tls })
      const { err, failed } = yield* run(port, false)
      assert.isTrue(failed)
      assert.match(err, /self-signed|SELF_SIGNED/)
    }).pipe(Effect.scoped)
  )

  it.effect("says why a certificate cannot be used", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Emulator.start({ tls: { key: "nonsense", cert: "nonsense" } }))
      assert.strictEqual(error.reason, "InvalidOptions")
    }).pipe(Effect.scoped)
  )
})
