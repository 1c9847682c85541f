/**
 * Tokens as Google's `rouge_score` makes them: runs of ASCII letters and digits of the lower-cased text, optionally stemmed.
 * Everything else separates, so text in other scripts has no tokens.
 *
 * @since 0.1.0
 */
import * as PorterStemmer from "./PorterStemmer.ts"

const LONGEST_UNSTEMMED = 3
/** What the ids of words may hold: about 40,000 words of usual length. */
const CHARACTER_LIMIT = 2 ** 20
const OVERHEAD = 16

/** Ids of tokens, and of words by the id of their stem: most words of a text have been seen in another one. */
const tokenIds = new Map<string, number>()
const stemmedIds = new Map<string, number>()
let characters = 0

const remember = (ids: Map<string, number>, word: string, id: number): number => {
  // A token is a slice that keeps its whole text alive. Parsing makes a copy, and a token needs no escapes.
  const copy: unknown = JSON.parse(`"${word}"`)
  ids.set(String(copy), id)
  characters += word.length + OVERHEAD
  return id
}

const idOf = (token: string): number => tokenIds.get(token) ?? remember(tokenIds, token, tokenIds.size)

const idOfStem = (word: string): number =>
  word.length <= LONGEST_UNSTEMMED
    ? idOf(word)
    : (stemmedIds.get(word) ?? remember(stemmedIds, word, idOf(PorterStemmer.stem(word))))

const forEach = (text: string, onToken: (token: string) => void): void => {
  const lower = text.toLowerCase()
  let start = -1
  for (let i = 0; i <= lower.length; i++) {
    const unit = i < lower.length ? lower.charCodeAt(i) : 0
    if ((unit >= 97 && unit <= 122) || (unit >= 48 && unit <= 57)) {
      if (start < 0) start = i
    } else if (start >= 0) {
      onToken(lower.slice(start, i))
      start = -1
    }
  }
}

/**
 * The tokens of a text. With `useStemmer`, those of more than three characters are stemmed.
 *
 * @since 0.1.0
 */
export const tokenize = (text: string, useStemmer = false): ReadonlyArray<string> => {
  const tokens: Array<string> = []
  forEach(text, (token) =>
    tokens.push(useStemmer && token.length > LONGEST_UNSTEMMED ? PorterStemmer.stem(token) : token)
  )
  return tokens
}

/**
 * The tokens of some texts as ids: within one call, equal tokens have equal ids and others do not. Ids mean nothing beyond the
 * call, because the memory of words behind them is bounded and starts over when it is full.
 *
 * @since 0.1.0
 */
export const encode = (texts: ReadonlyArray<string>, useStemmer: boolean): ReadonlyArray<ReadonlyArray<number>> => {
  const id = useStemmer ? idOfStem : idOf
  const encoded = texts.map((text) => {
    const ids: Array<number> = []
    forEach(text, (token) => ids.push(id(token)))
    return ids
  })
  if (characters > CHARACTER_LIMIT) {
    tokenIds.clear()
    stemmedIds.clear()
    characters = 0
  }
  return encoded
}
