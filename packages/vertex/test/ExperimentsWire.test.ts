/** What goes over the wire, step by step as in the recorded sequence; and answers that are not what they should be. */
import * as Credentials from "@genops/vertex/Credentials"
import * as Experiments from "@genops/vertex/Experiments"
import * as VertexClient from "@genops/vertex/VertexClient"
import * as VertexConfig from "@genops/vertex/VertexConfig"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { readFileSync } from "node:fs"

interface Sent {
  readonly method: string
  readonly url: string
  readonly body: unknown
}

type Answer = readonly [body: unknown, status?: number] | "hangs"

/** The live service over a server that answers from a list, and what it was sent. */
const serve = (answers: (sent: Sent, index: number) => Answer | undefined) => {
  const sent: Array<Sent> = []
  const http = HttpClient.make((request, url) =>
    Effect.suspend(() => {
      const text = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : undefined
      const one = { method: request.method, url: String(url), body: text === undefined ? undefined : JSON.parse(text) }
      const answer = answers(one, sent.length) ?? [{ error: { code: 418, message: "nothing left to answer" } }, 418]
      sent.push(one)
      if (answer === "hangs") return Effect.never
      const [body, status = 200] = answer
      return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(JSON.stringify(body), { status })))
    })
  )
  const layer = Experiments.layer.pipe(
    Layer.provide(VertexClient.layerNoTransport),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, http)),
    Layer.provide(Credentials.layerAnonymous),
    Layer.provide(VertexConfig.layer({ project: "demo-project", location: "us-central1" }))
  )
  return { sent, layer }
}

const Exchange = Schema.Struct({
  request: Schema.Struct({ method: Schema.String, url: Schema.String, body: Schema.optionalKey(Schema.Json) }),
  response: Schema.Struct({ status: Schema.Int, body: Schema.JsonObject })
})
const { exchanges } = Schema.decodeUnknownSync(Schema.Struct({ exchanges: Schema.Array(Exchange) }))(
  JSON.parse(readFileSync(new URL("fixtures/metadata/experiment-sequence.json", import.meta.url), "utf8"))
)
const exchange = (index: number) => {
  const one = exchanges[index]
  assert(one !== undefined)
  return one
}

const base =
  "https://us-central1-aiplatform.googleapis.com/v1/projects/demo-project/locations/us-central1/metadataStores"
const decoded = (url: string) => decodeURIComponent(url)

/** Bodies are read in real time, whatever the test clock says. */
const tick = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
const until = (condition: () => boolean) =>
  Effect.gen(function* () {
    while (!condition()) yield* tick
  })

/** Runs an effect while the test clock goes on, a second at a time. */
const hastily = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    while (fiber.pollUnsafe() === undefined) yield* Effect.andThen(tick, TestClock.adjust("1 second"))
    return yield* Fiber.join(fiber)
  })

describe("experiments on the wire", () => {
  it.effect("send what Google's SDK sends", () =>
    Effect.gen(function* () {
      const answerOf = (index: number): Answer => [exchange(index).response.body, exchange(index).response.status]
      const logged = exchange(7).response.body
      const params = { model: "gemini-3.5-flash", temperature: 0.2 }
      const onlyParams = {
        ...exchange(5).response.body,
        metadata: { _params: params, _metrics: {}, _state: "RUNNING" }
      }
      const script: ReadonlyArray<Answer> = [
        ...[0, 1, 2, 4].map(answerOf),
        ...[4, 5, 6].map(answerOf),
        [onlyParams],
        [logged],
        answerOf(9),
        answerOf(4),
        answerOf(10),
        answerOf(9),
        answerOf(11)
      ]
      const { layer, sent } = serve((_, index) => script[index])
      yield* Effect.gen(function* () {
        yield* hastily(Experiments.create("genops-exp", { description: "d" }))
        const run = yield* Experiments.startRun("genops-exp", "run1")
        yield* run.logParams(params)
        yield* run.logMetrics({ "rouge_l/mean": 0.61, row_count: 20 })
        const ended = yield* run.end()
        assert.strictEqual(ended.state, "COMPLETE")
        const runs = yield* Stream.runCollect(Experiments.listRuns("genops-exp"))
        assert.deepStrictEqual(runs, [ended])
        yield* Experiments.deleteRun("genops-exp", "run1")
      }).pipe(Effect.provide(layer))
      const same = (at: number, index: number, body = exchange(index).request.body) => {
        const { method, url } = exchange(index).request
        const { body: sentBody, method: sentMethod, url: sentUrl } = sent[at] ?? { body: "", method: "", url: "" }
        assert.deepStrictEqual([sentMethod, decoded(sentUrl), sentBody], [method, decoded(url), body], `request ${at}`)
      }
      for (const [at, index] of [
        [0, 0],
        [1, 1],
        [2, 2],
        [3, 4],
        [5, 5],
        [6, 6],
        [8, 7],
        [9, 9],
        [11, 10],
        [13, 11]
      ] as const) {
        // The fixture logs parameters and metrics at once, so its answer to the run's creation stands for the one between.
        same(
          at,
          index,
          index === 7 ? { ...onlyParams, metadata: logged["metadata"] ?? null } : exchange(index).request.body
        )
      }
      assert.deepStrictEqual(sent[7]?.body, onlyParams)
      for (const at of [4, 10]) assert.strictEqual(sent[at]?.url, `${base}/default/contexts/genops-exp`)
      assert.strictEqual(sent.length, 14)
    })
  )

  const experiment = exchange(4).response.body
  const name = String(experiment["name"])
  const store = exchange(2).response.body["response"]

  it.effect("wait for operations, and not for ever", () =>
    Effect.gen(function* () {
      const running = { name: `${name}/operations/7`, metadata: {} }
      const { layer, sent } = serve(({ method, url }) => {
        if (url.includes("/operations/") || method === "DELETE") return [running]
        return [url.includes("?filter=") ? {} : experiment]
      })
      const error = yield* hastily(Effect.flip(Experiments.delete("genops-exp")).pipe(Effect.provide(layer)))
      assert.strictEqual(error.reason._tag, "DeadlineExceeded")
      assert.include(error.message, "the operation still ran after 5m")
      // 500 ms, doubling up to 10 s: about 35 looks in five minutes.
      assert.isBelow(sent.length, 45)
    })
  )

  it.effect("tell how an operation failed", () =>
    Effect.gen(function* () {
      const failed = {
        name: `${name}/operations/7`,
        done: true,
        error: { code: 7, message: "Permission 'aiplatform.contexts.delete' denied." }
      }
      const { layer } = serve(({ method, url }) =>
        method === "DELETE" ? [failed] : [url.includes("?filter=") ? {} : experiment]
      )
      const error = yield* Effect.flip(Experiments.delete("genops-exp")).pipe(Effect.provide(layer))
      assert.strictEqual(error.reason._tag, "PermissionDenied")
      assert.strictEqual(error.operation, "experiments.delete")
    })
  )

  it.effect("do not follow an operation or a name that leads elsewhere", () =>
    Effect.gen(function* () {
      for (const hostile of ["../../secrets", "projects/1/locations/x/metadataStores/a/../../operations/1?x=", ""]) {
        const { layer, sent } = serve(({ method, url }) =>
          method === "DELETE" ? [{ name: hostile }] : [url.includes("?filter=") ? {} : experiment]
        )
        const error = yield* Effect.flip(Experiments.delete("genops-exp")).pipe(Effect.provide(layer))
        assert.strictEqual(error.reason._tag, "MalformedResponse", hostile)
        assert.strictEqual(sent.at(-1)?.method, "DELETE")
      }
      const quoted = `${name}" OR name != "`
      const { layer } = serve(() => [{ ...experiment, name: quoted }])
      const error = yield* Effect.flip(Stream.runDrain(Experiments.listRuns("genops-exp"))).pipe(Effect.provide(layer))
      assert.strictEqual(error.reason._tag, "MalformedResponse")
    })
  )

  it.effect("stop at a list that goes round in a circle", () =>
    Effect.gen(function* () {
      const { layer, sent } = serve(() => [{ contexts: [experiment], nextPageToken: "again & again" }])
      const error = yield* Effect.flip(Stream.runDrain(Experiments.list)).pipe(Effect.provide(layer))
      assert.strictEqual(error.reason._tag, "MalformedResponse")
      assert.strictEqual(sent.length, 2)
      assert.include(sent[1]?.url ?? "", "pageToken=again%20%26%20again")
    })
  )

  it.effect("keep fields of a context that they do not know", () =>
    Effect.gen(function* () {
      const run = { ...exchange(5).response.body, labels: { team: "ml" }, novelty: { of: ["tomorrow"] } }
      const { layer, sent } = serve(({ method, url }) => {
        if (url.endsWith(":addContextChildren")) return [{}]
        return [method === "GET" ? experiment : run]
      })
      yield* Experiments.startRun("genops-exp", "run1").pipe(
        Effect.flatMap(({ end }) => end("FAILED")),
        Effect.provide(layer)
      )
      assert.deepInclude(sent.at(-1)?.body, { labels: { team: "ml" }, novelty: { of: ["tomorrow"] } })
    })
  )

  it.effect("do not hold up an interruption for more than half a minute", () =>
    Effect.gen(function* () {
      const { layer, sent } = serve(({ method, url }) => {
        if (method === "PATCH") return "hangs"
        if (url.endsWith(":addContextChildren")) return [{}]
        return [method === "GET" ? experiment : exchange(5).response.body]
      })
      const fiber = yield* Effect.forkChild(
        Experiments.withRun("genops-exp", "run1", () => Effect.never).pipe(Effect.provide(layer))
      )
      yield* until(() => sent.at(-1)?.url.endsWith(":addContextChildren") === true)
      yield* Effect.forEach(Array.from({ length: 20 }), () => tick)
      const interruption = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* until(() => sent.at(-1)?.method === "PATCH")
      yield* TestClock.adjust("29 seconds")
      assert.isUndefined(interruption.pollUnsafe())
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(interruption)
      const exit = yield* Fiber.await(fiber)
      assert.include(String(exit), "RunNotRecorded")
    })
  )

  it.effect("make the store only when there is none", () =>
    Effect.gen(function* () {
      const { layer, sent } = serve(({ method }) => [method === "GET" ? store : experiment])
      yield* Effect.andThen(Experiments.create("genops-exp"), Experiments.create("genops-exp")).pipe(
        Effect.provide(layer)
      )
      assert.deepStrictEqual(
        sent.map(({ method }) => method),
        ["GET", "POST", "POST"]
      )
    })
  )
})
