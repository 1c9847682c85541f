/**
 * Answers from a passage by picking sentences of it: the summary or the answer to a question.
 *
 * `lead` models take the first sentences, `graph` models the best by TextRank, `diverse` models weigh TextRank (0.6), nearness to the
 * question or instruction (0.25) and position (0.15) and avoid repetition. For a question every model looks for the sentences that hold its rarest
 * words and gives about half as many. Sentences stand in the order of the passage.
 *
 * @since 0.1.0
 */
import type { Model } from "../Models.ts"
import type { Random } from "./Random.ts"
import * as Ranking from "./Ranking.ts"
import * as Sampling from "./Sampling.ts"
import * as Sentences from "./Sentences.ts"
import type { Task } from "./Task.ts"
import * as Words from "./Words.ts"

/** Sentences of a passage that compete; what follows is not read, so that the work stays linear. */
const readable = 4000

const rank = (model: Model, sentences: ReadonlyArray<string>, task: Task): ReadonlyArray<number> => {
  const lead = Ranking.lead(sentences)
  if (task.isQuestion) {
    const byQuestion = Ranking.query(sentences, task.instruction)
    return byQuestion.map((score, index) => score + 0.05 * (lead[index] ?? 0))
  }
  switch (model.engine) {
    case "lead":
      return lead
    case "graph":
      return Ranking.textRank(sentences).map((score, index) => score + 0.1 * (lead[index] ?? 0))
    case "diverse": {
      const graph = Ranking.textRank(sentences)
      const near = Ranking.query(sentences, task.instruction)
      return graph.map((score, index) => 0.6 * score + 0.25 * (near[index] ?? 0) + 0.15 * (lead[index] ?? 0))
    }
  }
}

const wanted = (model: Model, task: Task, terse: boolean): number => {
  if (task.sentences !== undefined) return task.sentences
  if (terse) return 1
  return task.isQuestion ? Math.ceil(model.sentences / 2) : model.sentences
}

const clip = (text: string, words: number | undefined): string => {
  if (words === undefined) return text
  const all = text.split(/\s+/)
  return all.length <= words ? text : all.slice(0, words).join(" ")
}

/**
 * Picks the sentences of an answer; an empty passage gives none.
 *
 * @since 0.1.0
 */
export const pick = (
  model: Model,
  task: Task,
  options: { readonly settings: Sampling.Settings; readonly random: Random; readonly terse: boolean }
): ReadonlyArray<string> => {
  const sentences = Sentences.split(task.passage).slice(0, readable)
  const sets = new Map<number, ReadonlySet<string>>()
  const words = (index: number): ReadonlySet<string> => {
    const known = sets.get(index)
    if (known !== undefined) return known
    const made = new Set(Words.content(sentences[index] ?? ""))
    sets.set(index, made)
    return made
  }
  const chosen = Sampling.choose(rank(model, sentences, task), wanted(model, task, options.terse), {
    settings: options.settings,
    random: options.random,
    redundancy: model.engine === "diverse" ? 0.3 : 0,
    alike: (left, right) => Ranking.similarity(words(left), words(right))
  })
  return chosen.toSorted((left, right) => left - right).flatMap((index) => sentences[index] ?? [])
}

/**
 * Writes picked sentences as the task wants them: as one paragraph or as a list, cut to its number of words.
 *
 * @since 0.1.0
 */
export const write = (sentences: ReadonlyArray<string>, task: Task): string =>
  clip(task.bullets ? sentences.map((sentence) => `- ${sentence}`).join("\n") : sentences.join(" "), task.words)
