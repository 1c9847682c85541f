/**
 * Tercom's tokenizer as sacrebleu has it.
 *
 * @since 0.1.0
 */
import * as Whitespace from "./Whitespace.ts"

/**
 * - `normalized`: split off punctuation, join hyphenated line ends, decode `&quot; &amp; &lt; &gt;`
 * - `noPunct`: remove `. , ? : ; ! " ( )`
 * - `asianSupport`: with `normalized` split Chinese and Japanese characters, with `noPunct` remove their punctuation
 * - `caseSensitive`: keep case
 *
 * All false by default.
 *
 * @since 0.1.0
 */
export interface TerTokenizerOptions {
  readonly normalized?: boolean
  readonly noPunct?: boolean
  readonly asianSupport?: boolean
  readonly caseSensitive?: boolean
}

const asianPunctuation = /[\u3001\u3002\u3008-\u3011\u3014-\u301f\uff61-\uff65\u30fb]/g
const fullWidthPunctuation = /[\uff0e\uff0c\uff1f\uff1a\uff1b\uff01\uff02\uff08\uff09]/g

// The replacements are applied one after the other: each sees the spaces that those before put in.
const normalize = (text: string): string => {
  const line = text
    .replaceAll("\n-", "")
    .replaceAll("\n", " ")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
  return ` ${line} `
    .replace(/[{-~[-` -&(-+:-@/]/g, " $& ")
    .replaceAll("'s ", " 's ")
    .replace(/([^0-9])([.,])/g, "$1 $2 ")
    .replace(/([.,])([^0-9])/g, " $1 $2")
    .replace(/([0-9])(-)/g, "$1 $2 ")
}

// Tercom also splits runs of kana, but only at the very start of a text, where normalisation has put a space.
const splitAsian = (text: string): string =>
  text
    .replace(/[\u4e00-\u9fff\u3400-\u4dbf]/g, " $& ")
    .replace(/[\u31c0-\u31ef\u2e80-\u2eff]/g, " $& ")
    .replace(/[\u3300-\u33ff\uf900-\ufaff\ufe30-\ufe4f]/g, " $& ")
    .replace(/[\u3200-\u3f22]/g, " $& ")
    .replace(asianPunctuation, " $& ")
    .replace(fullWidthPunctuation, " $& ")

/**
 * The tokens of a text. A blank text has none.
 *
 * @since 0.1.0
 */
export const tokenize = (text: string, options: TerTokenizerOptions = {}): ReadonlyArray<string> => {
  let line = Whitespace.trimEnd(text)
  if (line === "") return []
  if (options.caseSensitive !== true) line = line.toLowerCase()
  if (options.normalized === true) {
    line = normalize(line)
    if (options.asianSupport === true) line = splitAsian(line)
  }
  if (options.noPunct === true) {
    line = line.replace(/[.,?:;!"()]/g, "")
    if (options.asianSupport === true) line = line.replace(asianPunctuation, "").replace(fullWidthPunctuation, "")
  }
  return Whitespace.words(line)
}
