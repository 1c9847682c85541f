/**
 * Reads training data: JSON Lines with one example a line. The data is refused at its first wrong line, as the service does; what is too long is left out.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as PromptTokens from "../engine/PromptTokens.ts"
import * as Content from "../wire/Content.ts"
import * as Decode from "../wire/Decode.ts"
import * as Tool from "../wire/Tool.ts"

/**
 * What is learned from one line: the last question, its answer (the better one), under which system instruction, and the tokens of the whole line.
 * `worse` and `scores`, the better one's first, are those of a preference.
 *
 * @since 0.1.0
 */
export const Example = Schema.Struct({
  system: Schema.String,
  question: Schema.String,
  answer: Schema.String,
  worse: Schema.optionalKey(Schema.String),
  scores: Schema.optionalKey(Schema.Tuple([Schema.Number, Schema.Number])),
  tokens: Schema.Number,
  outputTokens: Schema.Number,
  characters: Schema.Number,
  messages: Schema.Number
})

/** @since 0.1.0 */
export type Example = typeof Example.Type

/**
 * The examples of an object, and those left out: their numbers, from 1, and why.
 *
 * @since 0.1.0
 */
export const Dataset = Schema.Struct({
  examples: Schema.Array(Example),
  dropped: Schema.Array(Schema.Struct({ index: Schema.Number, reason: Schema.String }))
})

/** @since 0.1.0 */
export type Dataset = typeof Dataset.Type

/**
 * Why data cannot be learned from: a google.rpc.Code and a message.
 *
 * @since 0.1.0
 */
export const Problem = Schema.Struct({ code: Schema.Literals([3, 5]), message: Schema.String })

/** @since 0.1.0 */
export type Problem = typeof Problem.Type

/**
 * How a model learns from examples.
 *
 * @since 0.1.0
 */
export type Method = "preference" | "supervised"

/**
 * Fewer examples than this are refused. The number is the emulator's own; Google recommends 100.
 *
 * @since 0.1.0
 */
export const fewest = 16

/**
 * An example with more tokens than this is left out.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning#limitations
 *
 * @since 0.1.0
 */
export const mostTokens = 131_072

/** What is read as one text. The service takes 1 GB. */
const mostBytes = 256 * 1024 * 1024

const supervised = Decode.message(
  "SupervisedExample",
  { systemInstruction: Content.decode, contents: Decode.list(Content.decode), tools: Decode.list(Tool.decode) },
  { ignored: ["toolConfig", "weight"] }
)

const preference = Decode.message("PreferenceExample", {
  systemInstruction: Content.decode,
  contents: Decode.list(Content.decode),
  completions: Decode.list(Decode.message("Completion", { score: Decode.float, completion: Content.decode }))
})

/**
 * The text of a message; "" when there is none.
 *
 * @since 0.1.0
 */
export const textOf = (content: Content.Content | undefined): string =>
  (content?.parts ?? []).flatMap((part) => part.text ?? []).join("\n")

type Line = Result.Result<Example, string>

const learned = (prompt: PromptTokens.Prompt, answer: Content.Content | undefined): Line => {
  const text = textOf(answer)
  if (text === "") return Result.fail("The last message must have the role `model` and a text.")
  const asked = (prompt.contents ?? []).findLast(({ role }) => role !== "model")
  if (asked === undefined) return Result.fail("Missing a message with the role `user`.")
  const { characters, total } = PromptTokens.count(prompt)
  const output = PromptTokens.count({ contents: [answer ?? {}] })
  return Result.succeed({
    system: textOf(prompt.systemInstruction),
    question: textOf(asked),
    answer: text,
    tokens: total + output.total,
    outputTokens: output.total,
    characters: characters + output.characters,
    messages: (prompt.contents?.length ?? 0) + 1
  })
}

const read = <A>(decode: Decode.Decode<A>, json: unknown): Result.Result<A, string> => {
  const violations: Array<Decode.Violation> = []
  const value = decode(json, "", violations)
  const [first] = violations
  return value === undefined || first !== undefined
    ? Result.fail(first?.description ?? "It is not an example.")
    : Result.succeed(value)
}

const supervisedLine = (json: unknown): Line =>
  Result.flatMap(read(supervised, json), ({ contents = [], ...more }) => {
    if (contents.length === 0) return Result.fail("Missing required `contents` field.")
    const last = contents.at(-1)
    return learned({ ...more, contents: contents.slice(0, -1) }, last?.role === "model" ? last : undefined)
  })

const preferenceLine = (json: unknown): Line =>
  Result.flatMap(read(preference, json), ({ completions = [], contents = [], systemInstruction }) => {
    if (contents.length === 0) return Result.fail("Missing required `contents` field.")
    const [better, worse, ...more] = completions.toSorted((one, other) => (other.score ?? 0) - (one.score ?? 0))
    if (better === undefined || worse === undefined || more.length > 0) {
      return Result.fail("`completions` must have exactly two entries.")
    }
    const prompt = { contents, ...(systemInstruction === undefined ? {} : { systemInstruction }) }
    return Result.map(learned(prompt, better.completion), (example) => ({
      ...example,
      worse: textOf(worse.completion),
      scores: [better.score ?? 0, worse.score ?? 0] as const
    }))
  })

const parse = (line: string): Result.Result<unknown, string> => {
  try {
    return Result.succeed(JSON.parse(line))
  } catch {
    return Result.fail("The line is not JSON.")
  }
}

/**
 * Reads the examples of an object's bytes, or says why they cannot be learned from. `undefined` is an object that does not exist. `least` is how many there
 * must be.
 *
 * @since 0.1.0
 */
export const of = (
  uri: string,
  bytes: Uint8Array | undefined,
  method: Method,
  least = fewest
): Result.Result<Dataset, Problem> => {
  if (bytes === undefined) return Result.fail({ code: 5, message: `The dataset ${uri} was not found.` })
  const refuse = (message: string) => Result.fail<Problem>({ code: 3, message: `${message} Dataset is not valid.` })
  if (bytes.length > mostBytes) return refuse(`${uri} has more than the ${mostBytes} bytes that the emulator reads.`)
  const readLine = method === "preference" ? preferenceLine : supervisedLine
  const examples: Array<Example> = []
  const dropped: Array<Dataset["dropped"][number]> = []
  for (const [index, line] of new TextDecoder().decode(bytes).split("\n").entries()) {
    if (line.trim() === "") continue
    const example = Result.flatMap(parse(line), readLine)
    if (Result.isFailure(example)) return refuse(`Row: ${index + 1}. ${example.failure}`)
    const { tokens } = example.success
    if (tokens <= mostTokens) examples.push(example.success)
    else {
      const reason = `The example has ${tokens} tokens, more than ${mostTokens}.`
      dropped.push({ index: examples.length + dropped.length + 1, reason })
    }
  }
  return examples.length < least
    ? refuse(`${uri} has ${examples.length} examples, at least ${least} are needed.`)
    : Result.succeed({ examples, dropped })
}
