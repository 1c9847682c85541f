/**
 * The rule by which test layers count tokens, so that budgets can be asserted exactly. The emulator counts texts and functions by the
 * same rule.
 *
 * @since 0.1.0
 */
import * as Content from "@genops/core/Content"
import type * as ModelConfiguration from "@genops/core/ModelConfiguration"
import type * as Part from "@genops/core/Part"

const perMedium = 258

/**
 * Counts the tokens of a text: four code points each, so `ceil(codePoints / 4)`; the empty text has none.
 *
 * @since 0.1.0
 */
export const ofText = (text: string): number => Math.ceil([...text].length / 4)

/**
 * Counts the tokens of one part: its text, or its function call or response as JSON, by `ofText`; a medium (`inlineData`,
 * `fileData`) as 258, whatever its size.
 *
 * @since 0.1.0
 */
export const ofPart = (part: Part.Part): number =>
  part.inlineData !== undefined || part.fileData !== undefined ? perMedium : ofText(textOf(part))

/**
 * Counts the tokens of a request: each part of the system instruction and of the contents, and each declared function as JSON.
 *
 * @since 0.1.0
 */
export const ofRequest = (configuration: ModelConfiguration.ModelConfiguration, input: Content.Input): number =>
  sum(partsOf(configuration, input).map(ofPart)) + sum(functionsOf(configuration).map(ofText))

/**
 * Counts the billable characters of a request: code points of its texts, calls and declared functions, white space excluded.
 *
 * @since 0.1.0
 */
export const billableCharacters = (
  configuration: ModelConfiguration.ModelConfiguration,
  input: Content.Input
): number =>
  sum(
    [...partsOf(configuration, input).map(textOf), ...functionsOf(configuration)].map(
      (text) => [...text.replaceAll(/\s/gu, "")].length
    )
  )

const textOf = ({ functionCall, functionResponse, text }: Part.Part): string =>
  text ?? JSON.stringify(functionCall ?? functionResponse) ?? ""

const partsOf = (
  { systemInstruction }: ModelConfiguration.ModelConfiguration,
  input: Content.Input
): ReadonlyArray<Part.Part> => {
  const system = typeof systemInstruction === "string" ? Content.user(systemInstruction) : systemInstruction
  return [...(system === undefined ? [] : [system]), ...Content.fromInput(input)].flatMap(({ parts }) => parts ?? [])
}

const functionsOf = ({ tools = [] }: ModelConfiguration.ModelConfiguration): ReadonlyArray<string> =>
  tools.flatMap(({ functionDeclarations = [] }) => functionDeclarations.map((declared) => JSON.stringify(declared)))

const sum = (counts: ReadonlyArray<number>) => counts.reduce((total, count) => total + count, 0)
