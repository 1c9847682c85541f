/**
 * Cloud Storage over Google's own client, `@google-cloud/storage`.
 *
 * A module of its own, and not part of the package's index: its types are those of the client, which only its users install.
 *
 * @since 0.1.0
 */
import type { Storage, StorageOptions } from "@google-cloud/storage"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CloudStorage } from "./CloudStorage.ts"
import { ClientMissing } from "./CloudStorageError.ts"
import * as client from "./internal/storageClient.ts"

/**
 * Uses a client that the program has. Its own retries do the work, so leave `autoRetry` on; every write here carries a precondition,
 * because one unconditional `save` would switch the retries of the whole client off.
 *
 * @since 0.1.0
 */
export const layerClient = (storage: Storage): Layer.Layer<CloudStorage> =>
  Layer.succeed(CloudStorage, client.make(storage))

/**
 * Makes a client, with application default credentials unless the options say otherwise. Google's package is loaded only now, since it is
 * large and not everybody needs it. Fails with `ClientMissing` when it is not installed.
 *
 * @since 0.1.0
 */
export const layer = (options: StorageOptions = {}): Layer.Layer<CloudStorage, ClientMissing> =>
  Layer.effect(
    CloudStorage,
    Effect.map(
      Effect.tryPromise({
        try: () => import("@google-cloud/storage"),
        catch: (cause) => new ClientMissing({ detail: cause instanceof Error ? cause.message : String(cause) })
      }),
      ({ Storage }) => client.make(new Storage(options))
    )
  )
