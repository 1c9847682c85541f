/**
 * Reads training data: JSON Lines with one example a line. The data is refused at its first wrong line, as the service does.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as PromptTokens from "../engine/PromptTokens.ts"
import * as Words from "../engine/Words.ts"
import * as Content from "../wire/Content.ts"
import * as Decode from "../wire/Decode.ts"
import * as Tool from "../wire/Tool.ts"

/**
 * What is learned from one line: the words of the last question, its answer, and the tokens of the whole line.
 *
 * @since 0.1.0
 */
export interface Example {
  readonly words: ReadonlyArray<string>
  readonly answer: string
  readonly tokens: number
  readonly outputTokens: number
  readonly characters: number
  readonly messages: number
}

/**
 * Why data cannot be learned from: a google.rpc.Code and a message.
 *
 * @since 0.1.0
 */
export interface Problem {
  readonly code: 3 | 5
  readonly message: string
}

/**
 * Fewer examples than this are refused. The number is the emulator's own; Google recommends 100.
 *
 * @since 0.1.0
 */
export const fewest = 16

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
    words: Words.all(textOf(asked)),
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
    if (completions.length !== 2) return Result.fail("`completions` must have exactly two entries.")
    const [better] = completions.toSorted((one, other) => (other.score ?? 0) - (one.score ?? 0))
    return learned({ contents, ...(systemInstruction === undefined ? {} : { systemInstruction }) }, better?.completion)
  })

const parse = (line: string): Result.Result<unknown, string> => {
  try {
    return Result.succeed(JSON.parse(line))
  } catch {
    return Result.fail("The line is not JSON.")
  }
}

/**
 * Reads the examples of an object's bytes, or says why they cannot be learned from. `undefined` is an object that does not exist.
 *
 * @since 0.1.0
 */
export const of = (
  uri: string,
  bytes: Uint8Array | undefined,
  method: "preference" | "supervised"
): Result.Result<ReadonlyArray<Example>, Problem> => {
  if (bytes === undefined) return Result.fail({ code: 5, message: `The dataset ${uri} was not found.` })
  const refuse = (message: string) => Result.fail<Problem>({ code: 3, message: `${message} Dataset is not valid.` })
  const readLine = method === "supervised" ? supervisedLine : preferenceLine
  const examples: Array<Example> = []
  for (const [index, line] of new TextDecoder().decode(bytes).split("\n").entries()) {
    if (line.trim() === "") continue
    const example = Result.flatMap(parse(line), readLine)
    if (Result.isFailure(example)) return refuse(`Row: ${index + 1}. ${example.failure}`)
    examples.push(example.success)
  }
  return examples.length < fewest
    ? refuse(`${uri} has ${examples.length} examples, at least ${fewest} are needed.`)
    : Result.succeed(examples)
}
