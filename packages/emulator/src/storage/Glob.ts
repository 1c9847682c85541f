/**
 * The patterns of `matchGlob`: `?` and `*` for characters other than `/`, `**` for any, `[a-z]`, `[!a]`, `{a,b}`.
 *
 * Every position in the pattern that may have been reached is followed at once, so time is the product of the two lengths and no more.
 *
 * Source: https://cloud.google.com/storage/docs/json_api/v1/objects/list#list-objects-and-prefixes-using-glob
 *
 * @since 0.1.0
 */

interface Step {
  readonly fits: (character: string) => boolean
  readonly repeats: boolean
}

/** More alternatives than anybody writes by hand. */
const mostAlternatives = 256

/** The patterns without braces that a pattern stands for; undefined when they are unbalanced or too many. */
const expand = (pattern: string): ReadonlyArray<string> | undefined => {
  const open = pattern.lastIndexOf("{")
  if (open < 0) return pattern.includes("}") ? undefined : [pattern]
  const close = pattern.indexOf("}", open)
  if (close < 0) return undefined
  const [before, after] = [pattern.slice(0, open), pattern.slice(close + 1)]
  const all: Array<string> = []
  for (const part of pattern.slice(open + 1, close).split(",")) {
    // The innermost braces go first, so their parts hold none.
    const more = expand(before + part + after)
    if (more === undefined || all.length + more.length > mostAlternatives) return undefined
    all.push(...more)
  }
  return all
}

const classOf = (text: string): ((character: string) => boolean) => {
  const isNegated = text.startsWith("!") || text.startsWith("^")
  const characters = [...(isNegated ? text.slice(1) : text)]
  const ranges: Array<readonly [string, string]> = []
  for (let index = 0; index < characters.length; index++) {
    const from = characters[index] ?? ""
    const to = characters[index + 1] === "-" ? characters[index + 2] : undefined
    ranges.push([from, to ?? from])
    if (to !== undefined) index += 2
  }
  return (character) => ranges.some(([from, to]) => from <= character && character <= to) !== isNegated
}

const notSlash = (character: string) => character !== "/"

const compile = (pattern: string): ReadonlyArray<Step> => {
  const characters = [...pattern]
  const steps: Array<Step> = []
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? ""
    const close = character === "[" ? characters.indexOf("]", index + 2) : -1
    if (character === "*") {
      const isDouble = characters[index + 1] === "*"
      if (isDouble) index++
      steps.push({ fits: isDouble ? () => true : notSlash, repeats: true })
    } else if (character === "?") steps.push({ fits: notSlash, repeats: false })
    else if (close > 0) {
      steps.push({ fits: classOf(characters.slice(index + 1, close).join("")), repeats: false })
      index = close
    } else steps.push({ fits: (other) => other === character, repeats: false })
  }
  return steps
}

const matches = (steps: ReadonlyArray<Step>, name: string): boolean => {
  const reach = (positions: Set<number>, position: number): void => {
    for (let at = position; ; at++) {
      positions.add(at)
      if (steps[at]?.repeats !== true) return
    }
  }
  let positions = new Set<number>()
  reach(positions, 0)
  for (const character of name) {
    const next = new Set<number>()
    for (const position of positions) {
      const step = steps[position]
      if (step?.fits(character) === true) reach(next, step.repeats ? position : position + 1)
    }
    positions = next
  }
  return positions.has(steps.length)
}

/**
 * Makes the test for a pattern; undefined when its braces are not balanced or stand for more than 256 patterns.
 *
 * @since 0.1.0
 */
export const make = (pattern: string): ((name: string) => boolean) | undefined => {
  const patterns = expand(pattern)?.map(compile)
  return patterns === undefined ? undefined : (name) => patterns.some((steps) => matches(steps, name))
}
