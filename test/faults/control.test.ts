/**
 * The checks of the hostile table are not blind: a client without care fails each of them.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { json, openHead, raw, reply, silence, streamHead } from "./HostileAnswer.ts"
import * as HostileServer from "./HostileServer.ts"

const originOf = ({ port }: HostileServer.HostileServer) => `http://127.0.0.1:${port}/`

describe("a careless client", () => {
  it.live("hangs on silence, and on a body that never ends", () =>
    Effect.gen(function* () {
      for (const answer of [silence, raw(openHead({ "content-length": 99 }))]) {
        const server = yield* HostileServer.make({ answer })
        const reading = Effect.promise(() => fetch(originOf(server)).then((response) => response.text()))
        const outcome = yield* Effect.timeoutOption(Effect.ignore(reading), "300 millis")
        assert.isTrue(Option.isNone(outcome))
      }
    }).pipe(Effect.scoped)
  )

  it.live("takes the key along to another host", () =>
    Effect.gen(function* () {
      const elsewhere = yield* HostileServer.make({ answer: json({}) })
      const server = yield* HostileServer.make({ answer: reply(307, "", { location: originOf(elsewhere) }) })
      const headers = { "x-goog-api-key": "not-a-key" }
      yield* Effect.promise(() => fetch(originOf(server), { method: "POST", headers, body: "{}" }))
      assert.match(elsewhere.requests[0]?.head ?? "", /^x-goog-api-key: not-a-key$/m)
    }).pipe(Effect.scoped)
  )

  it.live("leaves a socket behind when it stops reading", () =>
    Effect.gen(function* () {
      const server = yield* HostileServer.make({ answer: raw(streamHead("data: {}\r\n\r\n")) })
      const response = yield* Effect.promise(() => fetch(originOf(server)))
      const reader = response.body?.getReader()
      yield* Effect.promise(async () => reader?.read())
      assert.strictEqual(yield* HostileServer.drained(server, 300), 1)
    }).pipe(Effect.scoped)
  )

  it.live("counts a key that __proto__ brought as its own", () =>
    Effect.sync(() => {
      const target: Record<string, Record<string, unknown>> = {}
      for (const [key, value] of Object.entries(JSON.parse('{"__proto__":{"pollutedByControl":true}}'))) {
        Object.assign(target[key] ?? {}, value)
      }
      assert.property({}, "pollutedByControl")
      assert.isTrue(Reflect.deleteProperty(Object.prototype, "pollutedByControl"))
    })
  )
})
