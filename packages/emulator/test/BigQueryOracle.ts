/** Random expressions of GoogleSQL with their values, worked out by nothing but JavaScript. */
import * as Random from "@genops/core/statistics/Random"

export type Type = "BOOL" | "FLOAT64" | "INT64" | "STRING"

/** A value, NULL, or that there is none. */
export type Value = boolean | bigint | number | string | null

/** What went wrong. */
export const failure = Symbol("failure")

/** The values of the columns. */
export type Row = { readonly [column: string]: Value }

/** Works out a value. With `early` a NULL decides before anything beside it is looked at, so that what fails there is not seen: the order is free. */
export type Evaluate = (row: Row, early?: boolean) => Value | typeof failure

/** An expression. Its value may leave parts out, as in a branch that is not taken. */
export interface Expression {
  readonly sql: string
  readonly type: Type
  readonly parts: ReadonlyArray<Expression>
  readonly value: Evaluate
}

/** Whether any part fails, also one that need not be looked at. */
export const hasFailure = ({ parts, value }: Expression, row: Row): boolean =>
  value(row) === failure || parts.some((part) => hasFailure(part, row))

const bounds = { low: -(2n ** 63n), high: 2n ** 63n - 1n }

const int64 = (value: bigint) => (value < bounds.low || value > bounds.high ? failure : value)
const finite = (value: number) => (Number.isFinite(value) ? value : failure)

/** `printf("%.15g")`, or with 17 digits where 15 are too few. */
const floatText = (value: number): string => {
  if (value === 0) return "0"
  const digits = Number(value.toPrecision(15)) === value ? 15 : 17
  const [mantissa = "", exponent = ""] = value.toExponential(digits - 1).split("e")
  const power = Number(exponent)
  const trim = (text: string) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text)
  if (power < -4 || power >= digits) {
    return `${trim(mantissa)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`
  }
  return trim(value.toFixed(Math.max(0, digits - 1 - power)))
}

/** A function that is NULL when an input is. */
const strict =
  (inputs: ReadonlyArray<Expression>, of: (...values: Array<never>) => Value | typeof failure): Evaluate =>
  (row, early = false) => {
    const values = inputs.map((input) => input.value(row, early))
    if (early && values.includes(null)) return null
    if (values.includes(failure)) return failure
    const present = values.filter((value) => value !== null) as ReadonlyArray<unknown>
    return present.length < values.length ? null : of(...(present as Array<never>))
  }

const compare = (a: Exclude<Value, null>, b: Exclude<Value, null>): number => {
  if (typeof a === "string" && typeof b === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return a < b ? -1 : a > b ? 1 : 0
}

const points = (text: string) => [...text]

const substring = (text: string, start: bigint, length: bigint): Value | typeof failure => {
  const all = points(text)
  const from =
    start > 0n ? Number(start) : start === 0n || -start > BigInt(all.length) ? 1 : all.length + Number(start) + 1
  return length < 0n ? failure : all.slice(from - 1, from - 1 + Number(length)).join("")
}

const quote = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`

export const literal = (type: Type, value: Value): string => {
  if (value === null) return `CAST(NULL AS ${type})`
  if (typeof value === "string") return quote(value)
  if (typeof value === "number") return `CAST(${quote(String(value))} AS FLOAT64)`
  return String(value).toUpperCase()
}

/** Makes expressions from a seed; `columns` have the types of their names. */
export const make = (seed: number) => {
  const next = Random.xoshiro128ss(seed)
  const below = (count: number) => next() % count
  const pick = <A>(items: ReadonlyArray<A>): A => {
    const item = items[below(items.length)]
    if (item === undefined) throw new Error("nothing to pick from")
    return item
  }
  const texts = ["", "a", "b", "abc", "ABC", "é", "例子", "\u{1f600}x", "a'b", "a\\b", "10", "-7", "x\ny", " 1"]
  const value = (type: Type): Value => {
    if (below(7) === 0) return null
    switch (type) {
      case "BOOL":
        return below(2) === 0
      case "INT64":
        return pick([0n, 1n, -1n, 2n, 3n, 7n, -10n, 1000n, bounds.high, bounds.low, 2n ** 53n + 1n, 4n])
      case "FLOAT64":
        return pick([0, 0.5, -1.25, 3, 0.1, 1e300, -1e-300, 2.5, 1e15, 123456.789])
      case "STRING":
        return pick(texts)
    }
  }
  const row = (): Row => ({
    b: value("BOOL"),
    i: value("INT64"),
    j: value("INT64"),
    f: value("FLOAT64"),
    g: value("FLOAT64"),
    s: value("STRING"),
    t: value("STRING")
  })
  const columns: { readonly [K in Type]: ReadonlyArray<string> } = {
    BOOL: ["b"],
    FLOAT64: ["f", "g"],
    INT64: ["i", "j"],
    STRING: ["s", "t"]
  }

  const leaf = (type: Type): Expression => {
    if (below(2) === 0) {
      const name = pick(columns[type])
      return { sql: name, type, parts: [], value: (row) => row[name] ?? null }
    }
    const fixed = value(type)
    return { sql: literal(type, fixed), type, parts: [], value: () => fixed }
  }

  const expression = (type: Type, depth: number): Expression => {
    if (depth <= 0) return leaf(type)
    const of = (type: Type) => expression(type, depth - 1)
    const call = (
      sql: string,
      inputs: ReadonlyArray<Expression>,
      run: (...values: Array<never>) => Value | typeof failure
    ): Expression => ({
      sql: sql.replaceAll(/\$(\d)/g, (_, index: string) => inputs[Number(index)]?.sql ?? ""),
      type,
      parts: inputs,
      value: strict(inputs, run)
    })
    const branch = (): Expression => {
      const [condition, yes, no] = [of("BOOL"), of(type), of(type)]
      return {
        sql: `IF(${condition.sql}, ${yes.sql}, ${no.sql})`,
        type,
        parts: [condition, yes, no],
        value: (row, early) => {
          const chosen = condition.value(row, early)
          return chosen === failure ? failure : chosen === true ? yes.value(row, early) : no.value(row, early)
        }
      }
    }
    const first = (): Expression => {
      const [a, b] = [of(type), of(type)]
      return {
        sql: `COALESCE(${a.sql}, ${b.sql})`,
        type,
        parts: [a, b],
        value: (row, early) => {
          const value = a.value(row, early)
          return value === null ? b.value(row, early) : value
        }
      }
    }
    const extreme = (): Expression => {
      const [name, sign] = pick([
        ["GREATEST", 1],
        ["LEAST", -1]
      ] as const)
      return call(`${name}($0, $1)`, [of(type), of(type)], (a: Exclude<Value, null>, b: Exclude<Value, null>) =>
        compare(a, b) * sign >= 0 ? a : b
      )
    }
    const common = [branch, first, extreme]
    const by: { readonly [K in Type]: ReadonlyArray<() => Expression> } = {
      BOOL: [
        () => {
          const [operand, operator] = [
            pick(["INT64", "FLOAT64", "STRING"] as const),
            pick(["=", "!=", "<", "<=", ">", ">="] as const)
          ]
          const test = {
            "=": (n: number) => n === 0,
            "!=": (n: number) => n !== 0,
            "<": (n: number) => n < 0,
            "<=": (n: number) => n <= 0,
            ">": (n: number) => n > 0,
            ">=": (n: number) => n >= 0
          }
          return call(
            `($0 ${operator} $1)`,
            [of(operand), of(operand)],
            (a: Exclude<Value, null>, b: Exclude<Value, null>) => test[operator](compare(a, b))
          )
        },
        () => {
          const [operator, [a, b]] = [pick(["AND", "OR"]), [of("BOOL"), of("BOOL")]] as const
          const decisive = operator === "OR"
          return {
            sql: `(${a.sql} ${operator} ${b.sql})`,
            type,
            parts: [a, b],
            value: (row, early) => {
              const [x, y] = [a.value(row, early), b.value(row, early)]
              if (early === true && (x === decisive || y === decisive)) return decisive
              if (x === failure || y === failure) return failure
              return x === decisive || y === decisive ? decisive : x === null || y === null ? null : !decisive
            }
          }
        },
        () => call("(NOT $0)", [of("BOOL")], (a: boolean) => !a),
        () => {
          const a = of(pick(["INT64", "STRING", "FLOAT64", "BOOL"] as const))
          return {
            sql: `(${a.sql} IS NULL)`,
            type,
            parts: [a],
            value: (row, early) => (a.value(row, early) === failure ? failure : a.value(row, early) === null)
          }
        },
        () => {
          const [a, b] = [of("INT64"), of("INT64")]
          return {
            sql: `(${a.sql} IS DISTINCT FROM ${b.sql})`,
            type,
            parts: [a, b],
            value: (row, early) =>
              a.value(row, early) === failure || b.value(row, early) === failure
                ? failure
                : a.value(row, early) !== b.value(row, early)
          }
        },
        () => call("STARTS_WITH($0, $1)", [of("STRING"), of("STRING")], (a: string, b: string) => a.startsWith(b)),
        () => {
          const [a, low, high] = [leaf("INT64"), leaf("INT64"), leaf("INT64")]
          return {
            sql: `(${a.sql} BETWEEN ${low.sql} AND ${high.sql})`,
            type,
            parts: [a, low, high],
            value: (row) => {
              const above = strict([a, low], (a: bigint, b: bigint) => a >= b)(row)
              const below = strict([a, high], (a: bigint, b: bigint) => a <= b)(row)
              return above === false || below === false ? false : above === null || below === null ? null : true
            }
          }
        }
      ],
      INT64: [
        () => call("($0 + $1)", [of("INT64"), of("INT64")], (a: bigint, b: bigint) => int64(a + b)),
        () => call("($0 - $1)", [of("INT64"), of("INT64")], (a: bigint, b: bigint) => int64(a - b)),
        () => call("($0 * $1)", [of("INT64"), of("INT64")], (a: bigint, b: bigint) => int64(a * b)),
        () =>
          call("DIV($0, $1)", [of("INT64"), of("INT64")], (a: bigint, b: bigint) =>
            b === 0n ? failure : int64(a / b)
          ),
        () => call("MOD($0, $1)", [of("INT64"), of("INT64")], (a: bigint, b: bigint) => (b === 0n ? failure : a % b)),
        () => call("(- $0)", [of("INT64")], (a: bigint) => int64(-a)),
        () => call("ABS($0)", [of("INT64")], (a: bigint) => int64(a < 0n ? -a : a)),
        () =>
          call("SAFE_ADD($0, $1)", [of("INT64"), of("INT64")], (a: bigint, b: bigint) =>
            int64(a + b) === failure ? null : a + b
          ),
        () => call("($0 & $1)", [of("INT64"), of("INT64")], (a: bigint, b: bigint) => BigInt.asIntN(64, a & b)),
        () => call("LENGTH($0)", [of("STRING")], (a: string) => BigInt(points(a).length)),
        () =>
          call("STRPOS($0, $1)", [of("STRING"), of("STRING")], (a: string, b: string) =>
            BigInt(a.includes(b) ? points(a.slice(0, a.indexOf(b))).length + 1 : 0)
          ),
        () =>
          call("SAFE_CAST($0 AS INT64)", [of("STRING")], (a: string) =>
            /^\s*[-+]?\d+\s*$/.test(a) && int64(BigInt(a.trim())) !== failure ? BigInt(a.trim()) : null
          ),
        () =>
          call("CAST($0 AS INT64)", [of("FLOAT64")], (a: number) => {
            const rounded = Math.sign(a) * Math.round(Math.abs(a))
            return rounded >= -(2 ** 63) && rounded < 2 ** 63 ? BigInt(rounded) : failure
          })
      ],
      FLOAT64: [
        () => call("($0 + $1)", [of("FLOAT64"), of("FLOAT64")], (a: number, b: number) => finite(a + b)),
        () => call("($0 * $1)", [of("FLOAT64"), of("FLOAT64")], (a: number, b: number) => finite(a * b)),
        () => call("($0 - $1)", [of("FLOAT64"), leaf("INT64")], (a: number, b: bigint) => finite(a - Number(b))),
        () =>
          call("($0 / $1)", [of("FLOAT64"), of("FLOAT64")], (a: number, b: number) =>
            b === 0 ? failure : finite(a / b)
          ),
        () =>
          call("($0 / $1)", [of("INT64"), of("INT64")], (a: bigint, b: bigint) =>
            b === 0n ? failure : Number(a) / Number(b)
          ),
        () =>
          call("SAFE_DIVIDE($0, $1)", [leaf("FLOAT64"), of("INT64")], (a: number, b: bigint) =>
            b === 0n || !Number.isFinite(a / Number(b)) ? null : a / Number(b)
          ),
        () => call("FLOOR($0)", [of("FLOAT64")], (a: number) => Math.floor(a)),
        () => call("CAST($0 AS FLOAT64)", [of("INT64")], (a: bigint) => Number(a))
      ],
      STRING: [
        () => call("CONCAT($0, $1)", [of("STRING"), of("STRING")], (a: string, b: string) => a + b),
        () => call("($0 || $1)", [of("STRING"), of("STRING")], (a: string, b: string) => a + b),
        () => call("SUBSTR($0, $1, $2)", [of("STRING"), leaf("INT64"), leaf("INT64")], substring),
        () =>
          call("REPLACE($0, $1, $2)", [of("STRING"), of("STRING"), leaf("STRING")], (a: string, b: string, c: string) =>
            b === "" ? a : a.split(b).join(c)
          ),
        () => call("REVERSE($0)", [of("STRING")], (a: string) => points(a).toReversed().join("")),
        () => call("CAST($0 AS STRING)", [of("INT64")], String),
        () => call("CAST($0 AS STRING)", [of("FLOAT64")], floatText),
        () => call("CAST($0 AS STRING)", [of("BOOL")], String)
      ]
    }
    return pick([...by[type], ...by[type], ...common])()
  }
  return { expression, pick, row, below }
}
