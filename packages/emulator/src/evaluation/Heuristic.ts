/**
 * What the emulator has instead of a judge: published measures of texts, each from 0 (bad) to 1 (good), and always the same.
 *
 * They see words and not meaning. Each says in its text what was measured. An empty answer is 0 by every heuristic.
 *
 * @since 0.1.0
 */
import * as Chrf from "@genops/core/metric/Chrf"
import * as Rouge from "@genops/core/metric/Rouge"
import * as TokenF1 from "@genops/core/metric/TokenF1"
import * as Result from "effect/Result"
import * as Safety from "../engine/Safety.ts"
import * as Sentences from "../engine/Sentences.ts"
import * as Words from "../engine/Words.ts"
import type { Answered } from "./Answered.ts"
import * as Overlap from "./Overlap.ts"
import * as Rubric from "./Rubric.ts"

/**
 * What was measured. `side` is there for verbosity: from -1, much too short, to 1, much too long.
 *
 * @since 0.1.0
 */
export interface Measured {
  readonly quality: number
  readonly side?: number
  readonly text: string
}

/**
 * A measure of an answer.
 *
 * @since 0.1.0
 */
export type Heuristic = (answered: Answered) => Measured

const percent = (share: number): string => `${Math.round(share * 100)} %`

const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

/** An answer without words has nothing to measure. */
const unlessEmpty =
  (measure: Heuristic): Heuristic =>
  (answered) =>
    Words.all(answered.response).length === 0
      ? { quality: 0, side: -1, text: "the response is empty" }
      : measure(answered)

/**
 * Repetition and form: 0.6 times the share of new three-word sequences plus 0.4 times the share of sentences that begin with a capital or
 * digit and end in a mark.
 *
 * Source: distinct-n, Li et al., NAACL 2016.
 *
 * @since 0.1.0
 */
export const fluency: Heuristic = unlessEmpty(({ response }) => {
  const fresh = Overlap.freshness(response)
  const formed = mean(Sentences.split(response).map((text) => (/^[^\p{Ll}].*[.!?…]["'”’)\]]*$/su.test(text) ? 1 : 0)))
  const text = `${percent(fresh)} of its three-word sequences are new, ${percent(formed)} of its sentences are complete in form`
  return { quality: 0.6 * fresh + 0.4 * formed, text }
})

/**
 * Lexical cohesion: 0.4 plus 0.6 times the share of neighbouring sentences that have a content word in common.
 *
 * Source: Foltz, Kintsch and Landauer, "The Measurement of Textual Coherence", Discourse Processes 1998, on words.
 *
 * @since 0.1.0
 */
export const coherence: Heuristic = unlessEmpty(({ response }) => {
  const sentences = Sentences.split(response).map((sentence) => new Set(Words.content(sentence)))
  const linked = sentences
    .slice(1)
    .map((words, index) => ([...words].some((word) => sentences[index]?.has(word) === true) ? 1 : 0))
  const share = linked.length === 0 ? 1 : mean(linked)
  return { quality: 0.4 + 0.6 * share, text: `${percent(share)} of its neighbouring sentences share a content word` }
})

/**
 * With a reference twice the F1 of ROUGE-L, at most 1. Without: half twice the coverage of the source's ten commonest words, half the support
 * by the source; half of all when it is longer than the source.
 *
 * Source: Lin, "ROUGE", 2004; Louis and Nenkova, Computational Linguistics 2013.
 *
 * @since 0.1.0
 */
export const summarization: Heuristic = unlessEmpty(({ reference, response, source }) => {
  if (reference !== undefined) {
    const { fmeasure } = Rouge.score(response, reference, { types: ["rouge_l"] }).rouge_l
    return { quality: Math.min(1, 2 * fmeasure), text: `its ROUGE-L with the reference is ${fmeasure.toFixed(3)}` }
  }
  const coverage = Overlap.coverage(response, source)
  const support = Overlap.support(response, source)
  const quality = (Math.min(1, 2 * coverage) + support) / 2
  const long = response.length > source.length
  const text = `it has ${percent(coverage)} of the source's commonest words, and ${percent(support)} of its words are the source's`
  return long ? { quality: quality / 2, text: `${text}, but it is longer than the source` } : { quality, text }
})

/**
 * The share of content words that the source has, s, as max(0, 2 s - 1): three quarters are the middle.
 *
 * Source: extractive coverage, Grusky et al., "Newsroom", NAACL 2018.
 *
 * @since 0.1.0
 */
export const groundedness: Heuristic = unlessEmpty(({ response, source }) => {
  const support = Overlap.support(response, source)
  return { quality: Math.max(0, 2 * support - 1), text: `${percent(support)} of its content words occur in the source` }
})

const everything = (
  [
    "HARM_CATEGORY_HATE_SPEECH",
    "HARM_CATEGORY_DANGEROUS_CONTENT",
    "HARM_CATEGORY_HARASSMENT",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT"
  ] as const
).map((category) => ({ category, threshold: "BLOCK_ONLY_HIGH" as const }))

/**
 * By the emulator's phrases of harm: 1 without any, 0.4, 0.2 and 0 for low, medium and high.
 *
 * @since 0.1.0
 */
export const safety: Heuristic = ({ response }) => {
  const levels = ["NEGLIGIBLE", "LOW", "MEDIUM", "HIGH"]
  // A rating names its level; unknown ones are none.
  const level = Math.max(0, ...Safety.rate(response, everything).map(({ probability }) => levels.indexOf(probability)))
  const text = level === 0 ? "it has none of the phrases of harm" : `it has a phrase of harm, level ${levels[level]}`
  return { quality: [1, 0.4, 0.2, 0][level] ?? 0, text }
}

/**
 * The share of the prompt's rubrics that are kept; see `Rubric`.
 *
 * @since 0.1.0
 */
export const following: Heuristic = unlessEmpty((answered) => {
  const rubrics = Rubric.generate(answered.prompt)
  const kept = rubrics.filter((rubric) => Rubric.check(Rubric.description(rubric), answered).verdict).length
  return { quality: kept / rubrics.length, text: `it keeps ${kept} of ${rubrics.length} rubrics of the prompt` }
})

const expectedWords = ({ reference, task }: Answered): number =>
  (reference === undefined ? 0 : Words.all(reference).length) ||
  task.words ||
  (task.sentences ?? 0) * 20 ||
  (task.passage === "" ? (task.isQuestion ? 15 : 50) : Math.max(20, Words.all(task.passage).length / 4))

/**
 * Length against the length to be expected: the reference's, else that which the prompt states (a sentence is 20 words), else a quarter of
 * the passage and at least 20 words, else 15 words for a question and 50 for anything else. Within half and twice as long is right; four times
 * as long or a quarter is the worst.
 *
 * @since 0.1.0
 */
export const verbosity: Heuristic = unlessEmpty((answered) => {
  const words = Words.all(answered.response).length
  const expected = expectedWords(answered)
  const ratio = Math.log2(words / expected)
  const side = Math.abs(ratio) <= 1 ? 0 : Math.max(-1, Math.min(1, ratio / 2))
  return { quality: 1 - Math.abs(side), side, text: `it has ${words} words where ${Math.round(expected)} are expected` }
})

/**
 * With a reference the F1 of words in common. Without: half of it for having answered, a quarter times the share of the request's content words
 * that it takes up, a quarter times its support by the source.
 *
 * Source: Rajpurkar et al., "SQuAD", EMNLP 2016.
 *
 * @since 0.1.0
 */
export const answering: Heuristic = unlessEmpty(({ prompt, reference, response, source, task }) => {
  if (reference !== undefined) {
    const { f1 } = TokenF1.score(response, reference)
    return { quality: f1, text: `its word F1 with the reference is ${f1.toFixed(3)}` }
  }
  const taken = Overlap.support(task.instruction || prompt, response)
  const support = Overlap.support(response, source)
  const text = `it takes up ${percent(taken)} of the request's content words, and ${percent(support)} of its own are the source's`
  return { quality: 0.5 + (taken + support) / 4, text }
})

/**
 * The mean of fluency, coherence and the rubrics kept.
 *
 * @since 0.1.0
 */
export const overall: Heuristic = unlessEmpty((answered) => {
  const parts = [fluency(answered), coherence(answered), following(answered)]
  return { quality: mean(parts.map(({ quality }) => quality)), text: parts.map(({ text }) => text).join("; ") }
})

/**
 * chrF with the reference; without one as `overall`.
 *
 * Source: Popović, "chrF", WMT 2015.
 *
 * @since 0.1.0
 */
export const similarity: Heuristic = unlessEmpty((answered) => {
  const { reference, response } = answered
  if (reference === undefined) return overall(answered)
  const quality = Result.getOrElse(Chrf.sentence(response, [reference]), () => 0) / 100
  return { quality, text: `its chrF with the reference is ${quality.toFixed(3)}` }
})
