/**
 * Counts what a request sends: contents, system instruction and tools, by modality.
 *
 * Each text part, the JSON of each function call and response, and the JSON of each function declaration and system instruction part counts by
 * `Tokens`; media by `Media`. countTokens and usageMetadata.promptTokenCount use this same function.
 *
 * @since 0.1.0
 */
import type { Content, Part } from "../wire/Content.ts"
import type { Modality, ModalityTokenCount } from "../wire/GenerateContentResponse.ts"
import type { Tool } from "../wire/Tool.ts"
import * as Media from "./Media.ts"
import * as Tokens from "./Tokens.ts"

/**
 * The part of a request that is counted.
 *
 * @since 0.1.0
 */
export interface Prompt {
  readonly contents?: ReadonlyArray<Content>
  readonly systemInstruction?: Content
  readonly tools?: ReadonlyArray<Tool>
  readonly generationConfig?: { readonly mediaResolution?: string }
}

/**
 * Tokens in total and by modality (only those that occur), and code points of text without white space.
 *
 * @since 0.1.0
 */
export interface Counted {
  readonly total: number
  readonly details: ReadonlyArray<ModalityTokenCount>
  readonly characters: number
}

const order: ReadonlyArray<Modality> = ["TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT"]

/**
 * The text that stands for a part: its own, that of an inline text file, or the JSON of a call, a response or executed code.
 *
 * @since 0.1.0
 */
export const textOf = (part: Part): string | undefined => {
  if (part.text !== undefined) return part.text
  if (part.functionCall !== undefined) return JSON.stringify(part.functionCall)
  if (part.functionResponse !== undefined) return JSON.stringify(part.functionResponse)
  if (part.executableCode !== undefined) return part.executableCode.code ?? ""
  if (part.codeExecutionResult !== undefined) return part.codeExecutionResult.output ?? ""
  return Media.inlineText(part)
}

/**
 * Every text of a request that counts, in the order of the wire: system instruction, tools, contents. Media stand as their reference or their
 * beginning.
 *
 * @since 0.1.0
 */
export const texts = (prompt: Prompt): ReadonlyArray<string> => [
  ...(prompt.systemInstruction?.parts ?? []).map((part) => textOf(part) ?? ""),
  ...(prompt.tools ?? []).flatMap((tool) =>
    (tool.functionDeclarations ?? []).map((declared) => JSON.stringify(declared))
  ),
  ...(prompt.contents ?? []).flatMap((content) =>
    (content.parts ?? []).map(
      (part) => textOf(part) ?? part.fileData?.fileUri ?? part.inlineData?.data?.slice(0, 4096) ?? ""
    )
  )
]

const blank = /\s/gu

/**
 * Counts a request.
 *
 * @since 0.1.0
 */
export const count = (prompt: Prompt): Counted => {
  const sums = new Map<Modality, number>()
  let characters = 0
  const add = (modality: Modality, tokens: number) => sums.set(modality, (sums.get(modality) ?? 0) + tokens)
  const addText = (text: string) => {
    add("TEXT", Tokens.count(text))
    characters += Tokens.codePoints(text.replaceAll(blank, ""))
  }
  const low = prompt.generationConfig?.mediaResolution === "MEDIA_RESOLUTION_LOW"
  const addParts = (content: Content | undefined) => {
    for (const part of content?.parts ?? []) {
      const text = textOf(part)
      if (text !== undefined) addText(text)
      else {
        const media = Media.count(part, low)
        if (media !== undefined) add(media.modality, media.tokens)
      }
    }
  }
  addParts(prompt.systemInstruction)
  for (const tool of prompt.tools ?? []) {
    for (const declared of tool.functionDeclarations ?? []) addText(JSON.stringify(declared))
  }
  prompt.contents?.forEach(addParts)
  const details = order.flatMap((modality) => {
    const tokenCount = sums.get(modality) ?? 0
    return tokenCount === 0 ? [] : [{ modality, tokenCount }]
  })
  return { total: details.reduce((sum, { tokenCount }) => sum + tokenCount, 0), details, characters }
}
