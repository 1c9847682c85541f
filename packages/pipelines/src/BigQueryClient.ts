/**
 * BigQuery over Google's own client, `@google-cloud/bigquery`.
 *
 * A module of its own, and not part of the package's index: its types are those of the client, which only its users install.
 *
 * @since 0.1.0
 */
import type { BigQuery as Client, BigQueryOptions } from "@google-cloud/bigquery"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { BigQuery } from "./BigQuery.ts"
import { ClientMissing } from "./BigQueryError.ts"
import * as client from "./internal/bigQueryClient.ts"

/**
 * Uses a client that the program has. What is sent can be sent again without harm, so both the client and this layer may retry.
 *
 * @since 0.1.0
 */
export const layerClient = (bigQuery: Client): Layer.Layer<BigQuery> => Layer.succeed(BigQuery, client.make(bigQuery))

/**
 * The client's options, and `anonymous`: no credentials are looked for, as an emulator at `apiEndpoint` needs none.
 *
 * @since 0.1.0
 */
export interface Options extends BigQueryOptions {
  readonly anonymous?: boolean
}

/**
 * Makes a client, with application default credentials unless the options say otherwise. Google's package is loaded only now, since it is
 * large and not everybody needs it. Fails with `ClientMissing` when it is not installed.
 *
 * @example
 * import * as BigQueryClient from "@genops/pipelines/BigQueryClient"
 *
 * const emulated = BigQueryClient.layer({ apiEndpoint: "http://127.0.0.1:8085", projectId: "demo-project", anonymous: true })
 *
 * @since 0.1.0
 */
export const layer = ({ anonymous = false, ...options }: Options = {}): Layer.Layer<BigQuery, ClientMissing> =>
  Layer.effect(
    BigQuery,
    Effect.map(
      Effect.tryPromise({
        try: () => import("@google-cloud/bigquery"),
        catch: (cause) => new ClientMissing({ detail: cause instanceof Error ? cause.message : String(cause) })
      }),
      (library) => {
        // Retries are made here, by reason; the client's would come on top of them.
        const made = new library.BigQuery({ autoRetry: false, ...options })
        // Otherwise the client would look for credentials, and for the metadata server of a machine at Google.
        if (anonymous) made.authClient.cachedCredential = made.authClient.fromAPIKey("anonymous")
        return client.make(made)
      }
    )
  )
