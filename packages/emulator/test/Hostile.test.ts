/** Inputs that would take for ever, or all the memory, if anything in the way were not linear and bounded. */
import { assert, describe, it, layer } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { readFileSync } from "node:fs"
import * as Http from "node:http"
import * as Net from "node:net"
import * as Fault from "../src/control/Fault.ts"
import * as Ledger from "../src/control/Ledger.ts"
import * as Emulator from "../src/Emulator.ts"
import * as Listener from "../src/http/Listener.ts"
import * as RawClient from "./RawClient.ts"

const json = (responseJsonSchema: object, text = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!") =>
  RawClient.ask(text, { generationConfig: { responseMimeType: "application/json", responseJsonSchema } })

const nested = (depth: number): object =>
  depth === 0 ? { type: "string" } : { type: "array", minItems: 1000, items: nested(depth - 1) }

const costly: ReadonlyArray<readonly [name: string, status: number, body: unknown]> = [
  ["a megabyte of line breaks", 200, RawClient.ask(`Summarize${"\n".repeat(1_000_000)}now`)],
  ["a megabyte of blanks", 200, RawClient.ask(`Summarize: a.${" ".repeat(1_000_000)}b`)],
  ["a megabyte of full stops", 200, RawClient.ask(`Summarize${".".repeat(1_000_000)}x`)],
  ["tags that are never closed", 200, RawClient.ask("<a>".repeat(300_000))],
  ["labels without end", 200, RawClient.ask("Text: summary ".repeat(70_000))],
  ["a hundred thousand sentences", 200, RawClient.ask("Reefs are full of corals. ".repeat(100_000))],
  [
    "quotes and capitals",
    200,
    RawClient.ask('"A B “C '.repeat(100_000), { generationConfig: { responseMimeType: "application/json" } })
  ],
  ["a thousand by a thousand by a thousand values", 200, json(nested(5))],
  [
    "a node that needs three of itself",
    200,
    json({
      $ref: "#/$defs/n",
      $defs: {
        n: {
          type: "object",
          properties: Object.fromEntries(["a", "b", "c"].map((key) => [key, { $ref: "#/$defs/n" }])),
          required: ["a", "b", "c"]
        }
      }
    })
  ],
  ["a hundred thousand enum values", 200, json({ enum: Array.from({ length: 100_000 }, (_, index) => `v${index}`) })],
  [
    "a hundred thousand required fields",
    200,
    json({ type: "object", required: Array.from({ length: 100_000 }, (_, index) => `v${index}`) })
  ],
  ["a reference to itself", 200, json({ $ref: "#" })],
  ["a pattern that backtracks", 200, json({ type: "string", pattern: "^(a+)+$" })],
  [
    "a pattern for long texts",
    200,
    json({ type: "string", pattern: "^([a-z]|[0-9])*$", minLength: 900, maxLength: 100_000 })
  ],
  ["millions of wrong values", 400, `{"contents":[${"1,".repeat(5_000_000)}1]}`],
  ["millions of brackets", 400, `{"contents":${"[".repeat(10_000_000)}`],
  [
    "20 MB of a picture",
    200,
    {
      contents: [
        {
          role: "user",
          parts: [{ text: "Describe" }, { inlineData: { mimeType: "image/png", data: "A".repeat(20_000_000) } }]
        }
      ]
    }
  ],
  [
    "an endless video",
    400,
    {
      contents: [
        {
          role: "user",
          parts: [
            {
              fileData: { mimeType: "video/mp4", fileUri: "gs://b/v" },
              videoMetadata: { endOffset: "999999999999s", fps: 24 }
            }
          ]
        }
      ]
    }
  ]
]

layer(Emulator.layer())("the server answers", (it) => {
  it.effect.each(costly)("%s", ([, status, body]) =>
    Effect.gen(function* () {
      const { url } = yield* Emulator.Emulator
      const observed = yield* RawClient.call(RawClient.model(url, "gemini-2.5-pro", "generateContent"), {
        body,
        patience: 25_000
      })
      assert.strictEqual(observed.status, status, observed.text.slice(0, 300))
    })
  )
})

describe("more requests at once than allowed", () => {
  it.effect("are answered with 503", () =>
    Effect.gen(function* () {
      const ledger = Ledger.make([])
      const listener = Listener.make({
        routes: [],
        control: [],
        ledger,
        faults: Fault.make(),
        anyHost: false,
        anonymous: true,
        latency: () => 0,
        maximumInFlight: 1
      })
      const server = yield* Effect.acquireRelease(
        Effect.sync(() => Http.createServer(listener)),
        (server) => Effect.sync(() => void server.close(() => {}).closeAllConnections())
      )
      const port = yield* Effect.callback<number>((resume) => {
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
        })
      })
      // The first request never ends: its body does not come.
      const begun = yield* Deferred.make<void>()
      server.once("request", () => Deferred.doneUnsafe(begun, Exit.void))
      const slow = Net.connect(port, "127.0.0.1", () =>
        slow.write("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n")
      )
      slow.on("error", () => {})
      yield* Deferred.await(begun)
      const refused = yield* RawClient.call(`http://127.0.0.1:${port}/`)
      slow.destroy()
      assert.strictEqual(refused.status, 503)
      assert.strictEqual(JSON.parse(refused.text).error.status, "UNAVAILABLE")
    }).pipe(Effect.scoped)
  )
})

describe("a connection that never says anything", () => {
  const tls = {
    key: readFileSync(new URL("fixtures/tls/key.pem", import.meta.url), "utf8"),
    cert: readFileSync(new URL("fixtures/tls/cert.pem", import.meta.url), "utf8")
  }
  it.effect.each([{}, { tls }])("does not hold up the end", (options) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { port } = yield* Scope.provide(Emulator.start(options), scope)
      const closed = yield* Deferred.make<void>()
      const open = yield* Deferred.make<void>()
      const socket = Net.connect(port, "127.0.0.1", () => Deferred.doneUnsafe(open, Exit.void))
      socket.on("error", () => {})
      socket.on("close", () => Deferred.doneUnsafe(closed, Exit.void))
      yield* Deferred.await(open)
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.await(closed)
    })
  )
})
