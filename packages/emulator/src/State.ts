/**
 * What a running emulator remembers between requests, beside its ledger and faults.
 *
 * @since 0.1.0
 */
import * as BigQuery from "./bigquery/BigQuery.ts"
import * as Models from "./Models.ts"
import * as Hash from "./engine/Hash.ts"
import * as PromptCache from "./engine/PromptCache.ts"
import type { Stamp } from "./engine/Response.ts"
import * as Graph from "./metadata/Graph.ts"
import * as CloudStorage from "./storage/CloudStorage.ts"
import * as CacheStore from "./store/CacheStore.ts"
import * as Operations from "./store/Operations.ts"
import type * as Settings from "./tuning/Settings.ts"
import * as TuningJobs from "./tuning/TuningJobs.ts"

/**
 * What a running emulator remembers. Routes reach everything that is not in the request through it.
 *
 * @since 0.1.0
 */
export interface State {
  /** Finds the model behind a publisher model id, in a location when one is named. */
  readonly model: (id: string, location: string | undefined) => Models.Model | undefined
  /** Finds the base model behind an endpoint id. */
  readonly endpoint: (id: string) => Models.Model | undefined
  /** The time and a new id for an answer of a model. */
  readonly stamp: (modelVersion: string) => Stamp
  readonly promptCache: PromptCache.PromptCache
  readonly caches: CacheStore.CacheStore
  readonly operations: Operations.Operations
  readonly metadata: Graph.Graph
  readonly storage: CloudStorage.CloudStorage
  /** Whether links to storage begin with https. */
  readonly secureStorage: boolean
  readonly tuning: TuningJobs.TuningJobs
  readonly bigQuery: BigQuery.BigQuery
  readonly refusesNewerFields: boolean
  readonly reset: () => void
}

/**
 * Starts with nothing remembered. `endpoints` maps endpoint ids to ids of base models; with `enforceRegions` a model is found only where Google offers it.
 *
 * @since 0.1.0
 */
export const make = (options: {
  readonly endpoints: { readonly [id: string]: string }
  readonly enforceRegions: boolean
  readonly refusesNewerFields: boolean
  /** Keeps the objects of Cloud Storage, the tables of BigQuery and the tuning jobs in this directory, otherwise in memory. */
  readonly directory?: string
  /** Whether the server speaks https, default false. */
  readonly secure?: boolean
  /** How tuning jobs behave. */
  readonly tuning?: Settings.Settings
}): State => {
  let answers = 0
  const promptCache = PromptCache.make()
  const caches = CacheStore.make()
  const operations = Operations.make()
  const metadata = Graph.make()
  const storage = CloudStorage.make(options.directory)
  const tuning = TuningJobs.make(options.tuning, options.directory)
  const bigQuery = BigQuery.make(storage, options.directory)
  const endpoints = new Map(Object.entries(options.endpoints))
  return {
    model: (id, location) => {
      const model = Models.find(id)
      const elsewhere = options.enforceRegions && location !== undefined && model?.notOfferedIn.includes(location)
      return elsewhere === true ? undefined : model
    },
    endpoint: (id) => Models.find(endpoints.get(id) ?? tuning.tuned(id)?.baseModel ?? ""),
    stamp: (modelVersion) => {
      const bytes = Buffer.alloc(12)
      bytes.writeUInt32BE(++answers, 0)
      bytes.writeUInt32BE(Hash.text(modelVersion, answers), 4)
      bytes.writeUInt32BE(Hash.text(String(answers)), 8)
      return {
        modelVersion,
        createTime: new Date().toISOString().replace("Z", "000Z"),
        responseId: bytes.toString("base64url")
      }
    },
    promptCache,
    caches,
    operations,
    metadata,
    storage,
    secureStorage: options.secure ?? false,
    tuning,
    bigQuery,
    refusesNewerFields: options.refusesNewerFields,
    reset: () => {
      promptCache.clear()
      caches.clear()
      operations.clear()
      metadata.clear()
      storage.clear()
      tuning.clear()
      bigQuery.clear()
      answers = 0
    }
  }
}
