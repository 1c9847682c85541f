/**
 * What a text offers for filling in a form: its phrases, numbers, dates, key words and sentences.
 *
 * @since 0.1.0
 */
import * as Sentences from "./Sentences.ts"
import * as Words from "./Words.ts"

/**
 * The pieces of a text that may fill a field, each list in the order of the text. `summary` answers the request as a whole.
 *
 * @since 0.1.0
 */
export interface Evidence {
  readonly text: string
  readonly summary: string
  readonly phrases: ReadonlyArray<string>
  readonly numbers: ReadonlyArray<number>
  readonly keywords: ReadonlyArray<string>
  readonly sentences: ReadonlyArray<string>
}

/** Characters that are looked at; enough for a form, and bounded. */
const readable = 20_000

const capitalised = /(?:\p{Lu}[\p{L}\p{N}'’-]*)(?:\s+\p{Lu}[\p{L}\p{N}'’-]*)*/gu

const common = new Set(
  "The A An In On At It He She They We You I This That These Those What Which Who When Where Why How Is Are Was Were Do Does Did Can Could Please Summarize Summarise Extract Give List Name Write Describe Explain Return Answer Find Tell Show Call Use Book Set Get Make And But Or If For Of To From With Classify".split(
    " "
  )
)

const quoted = /["“]([^"”]{1,80})["”]/g

const phrasesOf = (text: string): ReadonlyArray<string> => {
  const inQuotes = [...text.matchAll(quoted)].map((match) => match[1] ?? "")
  const names: Array<string> = []
  const openings: Array<string> = []
  for (const match of text.matchAll(capitalised)) {
    const words = match[0].split(/\s+/)
    while (words.length > 0 && common.has(words[0] ?? "")) words.shift()
    if (words.length === 0) continue
    // One capital word at the start of a sentence need not be a name, so it comes last.
    const opens =
      words.length === 1 && /(?:^|[.!?:]\s|\n)\s*$/.test(text.slice(Math.max(0, match.index - 3), match.index))
    const list = opens ? openings : names
    list.push(words.join(" "))
  }
  return [...new Set([...inQuotes, ...names, ...openings])]
}

const keywordsOf = (text: string): ReadonlyArray<string> => {
  const counts = new Map<string, number>()
  for (const word of Words.content(text)) {
    if (word.length > 3 && !/^\d+$/.test(word)) counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts].toSorted((left, right) => right[1] - left[1]).map(([word]) => word)
}

/**
 * Gathers the pieces of a text.
 *
 * @since 0.1.0
 */
export const gather = (text: string, summary: string): Evidence => {
  const read = text.slice(0, readable)
  return {
    text: read,
    summary,
    phrases: phrasesOf(read),
    // Not the pieces of a date, a version or a range.
    numbers: [...read.matchAll(/(?<![\w.-])-?\d+(?:[.,]\d+)*\b(?!-\d)/g)]
      .map(([match]) => Number(match.replaceAll(",", "")))
      .filter(Number.isFinite),
    keywords: keywordsOf(read),
    sentences: Sentences.split(read)
  }
}

const words = (name: string): string =>
  name
    .replaceAll(/([a-z\d])([A-Z])/g, "$1 $2")
    .replaceAll(/[_\-.]+/g, " ")
    .toLowerCase()

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")

/**
 * What a text says of a named field: `name: value`, `name = value` or `name is value`; undefined when it says nothing.
 *
 * @since 0.1.0
 */
export const stated = (evidence: Evidence, name: string): string | undefined => {
  const pattern = new RegExp(
    `\\b${escape(words(name)).replaceAll(" ", "[ _-]?")}\\b\\s*(?::|=|\\bis\\b)\\s*["“']?([^\\n,;"”]{1,200})`,
    "i"
  )
  const found = pattern.exec(evidence.text)?.[1]
  return found === undefined ? undefined : found.replace(/[.!?'’]+(?:\s.*)?$/, "").trim() || undefined
}

/**
 * How often a text mentions a value, as whole words in any case.
 *
 * @since 0.1.0
 */
export const mentions = (evidence: Evidence, value: string): number =>
  value === ""
    ? 0
    : [...evidence.text.matchAll(new RegExp(`(?<![\\p{L}\\p{N}])${escape(value)}(?![\\p{L}\\p{N}])`, "giu"))].length

/**
 * The words that a field's name consists of, in lower case.
 *
 * @since 0.1.0
 */
export const nameWords = words
