/**
 * The candidates of a comparison in a file of YAML or JSON.
 *
 * @since 0.1.0
 */
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { InvalidCandidates, type Problem } from "./CandidatesError.ts"
import * as settings from "./internal/candidatesSettings.ts"
import * as Yaml from "./internal/candidatesYaml.ts"
import * as FileFailure from "./internal/fileFailure.ts"
import * as TerminalText from "./TerminalText.ts"

export { InvalidCandidates } from "./CandidatesError.ts"

/**
 * The largest file that is read, in bytes.
 *
 * @since 0.1.0
 */
export const largest = 1024 * 1024

/**
 * Reads a list of candidates from text.
 *
 * **Details**
 *
 * - Each is a `ModelConfiguration` with the names of its fields: `model`, and `name`, `systemInstruction`, `generationConfig`,
 *   `safetySettings`, `tools`, `toolConfig`, `cachedContent`, `labels` as needed. Without a `name` it has the model's; names are unique.
 * - YAML 1.2, with anchors and merge keys for what candidates share; JSON is YAML. Tags are refused.
 * - Fails with `InvalidCandidates`, which names every problem with its place. There is at least one candidate.
 *
 * @example
 * import * as CandidatesFile from "@genops/pipelines/CandidatesFile"
 *
 * const candidates = CandidatesFile.parse(`
 * - &shared
 *   name: careful
 *   model: gemini-3.5-flash
 *   systemInstruction: Always respond in plain-text only.
 *   generationConfig: { temperature: 0.1, topK: 1 }
 * - <<: *shared
 *   name: random
 *   generationConfig: { temperature: 1.5 }
 * `)
 *
 * @since 0.1.0
 */
export const parse = (
  text: string,
  source = "candidates"
): Result.Result<Arr.NonEmptyReadonlyArray<ModelConfiguration.ModelConfiguration>, InvalidCandidates> => {
  const fail = (problems: ReadonlyArray<Problem>) =>
    Result.fail(new InvalidCandidates({ source: printable(source), problems: problems.map(safe).toSorted(fromTheTop) }))
  const parsed = Yaml.parse(text)
  if (Result.isFailure(parsed)) return fail(parsed.failure)
  const { placeOf, value } = parsed.success
  const problem = ({ part, path, reason }: settings.Problem): Problem => ({
    ...placeOf(path, part),
    setting: settingOf(path),
    reason
  })
  if (!Array.isArray(value))
    return fail([{ ...placeOf([], "value"), setting: "", reason: "expected a list: start each candidate with -" }])
  const candidates = value.map(named)
  const decoded = settings.decode(candidates)
  const problems = [...(Result.isFailure(decoded) ? decoded.failure : []), ...duplicates(candidates, placeOf)].map(
    problem
  )
  if (problems.length > 0 || Result.isFailure(decoded)) return fail(problems)
  return Arr.isReadonlyArrayNonEmpty(decoded.success)
    ? Result.succeed(decoded.success)
    : fail([{ ...placeOf([], "value"), setting: "", reason: "expected at least one candidate" }])
}

/**
 * Reads a list of candidates from a file, as `parse` does. A file that cannot be read, is not UTF-8 or is larger than 1 MiB fails with
 * `InvalidCandidates` too.
 *
 * @since 0.1.0
 */
export const read = (
  path: string
): Effect.Effect<
  Arr.NonEmptyReadonlyArray<ModelConfiguration.ModelConfiguration>,
  InvalidCandidates,
  FileSystem.FileSystem
> =>
  Effect.gen(function* () {
    const failed = (reason: string) =>
      new InvalidCandidates({ source: printable(path), problems: [{ setting: "", reason }] })
    const fs = yield* FileSystem.FileSystem
    const { type } = yield* Effect.mapError(fs.stat(path), (error) => failed(FileFailure.whyUnreadable(error)))
    if (type === "Directory") return yield* failed("is a directory, not a file")
    const chunks = yield* fs.stream(path, { bytesToRead: largest + 1 }).pipe(
      Stream.runCollect,
      Effect.mapError((error) => failed(FileFailure.whyUnreadable(error)))
    )
    const bytes = Buffer.concat(chunks)
    if (bytes.length > largest) return yield* failed("is larger than 1 MiB")
    const text = yield* Effect.try({
      try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
      catch: () => failed("is not UTF-8 text")
    })
    return yield* Effect.fromResult(parse(text, path))
  })

const printable = (text: string) => TerminalText.oneLine(text, 200)

const safe = ({ reason, setting, ...place }: Problem): Problem => ({
  ...place,
  setting: TerminalText.oneLine(setting, 60),
  reason: TerminalText.oneLine(reason, 300)
})

const fromTheTop = (a: Problem, b: Problem) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)

/** A candidate without a name has its model's. */
const named = (candidate: unknown): unknown =>
  Predicate.isObject(candidate) && !Object.hasOwn(candidate, "name") && Predicate.hasProperty(candidate, "model")
    ? { ...candidate, name: candidate.model }
    : candidate

const nameOf = (candidate: unknown) => (Predicate.hasProperty(candidate, "name") ? candidate.name : undefined)

const duplicates = (
  candidates: ReadonlyArray<unknown>,
  placeOf: Yaml.Data["placeOf"]
): ReadonlyArray<settings.Problem> => {
  const first = new Map<unknown, number>()
  return candidates.flatMap((candidate, index) => {
    const name = nameOf(candidate)
    const earlier = first.get(name)
    if (name === undefined || earlier === undefined) {
      first.set(name, index)
      return []
    }
    const { line } = placeOf([earlier, "name"], "value")
    const reason = `the candidate on line ${line} has this name already: give each its own`
    return [{ path: [index, "name"], part: "value", reason } as const]
  })
}

/** The last name on a path, with the indices behind it: `tools[1]`; "" for a candidate as a whole. */
const settingOf = ([, ...path]: ReadonlyArray<PropertyKey>): string => {
  const last = path.findLastIndex((key) => typeof key === "string")
  return path
    .slice(Math.max(0, last))
    .map((key, index) => (index === 0 ? String(key) : `[${String(key)}]`))
    .join("")
}
