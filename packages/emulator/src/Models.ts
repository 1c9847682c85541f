/**
 * The models that the emulator knows, as data: today's Gemini ids, retired ones, and embedding models.
 *
 * Ids, dates and windows are those of Google's public lists of 2026-10; the answers come from the small engine named in `engine`.
 * A retired id answers 404 as Vertex does, an embedding model is listed and does not generate.
 *
 * @since 0.1.0
 */

/**
 * How a model picks sentences: `lead` takes the first ones, `graph` ranks them by TextRank, `diverse` ranks and then avoids repetition.
 *
 * @since 0.1.0
 */
export type Engine = "diverse" | "graph" | "lead"

/**
 * One model. `sentences` is the usual length of a summary, `thinking.control` the setting that steers thinking ("none": it never thinks),
 * `thinking.byDefault` whether it thinks unasked, `minCacheTokens` the shortest prompt prefix served from the implicit cache.
 *
 * @since 0.1.0
 */
export interface Model {
  readonly id: string
  readonly state: "ga" | "preview" | "retired"
  readonly kind: "embed" | "generate"
  readonly engine: Engine
  readonly sentences: number
  readonly thinking: {
    readonly control: "budget" | "level" | "none"
    readonly byDefault: boolean
    readonly canBeOff: boolean
    readonly maximum: number
  }
  readonly inputTokens: number
  readonly outputTokens: number
  readonly minCacheTokens: number
  readonly notOfferedIn: ReadonlyArray<string>
}

const generating = (
  id: string,
  engine: Engine,
  sentences: number,
  thinking: Model["thinking"],
  more: Partial<Model> = {}
): Model => ({
  id,
  state: "ga",
  kind: "generate",
  engine,
  sentences,
  thinking,
  inputTokens: 1_048_576,
  outputTokens: 65_536,
  minCacheTokens: engine === "diverse" ? 4096 : 2048,
  notOfferedIn: [],
  ...more
})

const byLevel = { control: "level", byDefault: true, canBeOff: true, maximum: 32_768 } as const
const byBudget = { control: "budget", byDefault: true, canBeOff: true, maximum: 24_576 } as const
const quiet = { byDefault: false }

const none: Model["thinking"] = { control: "none", byDefault: false, canBeOff: true, maximum: 0 }

const retired = (id: string): Model => generating(id, "lead", 1, none, { state: "retired" })

const embedding = (id: string, inputTokens: number): Model =>
  generating(id, "lead", 0, none, { kind: "embed", inputTokens, outputTokens: 0 })

/**
 * Every model that the emulator knows.
 *
 * @since 0.1.0
 */
export const models: ReadonlyArray<Model> = [
  generating("gemini-3.8-flash", "graph", 3, byLevel),
  generating("gemini-3.7-flash", "graph", 3, byLevel),
  generating("gemini-3.6-flash", "graph", 3, byLevel),
  generating("gemini-3.5-flash", "graph", 3, byLevel, { notOfferedIn: ["us-central1"] }),
  generating("gemini-3.5-flash-lite", "lead", 2, { ...byLevel, ...quiet }),
  generating("gemini-3.1-flash-lite", "lead", 2, { ...byLevel, ...quiet }),
  generating("gemini-3.1-pro-preview", "diverse", 5, { ...byLevel, canBeOff: false }, { state: "preview" }),
  generating("gemini-3-flash-preview", "graph", 3, byLevel, { state: "preview" }),
  generating("gemini-2.5-pro", "diverse", 4, { ...byBudget, canBeOff: false, maximum: 32_768 }),
  generating("gemini-2.5-flash", "graph", 2, byBudget),
  generating("gemini-2.5-flash-lite", "lead", 1, { ...byBudget, ...quiet }),
  embedding("gemini-embedding-2", 8192),
  embedding("gemini-embedding-001", 2048),
  embedding("text-embedding-005", 2048),
  embedding("text-multilingual-embedding-002", 2048),
  retired("gemini-2.0-flash"),
  retired("gemini-2.0-flash-lite"),
  retired("gemini-1.5-pro-002"),
  retired("gemini-1.5-flash-002"),
  retired("gemini-1.5-pro-001"),
  retired("gemini-1.5-flash-001"),
  retired("gemini-1.0-pro")
]

const byId = new Map(models.map((model) => [model.id, model]))

/**
 * Finds a model that is still offered; a version suffix such as `@default` is ignored.
 *
 * @since 0.1.0
 */
export const find = (id: string): Model | undefined => {
  const model = byId.get(id.replace(/@.*$/, ""))
  return model?.state === "retired" ? undefined : model
}
