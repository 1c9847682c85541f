/** Who takes part. */
import type { Contestant } from "./Contestant.ts"

export interface Entry {
  readonly name: string
  /** What its figures are divided by: the same work done by undici alone, over the same kind of connection. */
  readonly floor: string
  readonly tls?: true
  readonly load: () => Promise<(url: string) => Contestant>
}

const floor: Entry = {
  name: "undici",
  floor: "undici",
  load: async () => (await import("./contestant/Undici.ts")).make
}

const floorTls: Entry = { ...floor, name: "undici, TLS", floor: "undici, TLS", tls: true }

const genops: Entry = {
  name: "genops",
  floor: floor.name,
  load: async () => (await import("./contestant/Genops.ts")).plain
}

const genopsBudget: Entry = {
  name: "genops in a budget",
  floor: floor.name,
  load: async () => (await import("./contestant/Genops.ts")).withinBudget
}

const genopsAborting: Entry = {
  name: "genops in a budget, onInterrupt: abort",
  floor: floor.name,
  load: async () => (await import("./contestant/Genops.ts")).withinAbortingBudget
}

const genai: Entry = {
  name: "@google/genai",
  floor: floor.name,
  load: async () => (await import("./contestant/GoogleGenai.ts")).plain
}

const genaiRetrying: Entry = {
  name: "@google/genai, retryOptions",
  floor: floor.name,
  load: async () => (await import("./contestant/GoogleGenai.ts")).retrying
}

const vertexai: Entry = {
  name: "@google-cloud/vertexai",
  floor: floorTls.name,
  tls: true,
  load: async () => (await import("./contestant/VertexAi.ts")).make
}

const ai: Entry = {
  name: "ai + @ai-sdk/google-vertex",
  floor: floor.name,
  load: async () => (await import("./contestant/AiSdk.ts")).make
}

/** For speed and memory: everybody, each with its floor. */
export const all: ReadonlyArray<Entry> = [floor, genops, genopsBudget, genai, ai, floorTls, vertexai]

/** For failures: everybody who is more than a socket. */
export const libraries: ReadonlyArray<Entry> = [genops, genopsBudget, genai, genaiRetrying, vertexai, ai]

/** For giving up. */
export const abandoning: ReadonlyArray<Entry> = [floor, genops, genopsAborting, genai, vertexai, ai]

export const byName = (name: string): Entry => {
  const entry = [...all, ...libraries, ...abandoning].find((one) => one.name === name)
  if (entry === undefined) throw new Error(`no contestant is called ${name}`)
  return entry
}
