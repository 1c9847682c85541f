/**
 * The headers that say who calls Vertex AI.
 *
 * Secrets leave this module only in the headers of a request: no error, log or description holds one.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as defaultCredentials from "./internal/defaultCredentials.ts"
import * as VertexError from "./VertexError.ts"

/**
 * The headers that say who calls.
 *
 * @since 0.1.0
 */
export class Credentials extends Context.Service<
  Credentials,
  {
    /** `authorization` or `x-goog-api-key`, and `x-goog-user-project` when a quota project is known. Names are in lower case. */
    readonly headers: Effect.Effect<Readonly<Record<string, string>>, VertexError.CredentialsMissing>
    /** Forgets a token that was refused. A token that is younger than ten seconds stays: a new one would not fare better. */
    readonly invalidate: Effect.Effect<void>
  }
>()("@genops/vertex/Credentials") {}

/**
 * The project that pays for the quota, where that is not the project of the caller.
 *
 * @since 0.1.0
 */
export interface QuotaProject {
  readonly quotaProject?: string | undefined
}

const quotaHeader = ({ quotaProject }: QuotaProject): Record<string, string> =>
  quotaProject === undefined || quotaProject === "" ? {} : { "x-goog-user-project": quotaProject }

const bearer = (token: Redacted.Redacted): Record<string, string> => ({
  authorization: `Bearer ${Redacted.value(token)}`
})

const constant = (headers: Readonly<Record<string, string>>) =>
  Layer.succeed(Credentials, { headers: Effect.succeed(headers), invalidate: Effect.void })

interface Issued {
  readonly headers: Readonly<Record<string, string>>
  readonly issuedAt: number
  /** How long the headers are used before the next ones are asked for. */
  readonly useFor: Duration.Duration
}

const graceMillis = 10_000

/** Keeps issued headers while they may be used; callers at the same time share one issue; a failure is not kept. */
const cached = (issue: Effect.Effect<Issued, VertexError.CredentialsMissing>, forget: Effect.Effect<void>) =>
  Effect.map(
    Effect.cachedInvalidateWithTTL(issue, (exit) => (Exit.isSuccess(exit) ? exit.value.useFor : Duration.zero)),
    ([current, invalidate]) => {
      let issuedAt = 0
      return Credentials.of({
        headers: Effect.map(current, (issued) => {
          issuedAt = issued.issuedAt
          return issued.headers
        }),
        invalidate: Effect.flatMap(Clock.currentTimeMillis, (now) => {
          if (now - issuedAt < graceMillis) return Effect.void
          // Of many calls that were refused at once, the first forgets the token for all.
          issuedAt = now
          return Effect.andThen(forget, invalidate)
        })
      })
    }
  )

/**
 * Provides a fixed access token, or those that an effect gives. The effect is run again after a minute and after a refused token.
 *
 * @since 0.1.0
 */
export const layerToken = (
  token: Redacted.Redacted | Effect.Effect<Redacted.Redacted, VertexError.CredentialsMissing>,
  options: QuotaProject = {}
): Layer.Layer<Credentials> => {
  const headersOf = (token: Redacted.Redacted) => ({ ...bearer(token), ...quotaHeader(options) })
  if (Redacted.isRedacted(token)) return constant(headersOf(token))
  const issue = Effect.flatMap(token, (token) =>
    Effect.map(Clock.currentTimeMillis, (issuedAt): Issued => ({
      headers: headersOf(token),
      issuedAt,
      useFor: Duration.minutes(1)
    }))
  )
  return Layer.effect(Credentials, cached(issue, Effect.void))
}

/**
 * Provides an API key, sent as the header `x-goog-api-key`.
 *
 * @since 0.1.0
 */
export const layerApiKey = (key: Redacted.Redacted, options: QuotaProject = {}): Layer.Layer<Credentials> =>
  constant({ "x-goog-api-key": Redacted.value(key), ...quotaHeader(options) })

/**
 * Provides no headers at all, for emulators.
 *
 * @since 0.1.0
 */
export const layerAnonymous: Layer.Layer<Credentials> = constant({})

/**
 * Settings of `layerAdc`.
 *
 * - `quotaProject` goes before the one of the credentials file.
 * - `timeout`: the longest wait for a token, 10 seconds unless said otherwise.
 * - `auth` makes the `GoogleAuth` of google-auth-library that is asked, for impersonation or other scopes. It is called again
 *   after a refused token.
 *
 * @since 0.1.0
 */
export interface AdcOptions extends QuotaProject {
  readonly timeout?: Duration.Input
  readonly auth?: () => defaultCredentials.TokenSource | Promise<defaultCredentials.TokenSource>
}

// Five minutes before a token ends google-auth-library fetches the next; of a token that lives shorter, half its time is used.
const useFor = (expiresAt: number | undefined, now: number): Duration.Duration =>
  expiresAt === undefined
    ? Duration.minutes(1)
    : Duration.millis(Math.max(0, expiresAt - now - 300_000, (expiresAt - now) / 2))

/**
 * Provides application-default credentials: the file that `GOOGLE_APPLICATION_CREDENTIALS` names, the file of
 * `gcloud auth application-default login`, or the metadata server of Google Cloud.
 *
 * Nothing is loaded or asked before the first call. Tokens are kept and renewed five minutes early. Where there are none, calls
 * fail with `CredentialsMissing`, which says where it was looked; the next call looks again.
 *
 * @since 0.1.0
 */
export const layerAdc = (options: AdcOptions = {}): Layer.Layer<Credentials> =>
  Layer.effect(
    Credentials,
    Effect.suspend(() => {
      let source: Promise<defaultCredentials.TokenSource> | undefined
      const limit = Duration.fromInputUnsafe(options.timeout ?? "10 seconds")
      const missing = (why: string) => new VertexError.CredentialsMissing({ description: why })
      const issue = Effect.tryPromise({
        try: () => {
          source ??= Promise.resolve((options.auth ?? defaultCredentials.load)())
          return source.then(defaultCredentials.token)
        },
        catch: (cause) => {
          source = undefined
          return missing(defaultCredentials.explain(cause))
        }
      }).pipe(
        Effect.timeoutOrElse({
          duration: limit,
          orElse: () => {
            source = undefined
            return Effect.fail(missing(`no answer within ${Duration.format(limit)}. ${defaultCredentials.lookedAt()}`))
          }
        }),
        Effect.flatMap(({ expiresAt, headers }) =>
          Effect.map(Clock.currentTimeMillis, (now): Issued => ({
            headers: { ...headers, ...quotaHeader(options) },
            issuedAt: now,
            useFor: useFor(expiresAt, now)
          }))
        )
      )
      return cached(
        issue,
        Effect.sync(() => {
          source = undefined
        })
      )
    })
  )

/**
 * Provides what the configuration holds: the access token `GOOGLE_OAUTH_ACCESS_TOKEN`, else application-default credentials;
 * the quota project is `GOOGLE_CLOUD_QUOTA_PROJECT`. An API key is used when its name is given: a key that lies around in the
 * environment is often meant for another service.
 *
 * @example
 * import * as Credentials from "@genops/vertex/Credentials"
 * import * as Config from "effect/Config"
 *
 * const express = Credentials.layerConfig({ apiKey: Config.Redacted("GOOGLE_API_KEY") })
 *
 * @since 0.1.0
 */
export const layerConfig = (
  configs: {
    readonly accessToken?: Config.Config<Redacted.Redacted>
    readonly apiKey?: Config.Config<Redacted.Redacted>
    readonly quotaProject?: Config.Config<string>
  } = {}
): Layer.Layer<Credentials, Config.ConfigError> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const apiKey = configs.apiKey === undefined ? undefined : yield* configs.apiKey
      const accessToken = yield* Config.option(configs.accessToken ?? Config.Redacted("GOOGLE_OAUTH_ACCESS_TOKEN"))
      const project = yield* Config.option(configs.quotaProject ?? Config.String("GOOGLE_CLOUD_QUOTA_PROJECT"))
      const options = { quotaProject: Option.getOrUndefined(project) }
      if (apiKey !== undefined) return layerApiKey(apiKey, options)
      return Option.isSome(accessToken) ? layerToken(accessToken.value, options) : layerAdc(options)
    })
  )
