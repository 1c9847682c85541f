/** Cloud Storage's globs for the stores that have no server: the same names fit as with `matchGlob`. */

/** The patterns without braces that a pattern stands for, at most 256; beyond that and for loose braces none. */
const alternatives = (pattern: string): ReadonlyArray<string> => {
  let open: ReadonlyArray<string> = [pattern]
  for (;;) {
    const next = open.flatMap((text) => {
      const braces = /\{([^{}]*)\}/.exec(text)
      if (braces === null) return [text]
      const [all, inner = ""] = braces
      const after = text.slice(braces.index + all.length)
      return inner.split(",").map((part) => text.slice(0, braces.index) + part + after)
    })
    if (next.length > 256) return []
    if (next.every((text, index) => text === open[index])) return next.filter((text) => !/[{}]/.test(text))
    open = next
  }
}

const tokens = (pattern: string): ReadonlyArray<string> => pattern.match(/\*\*|\[[!^]?.[^\]]*\]|./gsu) ?? []

const fits = (token: string, character: string): boolean => {
  if (token === "**") return true
  if (token === "*" || token === "?") return character !== "/"
  if (token.length < 3 || !token.startsWith("[")) return token === character
  const isNegated = /^\[[!^]/.test(token)
  const members = token.slice(isNegated ? 2 : 1, -1).match(/.-.|./gsu) ?? []
  const isMember = members.some((member) =>
    member.length > 2 ? member.slice(0, 1) <= character && character <= member.slice(-1) : member === character
  )
  return isMember !== isNegated
}

/** Row by row of the table "the first i characters fit the first j tokens": never more than the product of the lengths. */
const matches = (pattern: ReadonlyArray<string>, name: string): boolean => {
  const isStar = (index: number) => pattern[index]?.startsWith("*") === true
  let row = [true]
  pattern.forEach((_, index) => row.push(row[index] === true && isStar(index)))
  for (const character of name) {
    const next = [false]
    pattern.forEach((token, index) => {
      const consumed = fits(token, character)
      next.push(
        isStar(index) ? next[index] === true || (consumed && row[index + 1] === true) : consumed && row[index] === true
      )
    })
    row = next
  }
  return row.at(-1) === true
}

/** Makes the test for a glob. */
export const make = (glob: string): ((name: string) => boolean) => {
  const patterns = alternatives(glob).map(tokens)
  return (name) => patterns.some((pattern) => matches(pattern, name))
}
