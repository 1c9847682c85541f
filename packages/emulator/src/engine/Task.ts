/**
 * What a prompt asks: the instruction, the passage that it is about, and the form wanted.
 *
 * Rules, in this order:
 * 1. A passage in a pair of XML tags, triple quotes or a code fence is the passage; the rest is the instruction.
 * 2. A label such as `Article:`, `Context:` or `Text:` at the start of a line or after a sentence begins the passage. It ends at a
 *    `Question:` label or at a closing empty label such as `Summary:` or `Answer:`.
 * 3. A text of more than 200 characters whose first line or sentence is an instruction (it ends in `:` or `?`, or begins with a verb such as
 *    "summarize") has the rest as its passage.
 * 4. Anything else is an instruction without a passage.
 *
 * @since 0.1.0
 */
import * as Sentences from "./Sentences.ts"

/**
 * A prompt, understood. `passage` is empty when there is none; `sentences` and `words` are limits that the prompt
 * states, at most 100.
 *
 * @since 0.1.0
 */
export interface Task {
  readonly instruction: string
  readonly passage: string
  readonly isQuestion: boolean
  readonly sentences: number | undefined
  readonly words: number | undefined
  readonly bullets: boolean
}

// The patterns below start at one place of a run of white space only, so that a prompt of nothing but line breaks stays linear.
const opening = /<([a-z][\w-]{0,40})>|"""|```[a-z]{0,20}\n/gi

const passageLabel =
  /(^|\n[ \t]*|[.!?:]\s+)(?:#{1,6}\s*|\*\*)?(?:article|context|text|passage|document|source|content|input|transcript|email|review|report|story|paragraph|data)(?:\*\*)?\s*:(?:\*\*)?/i

const questionLabel = /\n[ \t]*(?:question|query|instructions?|task)\s*:/i

const closingLabel = /(?:^|\s)(?:summary|answer|output|response|result|tl;dr|your answer|explanation)\s*:?\s*$/i

const imperative =
  /^(?:please\s+)?(?:could you\s+|can you\s+)?(?:summari[sz]e|explain|describe|extract|list|write|give|rewrite|translate|analy[sz]e|answer|classify|identify|condense|shorten|read|provide|tell|outline|review)\b/i

const numbers = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]

const amount = "(\\d{1,3}|single|" + numbers.join("|") + ")"

const toNumber = (word: string): number => {
  const named = word.toLowerCase() === "single" ? 1 : numbers.indexOf(word.toLowerCase())
  return named >= 0 ? named : Number(word)
}

const limit = (text: string, unit: string): number | undefined => {
  const found = new RegExp(`\\b${amount}[\\s-]+(?:\\w+\\s+)?${unit}s?\\b`, "i").exec(text)?.[1]
  return found === undefined ? undefined : Math.min(100, Math.max(1, toNumber(found)))
}

/** The first block in a pair of tags, triple quotes or fences that is closed; of many that are opened the first 20 are tried. */
const enclosed = (text: string): readonly [instruction: string, passage: string] | undefined => {
  let tries = 20
  for (const { 0: open, 1: tag, index } of text.matchAll(opening)) {
    if (tries-- === 0) return undefined
    const close = tag === undefined ? open.slice(0, 3) : `</${tag}>`
    const start = index + open.length
    const end = text.indexOf(close, start)
    if (end > start) return [`${text.slice(0, index)} ${text.slice(end + close.length)}`, text.slice(start, end)]
  }
  return undefined
}

/** Removes a closing label; it stands within the last 40 characters. */
const withoutClosing = (text: string): string => {
  const whole = text.trimEnd()
  const start = Math.max(0, whole.length - 40)
  return whole.slice(0, start) + whole.slice(start).replace(closingLabel, "")
}

const cut = (text: string): readonly [instruction: string, passage: string] => {
  const block = enclosed(text)
  if (block !== undefined) return block
  const label = passageLabel.exec(text)
  if (label !== null) {
    const before = text.slice(0, label.index) + (label[1] ?? "")
    const after = text.slice(label.index + label[0].length)
    const question = questionLabel.exec(after)
    const passage = question === null ? after : after.slice(0, question.index)
    const asked = question === null ? "" : after.slice(question.index + question[0].length)
    return [`${before} ${withoutClosing(asked)}`, withoutClosing(passage)]
  }
  if (text.length > 200) {
    const line = /^[^\n]{3,300}\n/.exec(text)?.[0]
    const first =
      line !== undefined && (/[:?]\s*$/.test(line) || imperative.test(line)) ? line : Sentences.split(text)[0]
    if (first !== undefined && (/[:?]\s*$/.test(first) || imperative.test(first))) {
      return [first, text.slice(text.indexOf(first) < 0 ? first.length : text.indexOf(first) + first.length)]
    }
    if (Sentences.split(text).length > 2) return ["", text]
  }
  return [text, ""]
}

/**
 * Understands a prompt.
 *
 * @since 0.1.0
 */
export const understand = (prompt: string): Task => {
  const [asked, about] = cut(prompt.trim())
  const instruction = asked.trim()
  // A limit is stated near the beginning; a whole document without a passage is not searched for one.
  const stated = instruction.slice(0, 2000)
  return {
    instruction,
    passage: about.replace(/^[.\s]+/, "").trim(),
    isQuestion:
      /\?/.test(instruction) || /^(?:who|what|when|where|which|why|how|is|are|was|were|did|does)\b/i.test(instruction),
    sentences: limit(stated, "sentence") ?? limit(stated, "(?:bullet(?:\\s+point)?|fact|point|item|reason|example)"),
    words: limit(stated, "word"),
    bullets: /\bbullet/i.test(instruction)
  }
}
