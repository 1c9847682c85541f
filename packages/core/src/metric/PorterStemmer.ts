/**
 * Porter's suffix-stripping stemmer for English with the extensions of NLTK, which ROUGE's `useStemmer` stands for.
 *
 * Source: M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980; the extensions are those of NLTK's
 * `PorterStemmer` in its default mode `NLTK_EXTENSIONS`: a table of irregular words, words of up to two letters unchanged,
 * `dies` -> `die`, y -> i after a consonant only, and the rules for `-alli`, `-fulli`, `-logi` and `-bli`.
 *
 * @since 0.1.0
 */

const irregular = new Map([
  ["sky", "sky"],
  ["skies", "sky"],
  ["dying", "die"],
  ["lying", "lie"],
  ["tying", "tie"],
  ["news", "news"],
  ["innings", "inning"],
  ["inning", "inning"],
  ["outings", "outing"],
  ["outing", "outing"],
  ["cannings", "canning"],
  ["canning", "canning"],
  ["howe", "howe"],
  ["proceed", "proceed"],
  ["exceed", "exceed"],
  ["succeed", "succeed"]
])

/** `[suffix, replacement]`. The first rule whose suffix fits decides, whether its condition on the stem holds or not. */
type Rules = ReadonlyArray<readonly [suffix: string, replacement: string]>

const plurals: Rules = [
  ["sses", "ss"],
  ["ies", "i"],
  ["ss", "ss"],
  ["s", ""]
]

const doubleSuffixes: Rules = [
  ["ational", "ate"],
  ["tional", "tion"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["izer", "ize"],
  ["bli", "ble"],
  ["alli", "al"],
  ["entli", "ent"],
  ["eli", "e"],
  ["ousli", "ous"],
  ["ization", "ize"],
  ["ation", "ate"],
  ["ator", "ate"],
  ["alism", "al"],
  ["iveness", "ive"],
  ["fulness", "ful"],
  ["ousness", "ous"],
  ["aliti", "al"],
  ["iviti", "ive"],
  ["biliti", "ble"],
  ["fulli", "ful"]
]

const suffixes: Rules = [
  ["icate", "ic"],
  ["ative", ""],
  ["alize", "al"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ful", ""],
  ["ness", ""]
]

const endings: Rules = [
  ["al", ""],
  ["ance", ""],
  ["ence", ""],
  ["er", ""],
  ["ic", ""],
  ["able", ""],
  ["ible", ""],
  ["ant", ""],
  ["ement", ""],
  ["ment", ""],
  ["ent", ""],
  ["ion", ""],
  ["ou", ""],
  ["ism", ""],
  ["ate", ""],
  ["iti", ""],
  ["ous", ""],
  ["ive", ""],
  ["ize", ""]
]

const isConsonant = (word: string, index: number): boolean => {
  // A y is a consonant at the start and after a vowel. A run of y alternates; the loop keeps a long run off the stack.
  let flips = false
  for (let i = index; ; i--) {
    const letter = word[i]
    if (letter === "a" || letter === "e" || letter === "i" || letter === "o" || letter === "u") return flips
    if (letter !== "y" || i === 0) return !flips
    flips = !flips
  }
}

const hasVowel = (stem: string): boolean => {
  for (let i = 0; i < stem.length; i++) if (!isConsonant(stem, i)) return true
  return false
}

/** Porter's m: how often a vowel run is followed by a consonant run. */
const measure = (stem: string): number => {
  let count = 0
  let afterVowel = false
  for (let i = 0; i < stem.length; i++) {
    const vowel = !isConsonant(stem, i)
    if (afterVowel && !vowel) count++
    afterVowel = vowel
  }
  return count
}

const endsWithDoubleConsonant = (word: string): boolean =>
  word.length >= 2 && word.at(-1) === word.at(-2) && isConsonant(word, word.length - 1)

/** Porter's *o: consonant, vowel, consonant other than w, x, y; NLTK adds two-letter words of vowel and consonant. */
const endsWithCvc = (word: string): boolean => {
  const n = word.length
  if (n === 2) return !isConsonant(word, 0) && isConsonant(word, 1)
  if (n < 3 || !isConsonant(word, n - 3) || isConsonant(word, n - 2) || !isConsonant(word, n - 1)) return false
  const last = word[n - 1]
  return last !== "w" && last !== "x" && last !== "y"
}

const applyRules = (word: string, rules: Rules, holds: (stem: string, suffix: string) => boolean): string => {
  for (const [suffix, replacement] of rules) {
    if (word.endsWith(suffix)) {
      const stem = word.slice(0, word.length - suffix.length)
      return holds(stem, suffix) ? stem + replacement : word
    }
  }
  return word
}

const always = () => true
const positiveMeasure = (stem: string) => measure(stem) > 0

const step1a = (word: string): string =>
  word.length === 4 && word.endsWith("ies") ? word.slice(0, -1) : applyRules(word, plurals, always)

const step1b = (word: string): string => {
  if (word.endsWith("ied")) return word.slice(0, word.length === 4 ? -1 : -2)
  if (word.endsWith("eed")) return positiveMeasure(word.slice(0, -3)) ? word.slice(0, -1) : word
  const stem = word.endsWith("ed") ? word.slice(0, -2) : word.endsWith("ing") ? word.slice(0, -3) : undefined
  if (stem === undefined || !hasVowel(stem)) return word
  if (stem.endsWith("at") || stem.endsWith("bl") || stem.endsWith("iz")) return stem + "e"
  if (endsWithDoubleConsonant(stem)) return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1)
  return measure(stem) === 1 && endsWithCvc(stem) ? stem + "e" : stem
}

const step1c = (word: string): string =>
  word.endsWith("y") && word.length > 2 && isConsonant(word, word.length - 2) ? word.slice(0, -1) + "i" : word

const step2 = (word: string): string => {
  if (word.endsWith("alli") && positiveMeasure(word.slice(0, -4))) return step2(word.slice(0, -2))
  // In "-logi" the l counts as part of the stem, so that "geology" is treated like "archaeology".
  if (word.endsWith("logi")) return positiveMeasure(word.slice(0, -3)) ? word.slice(0, -1) : word
  return applyRules(word, doubleSuffixes, positiveMeasure)
}

const step4 = (word: string): string =>
  applyRules(word, endings, (stem, suffix) => measure(stem) > 1 && (suffix !== "ion" || /[st]$/.test(stem)))

const step5 = (word: string): string => {
  let result = word
  if (word.endsWith("e")) {
    const stem = word.slice(0, -1)
    const m = measure(stem)
    if (m > 1 || (m === 1 && !endsWithCvc(stem))) result = stem
  }
  return result.endsWith("ll") && measure(result.slice(0, -1)) > 1 ? result.slice(0, -1) : result
}

/**
 * Stems one word. Expects lower case; any character that is not a vowel or a y counts as a consonant, digits too. Words of up
 * to two letters come back unchanged. Time grows with the square of the length at worst.
 *
 * @since 0.1.0
 */
export const stem = (word: string): string => {
  const known = irregular.get(word)
  if (known !== undefined) return known
  if (word.length <= 2) return word
  return step5(step4(applyRules(step2(step1c(step1b(step1a(word)))), suffixes, positiveMeasure)))
}
