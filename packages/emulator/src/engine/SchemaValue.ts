/**
 * Fills a JSON Schema from a text, deterministically: the result is an instance of the schema whatever the text offers.
 *
 * A field takes, in this order, what the text states of its name (`city: Paris`), for names such as summary, answer or explanation the summary, for title the
 * beginning of it, else the next unused name or number of the text, else a key word. Enums take the value that the text mentions most, else draw one.
 * Lists hold up to three items. Optional fields are filled too, down to four levels; a number that may be null is null when the
 * text has none left. Understood are the keywords that Vertex understands; a
 * pattern that no piece of the text fits is met by a generated text.
 *
 * @since 0.1.0
 */
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import type { JsonObject } from "../wire/Decode.ts"
import { isJsonObject } from "../wire/Decode.ts"
import * as Evidence from "./Evidence.ts"
import type { Random } from "./Random.ts"
import * as Sampling from "./Sampling.ts"
import * as Sentiment from "./Sentiment.ts"

/**
 * What fills a schema.
 *
 * @since 0.1.0
 */
export interface Source {
  readonly evidence: Evidence.Evidence
  readonly settings: Sampling.Settings
  readonly random: Random
}

interface Place {
  readonly name: string
  readonly depth: number
}

/** Below this depth optional fields stay out and lists are as short as they may be. */
const filledDepth = 4
/** Below this depth nothing is followed any more; only a schema that demands itself gets here. */
const deepest = 30

/** A schema of nested lists could ask for more than any answer holds; from here on values are null. */
const mostValues = 2000
/** Enum values that are looked for in the text. */
const searched = 200

const numberAt = (schema: JsonObject, key: string): number | undefined => {
  const value = schema[key]
  const read = typeof value === "string" ? Number(value) : value
  return typeof read === "number" && Number.isFinite(read) ? read : undefined
}

const listAt = (schema: JsonObject, key: string): ReadonlyArray<unknown> => {
  const value = schema[key]
  return Array.isArray(value) ? value : []
}

const asObject = (schema: unknown): JsonObject => (isJsonObject(schema) ? schema : {})

const textHint =
  /\b(?:summary|answer|text|description|explanation|reason|reasoning|content|response|message|body|abstract|overview|rationale|details?)\b/
const titleHint = /\b(?:title|headline|subject|heading)\b/
const keywordHint = /\b(?:keywords?|tags?|topics?|terms?)\b/

const fixedFormats: { readonly [format: string]: { readonly pattern: RegExp; readonly fallback: string } } = {
  "date-time": { pattern: /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, fallback: "2026-01-01T00:00:00Z" },
  date: { pattern: /\b\d{4}-\d\d-\d\d\b/, fallback: "2026-01-01" },
  time: { pattern: /\b\d\d:\d\d:\d\dZ/, fallback: "12:00:00Z" },
  duration: { pattern: /\bP\d+D\b/, fallback: "P1D" },
  email: { pattern: /\b[\w.]{1,40}@[\w-]{1,40}\.[a-z]{2,10}\b/i, fallback: "name@corpus.example" },
  uri: { pattern: /\bhttps?:\/\/[\w./-]{1,100}/, fallback: "https://corpus.example/" },
  uuid: {
    pattern: /\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/i,
    fallback: "00000000-0000-4000-8000-000000000000"
  }
}

const fit = (text: string, minimum: number, maximum: number): string => {
  const points = [...text]
  if (points.length > maximum) return points.slice(0, maximum).join("")
  return points.length < minimum ? text.padEnd(text.length + minimum - points.length, ".") : text
}

const compile = (pattern: unknown): RegExp | undefined => {
  if (typeof pattern !== "string" || pattern.length > 500) return undefined
  try {
    return new RegExp(pattern, "u")
  } catch {
    return undefined
  }
}

/** A text made from the pattern alone, for patterns that no piece of the text fits. */
const generated = (pattern: RegExp, minimum: number, maximum: number): string | undefined => {
  const sample = Effect.suspend(() =>
    Arbitrary.sampleEffect(
      Arbitrary.schema(
        Schema.String.check(
          Schema.isPattern(new RegExp(pattern.source)),
          Schema.isMinLength(minimum),
          Schema.isMaxLength(Math.min(maximum, minimum + 64))
        )
      ),
      { count: 1, seed: 1 }
    )
  )
  const exit = Effect.runSyncExit(sample)
  return Exit.isSuccess(exit) ? exit.value[0] : undefined
}

/**
 * Makes an instance of a JSON Schema; `name` is the field that it fills, if any.
 *
 * @since 0.1.0
 */
export const make = (root: unknown, source: Source, name = ""): unknown => {
  const { evidence } = source
  let made = 0
  const used = new Set<string | number>()

  const unused = <A extends string | number>(values: ReadonlyArray<A>): A | undefined => {
    const key = (value: A) => (typeof value === "string" ? value.toLowerCase() : value)
    const next = values.find((value) => !used.has(key(value)))
    if (next !== undefined) used.add(key(next))
    return next
  }

  const resolve = (ref: string): unknown => {
    if (ref === "#") return root
    let node: unknown = root
    for (const step of ref.replace(/^#\//, "").split("/")) {
      node = asObject(node)[step.replaceAll("~1", "/").replaceAll("~0", "~")]
    }
    // Vertex's own form may name a definition without its path.
    return node ?? asObject(asObject(root)["$defs"])[ref.replace(/^.*\//, "")]
  }

  const choice = (values: ReadonlyArray<unknown>): unknown => {
    const mood = Sentiment.score(evidence.text)
    const counts = values.slice(0, searched).map((value) => {
      const text = typeof value === "string" ? value : JSON.stringify(value)
      return Evidence.mentions(evidence, text) + Sentiment.fits(text, mood)
    })
    const most = Math.max(...counts)
    if (most > 0) return values[counts.indexOf(most)]
    const ranks = counts.map((_, index) => -index)
    return values[Sampling.draw(ranks, source.settings, source.random) ?? 0]
  }

  const text = (schema: JsonObject, place: Place): string => {
    const minimum = Math.max(0, numberAt(schema, "minLength") ?? 0)
    const maximum = Math.max(minimum, Math.min(numberAt(schema, "maxLength") ?? 10_000, 100_000))
    const format = fixedFormats[typeof schema["format"] === "string" ? schema["format"] : ""]
    if (format !== undefined) return unused(evidence.text.match(format.pattern) ?? []) ?? format.fallback
    const words = Evidence.nameWords(place.name)
    const hinted = textHint.test(words)
      ? evidence.summary
      : titleHint.test(words)
        ? evidence.summary
            .split(/\s+/)
            .slice(0, 8)
            .join(" ")
            .replace(/[.,;:]$/, "")
        : keywordHint.test(words)
          ? unused(evidence.keywords)
          : undefined
    const candidates = [
      Evidence.stated(evidence, place.name),
      hinted,
      () => unused(evidence.phrases),
      () => unused(evidence.keywords),
      evidence.summary,
      "none"
    ]
    const pattern = compile(schema["pattern"])
    for (const candidate of candidates) {
      const found = typeof candidate === "function" ? candidate() : candidate
      if (found === undefined) continue
      const fitted = fit(found, minimum, maximum)
      if (pattern === undefined) return fitted
      // A pattern is tried on short pieces only: a costly one must not stop the server.
      if (fitted.length <= 24 && pattern.test(fitted)) return fitted
    }
    const matching = pattern === undefined || minimum > 1000 ? undefined : generated(pattern, minimum, maximum)
    return matching ?? fit("none", minimum, maximum)
  }

  const numeric = (schema: JsonObject, place: Place, whole: boolean, orNull: boolean): number | null => {
    const minimum = numberAt(schema, "minimum") ?? -Infinity
    const maximum = numberAt(schema, "maximum") ?? Infinity
    const said = Number(Evidence.stated(evidence, place.name)?.match(/-?\d+(?:\.\d+)?/)?.[0])
    const allowed = (value: number) => value >= minimum && value <= maximum && (!whole || Number.isSafeInteger(value))
    if (Number.isFinite(said) && allowed(said)) return said
    const next = unused(evidence.numbers.filter(allowed))
    if (next !== undefined) return next
    if (orNull) return null
    if (allowed(0)) return 0
    const lowest = whole ? Math.ceil(minimum) : minimum
    return Number.isFinite(lowest) ? lowest : whole ? Math.floor(maximum) : maximum
  }

  const array = (schema: JsonObject, place: Place): ReadonlyArray<unknown> => {
    const minimum = Math.min(numberAt(schema, "minItems") ?? 0, 1000)
    const prefix = listAt(schema, "prefixItems")
    const wanted = place.depth > filledDepth ? minimum : Math.max(3, prefix.length)
    const size = Math.max(minimum, Math.min(wanted, numberAt(schema, "maxItems") ?? wanted))
    const items = schema["items"]
    const length = items === false ? Math.min(size, prefix.length) : size
    const singular = place.name.replace(/s$/, "")
    return Array.from({ length }, (_, index) =>
      value(prefix[index] ?? items ?? { type: "string" }, {
        name: singular === "" ? "item" : singular,
        depth: place.depth + 1
      })
    )
  }

  const object = (schema: JsonObject, place: Place): JsonObject => {
    const properties = asObject(schema["properties"])
    const required = new Set(listAt(schema, "required").filter((key) => typeof key === "string"))
    const ordering = listAt(schema, "propertyOrdering").filter((key) => typeof key === "string")
    const names = [...new Set([...ordering, ...Object.keys(properties), ...required])].filter(
      (key) => Object.hasOwn(properties, key) || required.has(key)
    )
    const maximum = Math.max(numberAt(schema, "maxProperties") ?? Infinity, required.size)
    let optional = place.depth >= filledDepth ? 0 : maximum - required.size
    const chosen = names.filter((key) => required.has(key) || optional-- > 0)
    const entries = chosen.map((key) => {
      const property = Object.hasOwn(properties, key) ? properties[key] : { type: "string" }
      return [key, value(property, { name: key, depth: place.depth + 1 })] as const
    })
    const additional = schema["additionalProperties"]
    const missing = additional === false ? 0 : Math.min(numberAt(schema, "minProperties") ?? 0, 1000) - entries.length
    const free =
      typeof additional === "object" && additional !== null && names.length === 0 && place.depth < filledDepth ? 1 : 0
    const extra = Array.from({ length: Math.max(0, missing, free) }, (_, index) => {
      const key = unused(evidence.keywords.filter((word) => !Object.hasOwn(properties, word))) ?? `key${index + 1}`
      return [
        key,
        value(isJsonObject(additional) ? additional : { type: "string" }, { name: key, depth: place.depth + 1 })
      ] as const
    })
    return Object.fromEntries([...entries, ...extra])
  }

  const typed = (type: unknown, schema: JsonObject, place: Place, orNull: boolean): unknown => {
    switch (type) {
      case "string":
        return text(schema, place)
      case "integer":
        return numeric(schema, place, true, orNull)
      case "number":
        return numeric(schema, place, false, orNull)
      case "boolean":
        return !/^(?:no|false|not)\b/i.test(Evidence.stated(evidence, place.name) ?? "")
      case "array":
        return array(schema, place)
      case "object":
        return object(schema, place)
      case "null":
        return null
      default:
        return schema["properties"] === undefined
          ? schema["items"] === undefined
            ? text(schema, place)
            : array(schema, place)
          : object(schema, place)
    }
  }

  const value = (node: unknown, place: Place): unknown => {
    const schema = asObject(node)
    if (place.depth > deepest || ++made > mostValues) return null
    const ref = schema["$ref"]
    if (typeof ref === "string") return value(resolve(ref), { ...place, depth: place.depth + 1 })
    if (Object.hasOwn(schema, "const")) return schema["const"]
    const values = listAt(schema, "enum")
    if (values.length > 0) return choice(values)
    const branches = [...listAt(schema, "anyOf"), ...listAt(schema, "oneOf")]
    if (branches.length > 0) {
      const { anyOf: _, oneOf: __, ...base } = schema
      const solid = branches.find((branch) => asObject(branch)["type"] !== "null") ?? branches[0]
      return value(typeof asObject(solid)["$ref"] === "string" ? solid : { ...base, ...asObject(solid) }, place)
    }
    const types = Array.isArray(schema["type"]) ? schema["type"] : [schema["type"]]
    return typed(types.find((type) => type !== "null") ?? types[0], schema, place, types.includes("null"))
  }

  return value(root, { name, depth: 0 })
}
