/**
 * Rubrics, written from the sentences of a prompt and checked by rules.
 *
 * Written: one for each limit that the prompt states (sentences, words, bullet points), one for each sentence of its instruction, one for its
 * passage, one against repetition; at most 20. Checked: limits and repetition are counted; any other rubric is kept when at least a third of its
 * content words occur in the answer, and one about the passage when three quarters of the answer's content words occur there.
 *
 * This is the idea of checklist evaluation (Cook et al., "TICKing All the Boxes", 2024; Zhou et al., "Instruction-Following Evaluation", 2023, for
 * the limits) without a model.
 *
 * @since 0.1.0
 */
import * as Sentences from "../engine/Sentences.ts"
import * as Task from "../engine/Task.ts"
import * as Words from "../engine/Words.ts"
import type { Rubric } from "../wire/EvaluationSpec.ts"
import type { Answered } from "./Answered.ts"
import * as Overlap from "./Overlap.ts"

/** Verbs of instructions, which an answer need not repeat. */
const orders = new Set(
  (
    "answer ask choose classify compare condense create describe explain extract find generate give identify list make name outline provide read reply " +
    "response rewrite say select show state summarise summarize tell translate use write"
  ).split(" ")
)

const grounded = "Everything that the response states is found in the text that the prompt gives."
const fresh = "The response is not empty and does not repeat itself."

const most = 20

/**
 * Writes the rubrics of a prompt, always the same. Its first request is of high importance, and so are limits.
 *
 * @since 0.1.0
 */
export const generate = (prompt: string): ReadonlyArray<Rubric> => {
  const { bullets, instruction, passage, sentences, words } = Task.understand(prompt)
  const limits = [
    ...(sentences === undefined ? [] : [`The response has at most ${sentences} sentences.`]),
    ...(words === undefined ? [] : [`The response has at most ${words} words.`]),
    ...(bullets ? ["The response uses bullet points."] : [])
  ]
  const drafts: ReadonlyArray<readonly [description: string, type: string, importance: "HIGH" | "MEDIUM" | "LOW"]> = [
    ...limits.map((text) => [text, "FORMAT", "HIGH"] as const),
    ...Sentences.split(instruction).map(
      (text, index) =>
        [`The response meets this request: "${text}"`, "INSTRUCTION", index === 0 ? "HIGH" : "MEDIUM"] as const
    ),
    ...(passage === "" ? [] : [[grounded, "GROUNDING", "MEDIUM"] as const])
  ]
  return [...drafts.slice(0, most - 1), [fresh, "QUALITY", "LOW"] as const].map(
    ([description, type, importance], index) => ({
      rubricId: String(index + 1),
      content: { property: { description } },
      type,
      importance
    })
  )
}

/**
 * Whether an answer keeps a rubric, and how that was found.
 *
 * @since 0.1.0
 */
export interface Verdict {
  readonly verdict: boolean
  readonly reasoning: string
}

const counted = (count: number, limit: number, unit: string): Verdict => ({
  verdict: count > 0 && count <= limit,
  reasoning: `Emulator's rule: the response has ${count} ${unit}, the limit is ${limit}.`
})

/**
 * The description of a rubric; empty when it has none.
 *
 * @since 0.1.0
 */
export const description = (rubric: Rubric): string => rubric.content?.property?.description ?? ""

/**
 * Checks a rubric, the emulator's own or another.
 *
 * @since 0.1.0
 */
export const check = (text: string, { response, source }: Answered): Verdict => {
  const limit = /\bat most (\d{1,4}) (sentences|words)\b/.exec(text)
  if (limit !== null) {
    const counts = limit[2] === "words" ? Words.all(response).length : Sentences.split(response).length
    return counted(counts, Number(limit[1]), limit[2] ?? "")
  }
  if (/\bbullet points?\b/i.test(text)) {
    const verdict = /^\s*(?:[-*•]|\d+\.)\s/m.test(response)
    return {
      verdict,
      reasoning: `Emulator's rule: a line ${verdict ? "begins" : "would have to begin"} with a bullet.`
    }
  }
  if (text === fresh) {
    const share = Overlap.freshness(response)
    const percent = Math.round(share * 100)
    return {
      verdict: response.trim() !== "" && share >= 0.8,
      reasoning: `Emulator's rule: ${percent} % of the response's three-word sequences are new.`
    }
  }
  if (text === grounded) {
    const share = Overlap.support(response, source)
    const percent = Math.round(share * 100)
    return {
      verdict: response.trim() !== "" && share >= 0.75,
      reasoning: `Emulator's rule: ${percent} % of the response's content words occur in the text.`
    }
  }
  const asked = text.endsWith('"') ? text.slice(text.indexOf('"')) : text
  const words = [...new Set(Words.content(asked))].filter((word) => !orders.has(word))
  const found = new Set(Words.content(response))
  const shared = words.filter((word) => found.has(word)).length
  return {
    verdict: response.trim() !== "" && shared * 3 >= words.length,
    reasoning: `Emulator's rule: ${shared} of ${words.length} content words of the rubric occur in the response; a third is enough.`
  }
}
