/**
 * The lines of training data for Gemini models: supervised tuning and preference optimisation, JSON Lines with one example a line.
 *
 * The shapes are those of the wire. What the documentation leaves open is let pass; what cannot be learned from is refused, with the
 * path of the value that is wrong.
 *
 * Sources: https://docs.cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning-prepare,
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/models/tune-function-calling and
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-preference-tuning-prepare
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Part from "./Part.ts"
import * as Tool from "./Tool.ts"

/** What other formats call the roles, and what to do about it. */
const otherRoles: ReadonlyMap<string, string> = new Map([
  ["assistant", '"assistant" is called "model" here'],
  ["tool", '"tool" is called "function" here'],
  ["system", "a system text belongs into systemInstruction"]
])

const Role = Schema.String.check(
  Schema.makeFilter((role) =>
    role === "user" || role === "model" || role === "function"
      ? undefined
      : (otherRoles.get(role) ?? 'the role is "user", "model" or "function"')
  )
)

const fileUri = /^(?:gs|https?):\/\/./

const TrainingPart = Part.RequestPart.check(
  Schema.makeFilter(({ fileData, text }) => {
    if (text === "") return { path: ["text"], issue: "the text is empty" }
    if (text?.isWellFormed() === false) return { path: ["text"], issue: "the text holds half of a surrogate pair" }
    if (fileData === undefined) return undefined
    if (fileData.mimeType === undefined) return { path: ["fileData"], issue: "mimeType is missing" }
    return fileUri.test(fileData.fileUri)
      ? undefined
      : { path: ["fileData", "fileUri"], issue: "a file lies in Cloud Storage (gs://) or behind https://" }
  })
)

/**
 * A turn: who says it (`user`, `model`, or `function` for what a called function answered) and its parts, each with exactly one data
 * field. Texts are not empty; files say their type and are referred to by `gs://` or `https://`. Only the model calls functions, and
 * only the other side answers them. `weight`, which some models take, is 0 or more.
 *
 * @since 0.1.0
 */
export const Turn = Schema.Struct({
  role: Role,
  parts: Schema.NonEmptyArray(TrainingPart),
  weight: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)))
}).check(
  Schema.makeFilter(({ parts, role }) => {
    const isModel = role === "model"
    const index = parts.findIndex((part) => (isModel ? part.functionResponse : part.functionCall) !== undefined)
    if (index === -1) return undefined
    return isModel
      ? { path: ["parts", index, "functionResponse"], issue: "the model does not answer its own calls" }
      : { path: ["parts", index, "functionCall"], issue: "only the model calls functions" }
  })
)

/**
 * A turn.
 *
 * @since 0.1.0
 */
export type Turn = typeof Turn.Type

/** A system text. Its role is not looked at, as documented. */
const SystemInstruction = Schema.Struct({
  role: Schema.optionalKey(Schema.String),
  parts: Schema.NonEmptyArray(Schema.Struct({ text: Schema.NonEmptyString }))
})

/** Where the turns do not alternate from the user's to the model's, or do not end with `last`. */
const outOfTurn = (turns: ReadonlyArray<Turn>, last: "user" | "model") => {
  const index = turns.findIndex(({ role }, index) => (role === "model") !== (index % 2 === 1))
  if (index === 0) return { path: [0, "role"], issue: "the first turn is the user's" }
  if (index > 0) return { path: [index, "role"], issue: "the same side speaks twice: user and model take turns" }
  const end = turns.length - 1
  if ((turns[end]?.role === "model") === (last === "model")) return undefined
  return {
    path: [end, "role"],
    issue: last === "model" ? "the last turn is the model's: it is what is learned" : "the last turn is the user's"
  }
}

const settings = {
  systemInstruction: Schema.optionalKey(SystemInstruction),
  /** As some examples of the documentation write it. */
  system_instruction: Schema.optionalKey(SystemInstruction)
}

const oneInstruction = Schema.makeFilter(
  (line: { readonly systemInstruction?: unknown; readonly system_instruction?: unknown }) =>
    line.system_instruction === undefined || line.systemInstruction === undefined
      ? undefined
      : { path: ["system_instruction"], issue: "systemInstruction is given already" }
)

/**
 * A line of data for supervised tuning: turns of user and model that alternate, the user's first and the model's last, which has a text
 * or a function call.
 *
 * @example
 * import * as Dataset from "@genops/core/Dataset"
 * import * as TrainingExample from "@genops/core/TrainingExample"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const line = '{"contents":[{"role":"user","parts":[{"text":"1 + 1?"}]},{"role":"model","parts":[{"text":"2"}]}]}\n'
 * const bytes = Stream.make(new TextEncoder().encode(line))
 * const dataset = Dataset.fromJsonl(bytes, { source: "train.jsonl", schema: TrainingExample.Supervised })
 * Effect.runPromise(Dataset.check(dataset)).then(({ rows }) => rows) // => 1
 *
 * @since 0.1.0
 */
export const Supervised = Schema.Struct({
  ...settings,
  contents: Schema.NonEmptyArray(Turn).check(
    Schema.makeFilter((turns) => {
      const wrong = outOfTurn(turns, "model")
      if (wrong !== undefined) return wrong
      const answers = turns.at(-1)?.parts.some((part) => part.text !== undefined || part.functionCall !== undefined)
      return answers === true
        ? undefined
        : { path: [turns.length - 1, "parts"], issue: "the model answers with a text or a function call" }
    })
  ),
  tools: Schema.optionalKey(Schema.Array(Tool.Tool)),
  toolConfig: Schema.optionalKey(Tool.ToolConfig),
  /** Concerns media only, such as `{ "mediaResolution": "MEDIA_RESOLUTION_LOW" }`. */
  generationConfig: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown))
}).check(oneInstruction)

/**
 * A line of data for supervised tuning.
 *
 * @since 0.1.0
 */
export interface Supervised extends Schema.Schema.Type<typeof Supervised> {}

const TextTurn = Turn.check(
  Schema.makeFilter(({ parts }) => {
    const index = parts.findIndex(({ text }) => text === undefined)
    return index === -1 ? undefined : { path: ["parts", index], issue: "preferences are learned from text only" }
  })
)

const Completion = Schema.Struct({
  score: Schema.Literals([0, 1]),
  completion: TextTurn.check(
    Schema.makeFilter(({ role }) =>
      role === "model" ? undefined : { path: ["role"], issue: "a completion is the model's" }
    )
  )
})

/**
 * A line of data for preference optimisation: turns that end with the user's, all text, and two completions of the model, the better
 * one with score 1 and the other with score 0.
 *
 * @since 0.1.0
 */
export const Preference = Schema.Struct({
  ...settings,
  contents: Schema.NonEmptyArray(TextTurn).check(Schema.makeFilter((turns) => outOfTurn(turns, "user"))),
  completions: Schema.Array(Completion).check(
    Schema.makeFilter((pair) =>
      pair.length === 2 && pair[0]?.score !== pair[1]?.score
        ? undefined
        : "there are exactly two completions, one with score 1 and one with score 0"
    )
  )
}).check(oneInstruction)

/**
 * A line of data for preference optimisation.
 *
 * @since 0.1.0
 */
export interface Preference extends Schema.Schema.Type<typeof Preference> {}

/**
 * A line of training data.
 *
 * @since 0.1.0
 */
export type TrainingExample = Supervised | Preference

/**
 * Returns the system instruction, however it is written.
 *
 * @since 0.1.0
 */
export const systemInstruction = (self: TrainingExample): typeof SystemInstruction.Type | undefined =>
  self.systemInstruction ?? self.system_instruction

/**
 * Returns the conversations that an example is learned from, each as a whole: one, or of preferences the turns with each completion.
 *
 * @since 0.1.0
 */
export const conversations = (self: TrainingExample): ReadonlyArray<ReadonlyArray<Turn>> =>
  "completions" in self ? self.completions.map(({ completion }) => [...self.contents, completion]) : [self.contents]

/**
 * How large an example is, without asking the service.
 *
 * **Details**
 *
 * - `characters`: code points of its texts.
 * - `tokens`: an estimate: for each text one token for 4 ASCII characters and one for each other character, calls, answers and
 *   declarations of functions as their JSON, 258 for each file. Source: "a token is equivalent to about 4 characters",
 *   https://ai.google.dev/gemini-api/docs/tokens
 * - `most`: a bound: the bytes of its JSON, as no token is shorter than a byte. Absent with files, of whose size nothing is known.
 * - Of preferences the turns count once in `characters`, and with each completion in `tokens` and `most`.
 *
 * @since 0.1.0
 */
export interface Size {
  readonly characters: number
  readonly tokens: number
  readonly most: number | undefined
}

/**
 * Measures an example.
 *
 * @since 0.1.0
 */
export const size = (self: TrainingExample): Size => {
  const system = systemInstruction(self)?.parts ?? []
  const learned = conversations(self).map((turns) => [...system, ...turns.flatMap(({ parts }) => parts)])
  const completions = "completions" in self ? self.completions.flatMap(({ completion }) => completion.parts) : []
  const written = [...system, ...self.contents.flatMap(({ parts }) => parts), ...completions]
  const tools = "tools" in self && self.tools !== undefined ? estimate(JSON.stringify(self.tools)) : 0
  return {
    characters: written.reduce((sum, { text = "" }) => sum + codePoints(text), 0),
    tokens: learned.flat().reduce((sum, part) => sum + tokensOf(part), tools),
    most: written.some(isFile) ? undefined : scan(JSON.stringify(self)).bytes * learned.length
  }
}

const isFile = ({ fileData, inlineData }: Part.Part): boolean => (fileData ?? inlineData) !== undefined

const perFile = 258

const tokensOf = (part: Part.Part): number => (isFile(part) ? perFile : estimate(part.text ?? JSON.stringify(part)))

const estimate = (text: string): number => {
  const { ascii, others } = scan(text)
  return Math.ceil(ascii / 4) + others
}

const codePoints = (text: string): number => {
  const { ascii, others } = scan(text)
  return ascii + others
}

/** Code points of ASCII, all others, and the bytes of both in UTF-8. Data is large: this reads a text once, without copies. */
const scan = (text: string) => {
  let ascii = 0
  let others = 0
  let bytes = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x80) {
      ascii++
      bytes++
    } else if (code < 0xdc00 || code > 0xdfff) {
      others++
      // The first half of a pair stands for both.
      bytes += code < 0x800 ? 2 : code < 0xd800 || code > 0xdbff ? 3 : 4
    }
  }
  return { ascii, others, bytes }
}
