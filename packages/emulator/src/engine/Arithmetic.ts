/**
 * Finds an arithmetic expression in a prompt and computes it: what the emulator's "code execution" really executes.
 *
 * Understood are numbers, `+ - * / % ^ **`, `!`, parentheses and the words plus, minus, times, multiplied by, divided by, factorial of, % of. Whole numbers
 * are exact; a division that does not come out even and decimals give a double. Results above 4,000 digits are not computed.
 *
 * @since 0.1.0
 */

/**
 * An expression with its value, and the Python program that computes it.
 *
 * @since 0.1.0
 */
export interface Computed {
  readonly expression: string
  readonly code: string
  readonly value: string
}

type Value = bigint | number

class Refused extends Error {}

const words: ReadonlyArray<readonly [RegExp, string]> = [
  [/(\d+(?:\.\d+)?)\s*% of\s+(\d+(?:\.\d+)?)/gi, "$1 * $2 / 100"],
  [/\bfactorial of\s+(\d+)/gi, "$1!"],
  [/\bplus\b/gi, "+"],
  [/\bminus\b/gi, "-"],
  [/\b(?:times|multiplied by)\b|×/gi, "*"],
  [/\bdivided by\b|÷/gi, "/"],
  [/(\d),(?=\d{3}\b)/g, "$1"]
]

const candidate = /[\d(][\d\s.+\-*/%^()!]*[\d)!]/g

const tooLarge = (value: bigint): boolean => value > 1n << 13_000n || value < -(1n << 13_000n)

const exact = (value: bigint): bigint => {
  if (tooLarge(value)) throw new Refused()
  return value
}

const binary: { readonly [operator: string]: (left: Value, right: Value) => Value } = {
  "+": (left, right) =>
    typeof left === "bigint" && typeof right === "bigint" ? exact(left + right) : Number(left) + Number(right),
  "-": (left, right) =>
    typeof left === "bigint" && typeof right === "bigint" ? exact(left - right) : Number(left) - Number(right),
  "*": (left, right) =>
    typeof left === "bigint" && typeof right === "bigint" ? exact(left * right) : Number(left) * Number(right),
  "/": (left, right) => {
    if (Number(right) === 0) throw new Refused()
    return typeof left === "bigint" && typeof right === "bigint" && left % right === 0n
      ? left / right
      : Number(left) / Number(right)
  },
  "%": (left, right) => {
    if (Number(right) === 0) throw new Refused()
    return typeof left === "bigint" && typeof right === "bigint" ? left % right : Number(left) % Number(right)
  },
  "^": (left, right) => {
    if (typeof left !== "bigint" || typeof right !== "bigint" || right < 0n) return Number(left) ** Number(right)
    if (right > 4000n || left.toString(2).length * Number(right) > 13_000) throw new Refused()
    return left ** right
  }
}

const factorial = (value: Value): Value => {
  if (typeof value !== "bigint" || value < 0n || value > 1000n) throw new Refused()
  let product = 1n
  for (let factor = 2n; factor <= value; factor++) product *= factor
  return product
}

const precedence: { readonly [operator: string]: number } = { "+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 4 }

/** Precedence climbing over the tokens of an expression; throws Refused on anything it does not understand. */
const evaluate = (source: string): Value => {
  const tokens = source.replaceAll("**", "^").match(/\d+(?:\.\d+)?|[-+*/%^()!]/g) ?? []
  let at = 0
  const primary = (depth: number): Value => {
    if (depth > 50) throw new Refused()
    const token = tokens[at++]
    let value: Value
    if (token === "-") return binary["-"]?.(0n, climb(3, depth + 1)) ?? 0
    if (token === "(") {
      value = climb(1, depth + 1)
      if (tokens[at++] !== ")") throw new Refused()
    } else {
      if (token === undefined || !/^\d/.test(token)) throw new Refused()
      value = token.includes(".") ? Number(token) : exact(BigInt(token.slice(0, 4000)))
    }
    while (tokens[at] === "!") {
      at++
      value = factorial(value)
    }
    return value
  }
  const climb = (lowest: number, depth: number): Value => {
    let left = primary(depth)
    for (;;) {
      const operator = tokens[at] ?? ""
      const strength = precedence[operator]
      const apply = binary[operator]
      if (strength === undefined || apply === undefined || strength < lowest) return left
      at++
      left = apply(left, climb(operator === "^" ? strength : strength + 1, depth + 1))
    }
  }
  const value = climb(1, 0)
  if (at !== tokens.length || (typeof value === "number" && !Number.isFinite(value))) throw new Refused()
  return value
}

const tryEvaluate = (source: string): Value | undefined => {
  try {
    return evaluate(source)
  } catch (error) {
    if (error instanceof Refused) return undefined
    throw error
  }
}

/** Python writes powers and factorials in its own way. */
const program = (expression: string): string => {
  const python = expression.replaceAll("^", "**").replaceAll(/(\d+)!/g, "math.factorial($1)")
  return python.includes("math.") ? `import math\nprint(${python})\n` : `print(${python})\n`
}

/**
 * The first expression of a text that has an operator and can be computed.
 *
 * @since 0.1.0
 */
export const find = (text: string): Computed | undefined => {
  const normal = words.reduce((sum, [pattern, symbol]) => sum.replaceAll(pattern, symbol), text.slice(0, 2000))
  for (const [match] of normal.matchAll(candidate)) {
    // A date or a range is no calculation.
    if (!/[+*/%^!]|\s-\s/.test(match) || /^\d{4}-\d\d|^\d+\/\d+\/\d+$/.test(match)) continue
    const value = tryEvaluate(match)
    if (value !== undefined) {
      const expression = match.replaceAll(/\s+/g, " ")
      return { expression, code: program(expression), value: String(value) }
    }
  }
  return undefined
}
