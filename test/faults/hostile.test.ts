/**
 * Every operation against every hostile server: the outcome is the one in the table, nothing hangs, nothing dies, no promise is
 * rejected unheard, no other host is contacted, and no socket stays open.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Credentials from "@genops/vertex/Credentials"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import * as RetryPolicy from "@genops/vertex/RetryPolicy"
import * as TokenCounter from "@genops/vertex/TokenCounter"
import * as Vertex from "@genops/vertex/Vertex"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as tls from "node:tls"
import { bodyRows } from "./BodyRows.ts"
import * as Certificate from "./Certificate.ts"
import { connectionRows } from "./ConnectionRows.ts"
import { json } from "./HostileAnswer.ts"
import { type Operation, operations, type Row } from "./HostileRow.ts"
import * as HostileServer from "./HostileServer.ts"
import * as Outcome from "./Outcome.ts"
import { statusRows } from "./StatusRows.ts"
import { streamRows } from "./StreamRows.ts"

const identities = {
  good: Certificate.make("127.0.0.1"),
  "self-signed": Certificate.make("127.0.0.1"),
  "wrong host": Certificate.make("elsewhere.invalid"),
  expired: Certificate.make("127.0.0.1", -1)
}

const unheard: Array<unknown> = []
const hear = (cause: unknown) => unheard.push(cause)
const trusted = tls.getCACertificates("default")

beforeAll(() => {
  process.on("unhandledRejection", hear)
  process.on("uncaughtExceptionMonitor", hear)
  // Every certificate but the self-signed one comes from somebody who is trusted.
  const { "self-signed": _, ...known } = identities
  tls.setDefaultCACertificates([...trusted, ...Object.values(known).map(({ cert }) => cert)])
})

afterAll(() => {
  process.off("unhandledRejection", hear)
  process.off("uncaughtExceptionMonitor", hear)
  tls.setDefaultCACertificates(trusted)
})

const configuration = ModelConfiguration.make("gemini-3.5-flash")

const run = (
  operation: Operation,
  seen: (text: string) => void
): Effect.Effect<
  string,
  GenerativeModel.GenerateError,
  GenerativeModel.GenerativeModel | TokenCounter.TokenCounter
> => {
  switch (operation) {
    case "generate":
      return Effect.map(GenerativeModel.generate(configuration, "Hi"), ({ text }) => text)
    case "countTokens":
      return Effect.map(TokenCounter.count(configuration, "Hi"), ({ totalTokens }) => String(totalTokens))
    case "stream":
      return GenerativeModel.stream(configuration, "Hi").pipe(
        Stream.map(({ text }) => text),
        Stream.tap((text) => Effect.sync(() => seen(text))),
        Stream.mkString
      )
  }
}

const originOf = ({ scheme, server }: Row, port: number) =>
  `${scheme ?? (server === undefined || server === "closed" ? "http" : "https")}://127.0.0.1:${port}`

/** Nobody listens there; a port that was free a moment ago may belong to the next test. */
const closedPort = 1

const examine = (row: Row, operation: Operation) =>
  Effect.gen(function* () {
    const elsewhere = yield* HostileServer.make({ answer: json({ stolen: true }) })
    const identity = row.server === undefined || row.server === "closed" ? undefined : identities[row.server]
    const answer = row.answer(operation, `http://127.0.0.1:${elsewhere.port}`)
    const server = yield* HostileServer.make(
      { answer, ...(row.connection && { connection: row.connection }) },
      identity
    )
    const port = row.server === "closed" ? closedPort : server.port
    const layer = Vertex.layer(
      {
        project: "acme",
        location: "global",
        baseUrl: originOf(row, port),
        timeouts: row.timeouts,
        limits: row.limits
      },
      Credentials.layerApiKey(Redacted.make("not-a-key"))
    )
    const policy =
      row.attempts === undefined
        ? RetryPolicy.none
        : RetryPolicy.make({ maxAttempts: row.attempts, baseDelay: 5, connectDelay: 5, maxDelay: 20 })
    const texts: Array<string> = []
    const exit = yield* run(operation, (text) => texts.push(text)).pipe(
      Effect.provideService(RetryPolicy.RetryPolicy, policy),
      Effect.timeoutOption("15 seconds"),
      Effect.provide(layer),
      Effect.exit
    )
    const outcome = Outcome.of(exit, texts.join(""))
    const left = yield* HostileServer.drained(server)
    return `${outcome}; ${server.requests.length} requests, ${left} sockets left, ${elsewhere.connections()} elsewhere`
  }).pipe(Effect.scoped)

const rows: ReadonlyArray<Row> = [...connectionRows, ...statusRows, ...bodyRows, ...streamRows]

describe.concurrent.each([
  { of: "connections", rows: connectionRows },
  { of: "statuses and retries", rows: statusRows },
  { of: "bodies", rows: bodyRows },
  { of: "streams", rows: streamRows }
])("hostile $of", ({ rows }) => {
  for (const row of rows) {
    for (const operation of operations) {
      const outcome = row.expect[operation]
      if (outcome === undefined) continue
      it.live(`${row.name}: ${operation}`, () =>
        Effect.map(examine(row, operation), (seen) =>
          assert.strictEqual(seen, `${outcome}; ${row.requests ?? 1} requests, 0 sockets left, 0 elsewhere`)
        )
      )
    }
  }
})

describe("the table", () => {
  it("is as large as it is meant to be, and no name stands twice", () => {
    assert.strictEqual(new Set(rows.map(({ name }) => name)).size, rows.length)
    assert.isAtLeast(rows.length, 185)
    assert.isAtLeast(rows.flatMap(({ expect }) => Object.keys(expect)).length, 430)
  })

  it("left no rejection unheard and no prototype changed", () => {
    assert.deepStrictEqual(unheard, [])
    assert.notProperty({}, "polluted")
  })
})
