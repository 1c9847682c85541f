/** Takes out of an error's text what must not leave: credentials, content, and who somebody is. */

const pem = /-----BEGIN [^-\n]{1,60}-----[\s\S]*?(?:-----END [^-\n]{1,60}-----|$)/g

/** What credentials look like; the last one is any long run of letters and digits mixed. */
const credentials = [
  /\b(?:Bearer|Basic)\s+[\w.~+/=-]+/gi,
  /\bya29\.[\w.-]+/g,
  /\bAIza[\w-]+/g,
  /\bAQ\.[\w-]+/g,
  /\b1\/\/[\w-]+/g,
  /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]+)?/g,
  /(?<=:\/\/)[^\s/@:]+:[^\s/@]+(?=@)/g,
  /\b[\w-]*(?:key|token|secret|password|passwd|credential|signature|authorization)["']?\s*[=:]\s*["']?[^\s"'&,;})]+/gi,
  /(?<![\w+-])(?=[\w+-]*[A-Za-z])(?=[\w+-]*\d)[\w+-]{24,}={0,2}/g
]

const email = /(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g
const home = /(?:\/home|\/Users|\/root|[A-Z]:\\Users)[/\\][^\s:'"]*/g

/** Quoted text that is more than a name: what a message quotes is data. */
const quoted = /"[^"\n]*"?|(?<![A-Za-z0-9])'[^'\n]*'(?![A-Za-z0-9])|`[^`\n]*`|[“„][^”“\n]*[”“]/g
const isName = /^.[A-Za-z][\w.[\]:-]{0,40}.$/

/** Fields in which errors carry content. */
const isContent = /prompt|text|content|input|output|body|answer|question|completion|document|instruction|row|value/i

/** The texts that an error carries as content, in itself and in what it is made of. */
const contentOf = (error: unknown, depth = 4): ReadonlyArray<string> => {
  if (typeof error !== "object" || error === null || depth === 0) return []
  return Object.entries(error).flatMap(([key, value]: readonly [string, unknown]) =>
    typeof value === "string" ? (isContent.test(key) && value.length > 3 ? [value] : []) : contentOf(value, depth - 1)
  )
}

/** Takes a content out of a text, also where the text shows its beginning only. */
const without = (text: string, content: string): string => {
  const head = content.slice(0, 16)
  let kept = ""
  let from = 0
  for (let at = text.indexOf(head); at !== -1; at = text.indexOf(head, from)) {
    let length = head.length
    while (length < content.length && text[at + length] === content[length]) length++
    kept += `${text.slice(from, at)}<content>`
    from = at + length
  }
  return kept + text.slice(from)
}

/** More of a message is not looked at. */
const looked = 8_000

/** Makes a text safe to send: `error` is what it tells of. At most `most` characters in one line. */
export const redact = (text: string, error: unknown, most: number): string => {
  // A word that is cut could be the beginning of a credential that nothing recognises.
  const whole = text.length > looked ? text.slice(0, looked).replace(/\S*$/, "") : text
  const own = contentOf(error).toSorted((a, b) => b.length - a.length)
  const bare = own.reduce(without, whole.toWellFormed()).replace(pem, "<redacted>")
  return credentials
    .reduce((rest, pattern) => rest.replace(pattern, "<redacted>"), bare)
    .replace(email, "<e-mail>")
    .replace(home, "<path>")
    .replace(quoted, (all) => (isName.test(all) ? all : "<quoted>"))
    .replace(/[\s\p{C}]+/gu, " ")
    .trim()
    .slice(0, most)
}
