/**
 * What a running emulator remembers between requests, beside its ledger and faults.
 *
 * @since 0.1.0
 */
import * as Models from "./Models.ts"
import * as Hash from "./engine/Hash.ts"
import * as PromptCache from "./engine/PromptCache.ts"
import type { Stamp } from "./engine/Response.ts"
import * as Datasets from "./evaluation/Datasets.ts"
import * as Graph from "./metadata/Graph.ts"
import * as CloudStorage from "./storage/CloudStorage.ts"
import * as CacheStore from "./store/CacheStore.ts"
import * as Operations from "./store/Operations.ts"
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
  /** What evaluations read and write in Cloud Storage. */
  readonly datasets: Datasets.Datasets
  readonly metadata: Graph.Graph
  readonly storage: CloudStorage.CloudStorage
  /** Whether links to storage begin with https. */
  readonly secureStorage: boolean
  readonly tuning: TuningJobs.TuningJobs
  /** The bytes of an object in Cloud Storage, by its address `gs://bucket/name`: what training data is read from. */
  readonly object: (uri: string) => Uint8Array | undefined
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
  /** Keeps the objects of Cloud Storage in this directory, otherwise in memory. */
  readonly directory?: string
  /** Whether the server speaks https, default false. */
  readonly secure?: boolean
  /** How tuning jobs behave. */
  readonly tuning?: TuningJobs.Options
}): State => {
  let answers = 0
  const promptCache = PromptCache.make()
  const caches = CacheStore.make()
  const operations = Operations.make()
  const datasets = Datasets.make()
  const metadata = Graph.make()
  const storage = CloudStorage.make(options.directory)
  const tuning = TuningJobs.make(options.tuning)
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
    datasets,
    metadata,
    storage,
    secureStorage: options.secure ?? false,
    tuning,
    object: (uri) => {
      const [, bucket = "", name = ""] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? []
      const found = storage.objects.find(bucket, name)
      if (found !== undefined) return storage.objects.read(found)
      const text = datasets.find(uri)
      return text === undefined ? undefined : Buffer.from(text)
    },
    refusesNewerFields: options.refusesNewerFields,
    reset: () => {
      promptCache.clear()
      caches.clear()
      operations.clear()
      datasets.clear()
      metadata.clear()
      storage.clear()
      tuning.clear()
      answers = 0
    }
  }
}
