import { assert, describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { GoogleAuth, OAuth2Client } from "google-auth-library"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { vi } from "vitest"
import { Credentials } from "../src/Credentials.ts"
import * as Module from "../src/Credentials.ts"
import type { TokenSource } from "../src/internal/defaultCredentials.ts"

const headers = Effect.flatMap(Credentials, ({ headers }) => headers)
const invalidate = Effect.flatMap(Credentials, ({ invalidate }) => invalidate)
const secret = "s3cr3t-t0ken"

/** A token endpoint that counts. Times are those of the test clock, which starts at 0. */
const issuer = (options: { lifetime?: number; answer?: (n: number) => Promise<Headers> } = {}) => {
  const issued = { clients: 0, tokens: 0 }
  const auth = (): TokenSource => {
    issued.clients += 1
    return {
      getClient: () =>
        Promise.resolve({
          credentials: { expiry_date: options.lifetime ?? 3_600_000 },
          getRequestHeaders: () => {
            issued.tokens += 1
            return (
              options.answer?.(issued.tokens) ??
              Promise.resolve(new Headers({ authorization: `Bearer t${issued.tokens}` }))
            )
          }
        })
    }
  }
  return { auth, issued }
}

const messageOf = (layer: Layer.Layer<Credentials>) =>
  headers.pipe(
    Effect.flip,
    Effect.map((error) => error.message),
    Effect.provide(layer)
  )

describe("Credentials, fixed", () => {
  it.effect("a token, an API key, nothing; a quota project where one is known", () =>
    Effect.gen(function* () {
      const token = Redacted.make(secret)
      const quota = { quotaProject: "payer" }
      const of = (layer: Layer.Layer<Credentials>) => Effect.provide(headers, layer)
      assert.deepStrictEqual(yield* of(Module.layerToken(token)), { authorization: `Bearer ${secret}` })
      assert.deepStrictEqual(yield* of(Module.layerToken(token, quota)), {
        authorization: `Bearer ${secret}`,
        "x-goog-user-project": "payer"
      })
      assert.deepStrictEqual(yield* of(Module.layerApiKey(token)), { "x-goog-api-key": secret })
      assert.deepStrictEqual(yield* of(Module.layerApiKey(token, quota)), {
        "x-goog-api-key": secret,
        "x-goog-user-project": "payer"
      })
      assert.deepStrictEqual(yield* of(Module.layerAnonymous), {})
    })
  )

  it.effect("the headers are one object, not one for each call", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* headers, yield* headers)
    }).pipe(Effect.provide(Module.layerAdc({ auth: issuer().auth })))
  )

  it.effect("an effect that gives tokens runs once a minute, and again after a refusal", () => {
    let runs = 0
    const token = Effect.sync(() => Redacted.make(`t${++runs}`))
    return Effect.gen(function* () {
      yield* Effect.all([headers, headers, headers], { concurrency: "unbounded" })
      assert.strictEqual(runs, 1)
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(yield* headers, { authorization: "Bearer t1" })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* headers, { authorization: "Bearer t2" })
      yield* TestClock.adjust("11 seconds")
      yield* invalidate
      assert.deepStrictEqual(yield* headers, { authorization: "Bearer t3" })
    }).pipe(Effect.provide(Module.layerToken(token)))
  })
})

describe("Credentials.layerConfig", () => {
  const configured = (env: Record<string, string>, options: Parameters<typeof Module.layerConfig>[0] = {}) =>
    headers.pipe(
      Effect.provide(Module.layerConfig(options)),
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(env)))
    )

  it.effect("reads token and quota project; a key only by name", () =>
    Effect.gen(function* () {
      const env = { GOOGLE_OAUTH_ACCESS_TOKEN: secret, GOOGLE_CLOUD_QUOTA_PROJECT: "payer", GOOGLE_API_KEY: "key" }
      assert.deepStrictEqual(yield* configured(env), {
        authorization: `Bearer ${secret}`,
        "x-goog-user-project": "payer"
      })
      assert.deepStrictEqual(yield* configured(env, { apiKey: Config.Redacted("GOOGLE_API_KEY") }), {
        "x-goog-api-key": "key",
        "x-goog-user-project": "payer"
      })
    })
  )

  it.effect("names a key that is missing", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(configured({}, { apiKey: Config.Redacted("MY_KEY") }))
      assert.include(String(error), "MY_KEY")
    })
  )
})

describe("Credentials.layerAdc", () => {
  it.effect("callers at the same time share one token, which is renewed five minutes early", () => {
    const { auth, issued } = issuer()
    return Effect.gen(function* () {
      assert.deepStrictEqual(issued, { clients: 0, tokens: 0 })
      const all = yield* Effect.all(
        Array.from({ length: 50 }, () => headers),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(all[49], { authorization: "Bearer t1" })
      yield* TestClock.adjust("54 minutes")
      assert.deepStrictEqual(yield* headers, { authorization: "Bearer t1" })
      yield* TestClock.adjust("61 seconds")
      assert.deepStrictEqual(yield* headers, { authorization: "Bearer t2" })
      assert.deepStrictEqual(issued, { clients: 1, tokens: 2 })
    }).pipe(Effect.provide(Module.layerAdc({ auth })))
  })

  it.effect("a token that lives three minutes is used for half of them", () => {
    const { auth, issued } = issuer({ lifetime: 180_000 })
    return Effect.gen(function* () {
      yield* headers
      yield* TestClock.adjust("89 seconds")
      yield* headers
      assert.strictEqual(issued.tokens, 1)
      yield* TestClock.adjust("1 second")
      yield* headers
      assert.strictEqual(issued.tokens, 2)
    }).pipe(Effect.provide(Module.layerAdc({ auth })))
  })

  it.effect("a failure is not kept", () => {
    const { auth, issued } = issuer({
      answer: (n) =>
        n === 1 ? Promise.reject(new Error("down")) : Promise.resolve(new Headers({ authorization: "Bearer ok" }))
    })
    return Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(headers))._tag, "CredentialsMissing")
      assert.deepStrictEqual(yield* headers, { authorization: "Bearer ok" })
      assert.strictEqual(issued.clients, 2)
    }).pipe(Effect.provide(Module.layerAdc({ auth })))
  })

  it.effect("a refused token is forgotten once, however many calls it was refused to", () => {
    const { auth, issued } = issuer()
    return Effect.gen(function* () {
      yield* headers
      yield* TestClock.adjust("1 minute")
      const refused = Effect.andThen(invalidate, headers)
      yield* Effect.all(
        Array.from({ length: 64 }, () => refused),
        { concurrency: 8 }
      )
      assert.deepStrictEqual(issued, { clients: 2, tokens: 2 })
    }).pipe(Effect.provide(Module.layerAdc({ auth })))
  })

  it.effect("a caller that goes away leaves the token to the others", () => {
    let answer: (headers: Headers) => void = () => undefined
    const { auth, issued } = issuer({ answer: () => new Promise((resolve) => (answer = resolve)) })
    return Effect.gen(function* () {
      const first = yield* Effect.forkChild(headers, { startImmediately: true })
      const second = yield* Effect.forkChild(headers, { startImmediately: true })
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      yield* Fiber.interrupt(first)
      answer(new Headers({ authorization: "Bearer t" }))
      assert.deepStrictEqual(yield* Fiber.join(second), { authorization: "Bearer t" })
      assert.strictEqual(issued.tokens, 1)
    }).pipe(Effect.provide(Module.layerAdc({ auth })))
  })

  it.effect("ten seconds without an answer are enough", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip(headers), { startImmediately: true })
      yield* TestClock.adjust("10 seconds")
      const error = yield* Fiber.join(fiber)
      assert.include(error.description, "no answer within 10s")
      assert.include(error.description, "metadata server")
    }).pipe(Effect.provide(Module.layerAdc({ auth: issuer({ answer: () => new Promise(() => undefined) }).auth })))
  )

  it.effect("google-auth-library itself: token, quota project of the credentials, and ours before it", () => {
    const auth = () => {
      const authClient = new OAuth2Client()
      authClient.setCredentials({ access_token: secret, expiry_date: Date.now() + 3_600_000 })
      authClient.quotaProjectId = "theirs"
      return new GoogleAuth({ authClient })
    }
    return Effect.gen(function* () {
      const of = (layer: Layer.Layer<Credentials>) => Effect.provide(headers, layer)
      const authorization = `Bearer ${secret}`
      assert.deepStrictEqual(yield* of(Module.layerAdc({ auth })), { authorization, "x-goog-user-project": "theirs" })
      assert.deepStrictEqual(yield* of(Module.layerAdc({ auth, quotaProject: "ours" })), {
        authorization,
        "x-goog-user-project": "ours"
      })
    })
  })
})

describe("Credentials.layerAdc, nothing there", () => {
  /** Runs with an environment of its own: google-auth-library reads the one of the process. */
  const within = <A, E>(
    files: Record<string, string>,
    env: (dir: string) => Record<string, string>,
    test: Effect.Effect<A, E>
  ) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        const dir = mkdtempSync(join(tmpdir(), "genops-"))
        for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
        const all = {
          GOOGLE_APPLICATION_CREDENTIALS: "",
          CLOUDSDK_CONFIG: dir,
          METADATA_SERVER_DETECTION: "none",
          ...env(dir)
        }
        for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value)
        return dir
      }),
      () => test,
      (dir) =>
        Effect.sync(() => {
          vi.unstubAllEnvs()
          rmSync(dir, { recursive: true })
        })
    )
  const message = messageOf(Module.layerAdc())

  it.live("says where it looked", () =>
    within(
      {},
      () => ({}),
      Effect.map(message, (text) => {
        assert.include(text, "none were found")
        assert.include(text, "GOOGLE_APPLICATION_CREDENTIALS (not set)")
        assert.match(text, /application_default_credentials\.json \(missing\)/)
        assert.include(text, "metadata server (switched off by METADATA_SERVER_DETECTION)")
        assert.include(text, "gcloud auth application-default login")
      })
    )
  )

  it.live("says that the file is not there", () =>
    within(
      {},
      (dir) => ({ GOOGLE_APPLICATION_CREDENTIALS: join(dir, "gone.json") }),
      Effect.map(message, (text) =>
        assert.include(text, "GOOGLE_APPLICATION_CREDENTIALS (set, but there is no such file)")
      )
    )
  )

  it.live("takes the token of a metadata server", () => {
    const asked: Array<string> = []
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url?.split("?")[0]}`)
      response.setHeader("metadata-flavor", "Google")
      response.setHeader("content-type", "application/json")
      response.end(JSON.stringify({ access_token: secret, expires_in: 3599, token_type: "Bearer" }))
    })
    return Effect.acquireUseRelease(
      Effect.callback<number>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
      }),
      (port) =>
        within(
          {},
          () => ({ METADATA_SERVER_DETECTION: "assume-present", GCE_METADATA_HOST: `127.0.0.1:${port}` }),
          Effect.gen(function* () {
            assert.deepStrictEqual(yield* headers, { authorization: `Bearer ${secret}` })
            yield* headers
            const token = "GET /computeMetadata/v1/instance/service-accounts/default/token"
            assert.deepStrictEqual(
              asked.filter((one) => one === token),
              [token]
            )
          }).pipe(Effect.provide(Module.layerAdc()))
        ),
      () => Effect.sync(() => server.close())
    )
  })

  for (const [what, file] of [
    ["no JSON", `{"type": "service_account", "private_key": "${secret}"`],
    ["a key that is no key", JSON.stringify({ type: "service_account", client_email: "a@b.c", private_key: secret })],
    ["an unknown type", JSON.stringify({ type: secret, client_secret: secret })],
    ["a list", JSON.stringify([secret])],
    ["text", secret]
  ] as const) {
    it.live(`never shows what a file holds: ${what}`, () =>
      within(
        { "key.json": file },
        (dir) => ({ GOOGLE_APPLICATION_CREDENTIALS: join(dir, "key.json") }),
        Effect.map(message, (text) => {
          assert.include(text, "GOOGLE_APPLICATION_CREDENTIALS (set, the file exists)")
          assert.notInclude(text, secret)
        })
      )
    )
  }
})
