/**
 * Finds the names that were probably meant, for "did you mean" in error messages.
 *
 * @since 0.1.0
 */
import { distance } from "fastest-levenshtein"

/**
 * Returns up to three candidates that differ least from `name` (Levenshtein distance, ignoring case): by at most a third of its
 * letters, at least two. The name itself and anything longer than 100 characters is left out. Nothing near gives [].
 *
 * @since 0.1.0
 */
export const nearest = (name: string, candidates: Iterable<string>): ReadonlyArray<string> => {
  if (name === "" || name.length > 100) return []
  const most = Math.max(2, Math.floor(name.length / 3))
  return [...candidates]
    .filter((candidate) => candidate !== name && candidate.length <= 100)
    .map((candidate) => ({ candidate, edits: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= most && edits < Math.max(name.length, candidate.length) / 2)
    .toSorted((a, b) => a.edits - b.edits)
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}
