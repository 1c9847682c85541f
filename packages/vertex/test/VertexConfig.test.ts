import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Vertex from "../src/Vertex.ts"
import * as VertexConfig from "../src/VertexConfig.ts"

const valid: VertexConfig.Options = { project: "acme", location: "us-central1" }

const fromEnvironment = (env: Record<string, string>) =>
  Effect.map(VertexConfig.VertexConfig, (config) => config).pipe(
    Effect.provide(Layer.provide(VertexConfig.layerConfig, ConfigProvider.layer(ConfigProvider.fromUnknown(env))))
  )

describe("settings", () => {
  it.effect("have defaults", () =>
    Effect.gen(function* () {
      const config = yield* VertexConfig.make(valid)
      assert.strictEqual(config.apiVersion, "v1")
      assert.deepStrictEqual(
        Object.entries(config.timeouts).map(([name, value]) => [name, Duration.toSeconds(value)]),
        [
          ["connect", 10],
          ["firstByte", 300],
          ["firstByteOfStream", 60],
          ["idle", 60],
          ["total", 600]
        ]
      )
      assert.deepStrictEqual(config.limits, { response: 32 << 20, stream: 64 << 20, event: 16 << 20 })
    })
  )

  const refused: ReadonlyArray<readonly [string, VertexConfig.Options, string]> = [
    ["a project with a path in it", { ...valid, project: "acme/../other" }, "project"],
    ["a project with a line break", { ...valid, project: "acme\r\nx-evil: 1" }, "project"],
    ["an empty project", { ...valid, project: "" }, "project"],
    ["an empty location", { ...valid, location: "" }, "location"],
    ["a location with another host in it", { ...valid, location: "evil.example/" }, "location"],
    ["a location in capitals", { ...valid, location: "US-CENTRAL1" }, "location"],
    ["a location with a user in it", { ...valid, location: "us@evil" }, "location"],
    ["a base URL that is none", { ...valid, baseUrl: "nonsense" }, "baseUrl"],
    ["a base URL of another protocol", { ...valid, baseUrl: "ftp://127.0.0.1" }, "baseUrl"],
    ["plain http to another machine", { ...valid, baseUrl: "http://vertex.example" }, "baseUrl"],
    [
      "plain http to a name that only begins like the loopback",
      { ...valid, baseUrl: "http://127.0.0.1.evil.example" },
      "baseUrl"
    ],
    ["plain http to localhost as a user", { ...valid, baseUrl: "http://localhost@evil.example" }, "baseUrl"],
    ["a user in the base URL", { ...valid, baseUrl: "https://user:secret@vertex.example" }, "baseUrl"],
    ["a key in the base URL", { ...valid, baseUrl: "https://vertex.example?key=secret" }, "baseUrl"],
    ["a time-out of nothing", { ...valid, timeouts: { idle: 0 } }, "timeouts.idle"],
    ["a time-out that never comes", { ...valid, timeouts: { total: "Infinity" } }, "timeouts.total"],
    ["a time-out longer than timers can be set", { ...valid, timeouts: { total: "25 days" } }, "timeouts.total"],
    ["a negative time-out", { ...valid, timeouts: { total: -1 } }, "timeouts.total"],
    ["a time-out that is no number", { ...valid, timeouts: { connect: Number.NaN } }, "timeouts.connect"],
    ["a limit of nothing", { ...valid, limits: { response: 0 } }, "limits.response"],
    ["a limit that is no number", { ...valid, limits: { stream: Number.NaN } }, "limits.stream"],
    ["half a byte", { ...valid, limits: { event: 0.5 } }, "limits.event"]
  ]
  for (const [name, options, setting] of refused) {
    it.effect(`refuse ${name}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(VertexConfig.make(options))
        assert.strictEqual(error.setting, setting)
        assert.notInclude(error.message, "secret")
        assert.strictEqual(error.message.split("\n").length, 1)
      })
    )
  }

  for (const baseUrl of [
    "http://127.0.0.1:8080",
    "http://localhost:1/",
    "http://[::1]:8080",
    "https://vertex.example/proxy/"
  ]) {
    it.effect(`accept ${baseUrl}`, () =>
      Effect.map(VertexConfig.make({ ...valid, baseUrl }), (config) =>
        assert.strictEqual(VertexConfig.origin(config, "eu"), baseUrl.replace(/\/$/, ""))
      )
    )
  }
})

describe("the server of a location", () => {
  const hosts: ReadonlyArray<readonly [string, string]> = [
    ["global", "https://aiplatform.googleapis.com"],
    ["us", "https://aiplatform.us.rep.googleapis.com"],
    ["eu", "https://aiplatform.eu.rep.googleapis.com"],
    ["us-central1", "https://us-central1-aiplatform.googleapis.com"],
    ["europe-west4", "https://europe-west4-aiplatform.googleapis.com"]
  ]
  for (const [location, origin] of hosts) {
    it.effect(`${location}: ${origin}`, () =>
      Effect.map(VertexConfig.make(valid), (config) =>
        assert.strictEqual(VertexConfig.origin(config, location), origin)
      )
    )
  }

  it.effect("express mode has one server", () =>
    Effect.map(VertexConfig.make({ location: "us-central1" }), (config) =>
      assert.strictEqual(VertexConfig.origin(config, "us-central1"), "https://aiplatform.googleapis.com")
    )
  )
})

describe("settings from the environment", () => {
  it.effect("are read", () =>
    Effect.gen(function* () {
      const config = yield* fromEnvironment({
        GOOGLE_CLOUD_PROJECT: "acme",
        GOOGLE_CLOUD_LOCATION: "eu",
        GOOGLE_VERTEX_BASE_URL: "http://127.0.0.1:8080/"
      })
      assert.deepInclude(config, { project: "acme", location: "eu", baseUrl: "http://127.0.0.1:8080" })
    })
  )

  it.effect("take GCLOUD_PROJECT for want of GOOGLE_CLOUD_PROJECT", () =>
    Effect.map(fromEnvironment({ GCLOUD_PROJECT: "acme", GOOGLE_CLOUD_LOCATION: "eu" }), ({ project }) =>
      assert.strictEqual(project, "acme")
    )
  )

  const missing: ReadonlyArray<readonly [string, Record<string, string>, RegExp]> = [
    [
      "GOOGLE_CLOUD_PROJECT",
      { GOOGLE_CLOUD_LOCATION: "eu" },
      /^\[VertexConfigError\] GOOGLE_CLOUD_PROJECT is not set[^]*export /
    ],
    [
      "GOOGLE_CLOUD_LOCATION",
      { GOOGLE_CLOUD_PROJECT: "acme" },
      /^\[VertexConfigError\] GOOGLE_CLOUD_LOCATION is not set[^]*export /
    ]
  ]
  for (const [name, env, message] of missing) {
    it.effect(`name ${name} when it is missing, when the layer is built`, () =>
      Effect.gen(function* () {
        const layer = Layer.provide(Vertex.layerConfig, ConfigProvider.layer(ConfigProvider.fromUnknown(env)))
        const exit = yield* Effect.exit(Effect.scoped(Layer.build(layer)))
        const error = Exit.isFailure(exit) ? Cause.findErrorOption(exit.cause) : Option.none()
        assert.match(Option.match(error, { onNone: () => "", onSome: (error) => error.message }), message)
      })
    )
  }
})
