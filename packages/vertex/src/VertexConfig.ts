/**
 * Where and how Vertex AI is called: project, location, base URL, time-outs and limits.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/**
 * Time limits of a call. Each ends in the reason `DeadlineExceeded` that names the phase.
 *
 * @since 0.1.0
 */
export interface Timeouts {
  /** From the first attempt to connect until the connection stands. Default 10 seconds. */
  readonly connect: Duration.Duration
  /** Until the first byte of a whole answer, which includes its generation. Default 5 minutes. */
  readonly firstByte: Duration.Duration
  /** Until the first byte of a stream. Default 60 seconds. */
  readonly firstByteOfStream: Duration.Duration
  /** Silence between two pieces of an answer. Default 60 seconds. */
  readonly idle: Duration.Duration
  /** One attempt from its start to its end. Default 10 minutes. */
  readonly total: Duration.Duration
}

/**
 * Size limits of an answer, in bytes. A larger one ends in the reason `ResponseTooLarge`.
 *
 * @since 0.1.0
 */
export interface Limits {
  /** A whole answer. Default 32 MiB. */
  readonly response: number
  /** All of a stream. Default 64 MiB. */
  readonly stream: number
  /** One event of a stream; images arrive in one event. Default 16 MiB. */
  readonly event: number
}

/**
 * Settings of the client.
 *
 * @since 0.1.0
 */
export interface Options {
  /** The project's id or number; leave it out for express mode (API key). */
  readonly project?: string | undefined
  /** A region such as `us-central1`, a multi-region `us` or `eu`, or `global`. */
  readonly location: string
  readonly apiVersion?: "v1" | "v1beta1" | undefined
  /** Another server, such as the emulator. Plain http is accepted on loopback only. */
  readonly baseUrl?: string | undefined
  readonly timeouts?: { readonly [K in keyof Timeouts]?: Duration.Input | undefined } | undefined
  readonly limits?: Partial<Limits> | undefined
}

/**
 * A setting that is missing or wrong. Raised when the layer is built, before any call.
 *
 * @since 0.1.0
 */
export class VertexConfigError extends Schema.TaggedError<VertexConfigError>()("VertexConfigError", {
  setting: Schema.String,
  description: Schema.String
}) {
  override get message() {
    return `[VertexConfigError] ${this.setting} ${this.description}`
  }
}

/**
 * The checked settings that the client works with.
 *
 * @since 0.1.0
 */
export class VertexConfig extends Context.Service<
  VertexConfig,
  {
    readonly project: string | undefined
    readonly location: string
    readonly apiVersion: "v1" | "v1beta1"
    readonly baseUrl: string | undefined
    readonly timeouts: Timeouts
    readonly limits: Limits
  }
>()("@genops/vertex/VertexConfig") {}

const MiB = 1024 * 1024

/**
 * Checks the settings and fills in the defaults. Fails with `VertexConfigError`.
 *
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (options: Options) {
  const fail = (setting: string, description: string) => Effect.fail(new VertexConfigError({ setting, description }))
  const { location, project } = options
  if (project !== undefined && !/^[A-Za-z0-9][A-Za-z0-9.:_-]{0,127}$/.test(project)) {
    return yield* fail("project", `${JSON.stringify(project)} is not a project id or number.`)
  }
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(location)) {
    return yield* fail("location", `${JSON.stringify(location)} is not a location. Write us-central1, eu or global.`)
  }
  const baseUrl = options.baseUrl?.replace(/\/+$/, "")
  if (baseUrl !== undefined) {
    const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
    if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
      return yield* fail("baseUrl", `${JSON.stringify(baseUrl)} is not an http or https URL.`)
    }
    if (url.protocol === "http:" && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname)) {
      return yield* fail("baseUrl", `${baseUrl} is plain http: credentials would travel in clear text. Use https.`)
    }
    if (url.username !== "" || url.password !== "" || url.search !== "") {
      return yield* fail(
        "baseUrl",
        "holds a user, a password or a query. Credentials come from the Credentials service."
      )
    }
  }
  const timeouts: Timeouts = {
    connect: Duration.fromInputUnsafe(options.timeouts?.connect ?? "10 seconds"),
    firstByte: Duration.fromInputUnsafe(options.timeouts?.firstByte ?? "5 minutes"),
    firstByteOfStream: Duration.fromInputUnsafe(options.timeouts?.firstByteOfStream ?? "60 seconds"),
    idle: Duration.fromInputUnsafe(options.timeouts?.idle ?? "60 seconds"),
    total: Duration.fromInputUnsafe(options.timeouts?.total ?? "10 minutes")
  }
  const limits: Limits = {
    response: options.limits?.response ?? 32 * MiB,
    stream: options.limits?.stream ?? 64 * MiB,
    event: options.limits?.event ?? 16 * MiB
  }
  for (const [name, limit] of Object.entries(limits)) {
    if (!Number.isSafeInteger(limit) || limit <= 0)
      return yield* fail(`limits.${name}`, "is a positive number of bytes.")
  }
  for (const [name, timeout] of Object.entries(timeouts)) {
    const millis = Duration.toMillis(timeout)
    // Timers of Node that are set to longer fire at once.
    if (!(millis > 0 && millis <= 2_147_483_647)) {
      return yield* fail(`timeouts.${name}`, "is a positive duration of at most 24 days.")
    }
  }
  return VertexConfig.of({ project, location, apiVersion: options.apiVersion ?? "v1", baseUrl, timeouts, limits })
})

/**
 * Provides the given settings. Fails with `VertexConfigError`.
 *
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<VertexConfig, VertexConfigError> =>
  Layer.effect(VertexConfig, make(options))

const setting = (name: string) => Config.option(Config.String(name))

/**
 * Reads `GOOGLE_CLOUD_PROJECT` (or `GCLOUD_PROJECT`), `GOOGLE_CLOUD_LOCATION` and, for another server,
 * `GOOGLE_VERTEX_BASE_URL`. A missing one fails with `VertexConfigError` that names it.
 *
 * @since 0.1.0
 */
export const layerConfig: Layer.Layer<VertexConfig, VertexConfigError | Config.ConfigError> = Layer.effect(
  VertexConfig,
  Effect.gen(function* () {
    const project = Option.firstSomeOf([yield* setting("GOOGLE_CLOUD_PROJECT"), yield* setting("GCLOUD_PROJECT")])
    if (Option.isNone(project)) {
      return yield* new VertexConfigError({
        setting: "GOOGLE_CLOUD_PROJECT",
        description: "is not set: Vertex AI needs the project that pays.\n  export GOOGLE_CLOUD_PROJECT=<project id>"
      })
    }
    const location = yield* setting("GOOGLE_CLOUD_LOCATION")
    if (Option.isNone(location)) {
      return yield* new VertexConfigError({
        setting: "GOOGLE_CLOUD_LOCATION",
        description:
          'is not set: Vertex answers "404 Not Found" without a location.\n  export GOOGLE_CLOUD_LOCATION=global    (or a region: us-central1)'
      })
    }
    const baseUrl = yield* setting("GOOGLE_VERTEX_BASE_URL")
    return yield* make({ project: project.value, location: location.value, baseUrl: Option.getOrUndefined(baseUrl) })
  })
)

/**
 * Returns the server of a location: `global`, the multi-regions `us` and `eu`, or a region. A configured base URL wins.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations
 *
 * @since 0.1.0
 */
export const origin = (config: VertexConfig["Service"], location: string): string => {
  if (config.baseUrl !== undefined) return config.baseUrl
  if (location === "global" || config.project === undefined) return "https://aiplatform.googleapis.com"
  return location === "us" || location === "eu"
    ? `https://aiplatform.${location}.rep.googleapis.com`
    : `https://${location}-aiplatform.googleapis.com`
}
