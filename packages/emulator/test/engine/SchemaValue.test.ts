/** Whatever the schema and the text are, the filled value is an instance of the schema. */
import { assert, describe, it } from "@effect/vitest"
import * as Evidence from "../../src/engine/Evidence.ts"
import * as Random from "../../src/engine/Random.ts"
import * as Sampling from "../../src/engine/Sampling.ts"
import * as SchemaForm from "../../src/engine/SchemaForm.ts"
import * as SchemaValue from "../../src/engine/SchemaValue.ts"
import * as JsonSchema from "../../src/wire/JsonSchema.ts"
import { article } from "../Article.ts"

type Json = { readonly [key: string]: unknown }

const source = (text: string, temperature = 0, seed = 1): SchemaValue.Source => ({
  evidence: Evidence.gather(text, text.slice(0, 80)),
  settings: Sampling.settings({ temperature }),
  random: Random.make(seed)
})

const fill = (schema: unknown, text: string) => SchemaValue.make(schema, source(text))

const typeOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value

/** A validator of its own: says where a value is no instance. */
const errors = (schema: Json, value: unknown, root: Json, path = "$"): ReadonlyArray<string> => {
  const list = (key: string): ReadonlyArray<Json> => (Array.isArray(schema[key]) ? schema[key] : [])
  const number = (key: string) => Number(schema[key])
  const fail = (condition: boolean, what: string) => (condition ? [`${path}: ${what}`] : [])
  if (typeof schema["$ref"] === "string")
    return errors(Object(Object(root)["$defs"])[schema["$ref"].slice(8)], value, root, path)
  const branches = list("anyOf")
  if (branches.length > 0)
    return fail(!branches.some((branch) => errors(branch, value, root).length === 0), "fits no branch")
  if (Array.isArray(schema["enum"])) return fail(!schema["enum"].includes(value), "not in the enum")
  if ("const" in schema) return fail(schema["const"] !== value, "not the constant")
  const type = typeOf(value)
  const types = [schema["type"]].flat()
  if (!types.includes(type) && !(type === "integer" && types.includes("number")))
    return [`${path}: is ${type}, not ${types.join("|")}`]
  if (typeof value === "string") {
    const length = [...value].length
    return [
      ...fail(length < number("minLength"), "too short"),
      ...fail(length > number("maxLength"), "too long"),
      ...fail(
        typeof schema["pattern"] === "string" && !new RegExp(schema["pattern"], "u").test(value),
        `does not match: ${value}`
      )
    ]
  }
  if (typeof value === "number")
    return [...fail(value < number("minimum"), "too small"), ...fail(value > number("maximum"), "too large")]
  if (Array.isArray(value)) {
    const prefix = list("prefixItems")
    return [
      ...fail(value.length < number("minItems"), "too few items"),
      ...fail(value.length > number("maxItems"), "too many items"),
      ...value.flatMap((item, index) =>
        errors(prefix[index] ?? Object(schema["items"]), item, root, `${path}[${index}]`)
      )
    ]
  }
  if (type !== "object") return []
  const properties = Object(schema["properties"])
  const present = Object.keys(Object(value))
  return [
    ...[schema["required"]]
      .flat()
      .flatMap((key) => fail(key !== undefined && !present.includes(String(key)), `misses ${String(key)}`)),
    ...fail(present.length < number("minProperties"), "too few properties"),
    ...fail(present.length > number("maxProperties"), "too many properties"),
    ...fail(
      schema["additionalProperties"] === false && present.some((key) => !Object.hasOwn(properties, key)),
      "has more properties"
    ),
    ...present
      .filter((key) => Object.hasOwn(properties, key))
      .flatMap((key) => errors(properties[key], Object(value)[key], root, `${path}.${key}`))
  ]
}

/** Draws a schema of any shape that the filler understands. */
const draw = (random: Random.Random, depth: number): Json => {
  const upTo = (limit: number) => Math.floor(random() * limit)
  const maybe = (schema: Json): Json => (random() < 0.4 ? schema : {})
  const kinds = [
    "string",
    "number",
    "integer",
    "boolean",
    "null",
    "enum",
    "const",
    ...(depth > 3 ? [] : ["array", "object", "object", "anyOf", "tuple", "ref"])
  ]
  switch (kinds[upTo(kinds.length)]) {
    case "string": {
      const minLength = upTo(30)
      return random() < 0.25
        ? { type: "string", pattern: ["^[A-Z]{2}-\\d{3}$", "^(red|blue)$", "^\\w{4,6}$"][upTo(3)] }
        : {
            type: "string",
            ...maybe({ minLength }),
            ...maybe({ maxLength: 30 + upTo(30) }),
            ...maybe({ nullable: true })
          }
    }
    case "number":
      return {
        type: ["number", "null"].slice(0, 1 + upTo(2)),
        ...maybe({ minimum: -upTo(50) }),
        ...maybe({ maximum: 1 + upTo(50) })
      }
    case "integer": {
      const minimum = upTo(100) - 50
      return { type: "integer", minimum, ...maybe({ maximum: minimum + upTo(5) }) }
    }
    case "boolean":
      return { type: "boolean" }
    case "null":
      return { type: "null" }
    case "enum":
      return { type: "string", enum: ["alpha", "coral", "positive"].slice(0, 1 + upTo(3)) }
    case "const":
      return { const: upTo(9) }
    case "array": {
      const minItems = upTo(5)
      return {
        type: "array",
        items: draw(random, depth + 1),
        ...maybe({ minItems }),
        ...maybe({ maxItems: minItems + upTo(3) })
      }
    }
    case "tuple":
      return {
        type: "array",
        prefixItems: [draw(random, depth + 1), draw(random, depth + 1)],
        items: draw(random, depth + 1),
        minItems: 2
      }
    case "anyOf":
      return { anyOf: [{ type: "null" }, draw(random, depth + 1), draw(random, depth + 1)] }
    case "ref":
      return { $ref: "#/$defs/node" }
    default: {
      const names = ["summary", "city", "year", "tags", "__proto__", "constructor", "isGood"].slice(
        upTo(4),
        4 + upTo(4)
      )
      const properties = Object.fromEntries(names.map((name) => [name, draw(random, depth + 1)]))
      const required = names.filter(() => random() < 0.5)
      return {
        type: "object",
        properties,
        required,
        ...maybe({ additionalProperties: false }),
        ...maybe({ propertyOrdering: names.toReversed() }),
        ...maybe({ maxProperties: required.length + upTo(2) })
      }
    }
  }
}

/** A node that may hold nodes: it has to end somewhere. */
const node = {
  type: "object",
  properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#/$defs/node" } } },
  required: ["name"]
}

describe("SchemaValue", () => {
  it("makes instances of 2,000 random schemas", () => {
    const random = Random.make(42)
    for (let count = 0; count < 2000; count++) {
      const schema = { ...draw(random, 0), $defs: { node } }
      const value = fill(schema, count % 3 === 0 ? "" : article)
      assert.deepStrictEqual(
        errors(schema, JSON.parse(JSON.stringify(value)), schema),
        [],
        JSON.stringify({ schema, value })
      )
    }
  })

  it("takes what the text says", () => {
    const text =
      'Order for "Ada Lovelace". City: London. Quantity: 12. The parcel was sent on 2026-03-04, paid 99.5. It was a great, excellent service.'
    const value = fill(
      {
        type: "object",
        properties: {
          city: { type: "string" },
          quantity: { type: "integer" },
          sent: { type: "string", format: "date" },
          customer: { type: "string" },
          sentiment: { type: "string", enum: ["negative", "positive"] },
          weight: { type: ["number", "null"], maximum: 1 }
        }
      },
      text
    )
    assert.deepStrictEqual(value, {
      city: "London",
      quantity: 12,
      sent: "2026-03-04",
      customer: "Ada Lovelace",
      sentiment: "positive",
      weight: null
    })
  })

  it("picks the enum value that the text mentions most", () => {
    assert.strictEqual(fill({ enum: ["dog", "cat", "bird"] }, "A cat and a dog and a cat"), "cat")
    assert.strictEqual(fill({ enum: ["dog", "cat"] }, "nothing"), "dog")
  })

  it("reads Vertex's form as JSON Schema", () => {
    const decoded = JsonSchema.decode(
      {
        type: "OBJECT",
        properties: { a: { type: "INTEGER", nullable: true }, b: { anyOf: [{ type: "STRING" }], nullable: true } },
        defs: { c: { type: "BOOLEAN" } },
        minProperties: "1"
      },
      "",
      []
    )
    assert.deepStrictEqual(SchemaForm.fromVertex(decoded ?? {}), {
      type: "object",
      minProperties: 1,
      properties: { a: { type: ["integer", "null"] }, b: { anyOf: [{ type: "string" }, { type: "null" }] } },
      $defs: { c: { type: "boolean" } }
    })
  })

  it("gives the same value for the same seed and another for another", () => {
    const schema = { type: "array", minItems: 30, items: { enum: ["a", "b", "c", "d"] } }
    const drawn = (seed: number) => SchemaValue.make(schema, source("x", 2, seed))
    assert.deepStrictEqual(drawn(1), drawn(1))
    assert.notDeepEqual(drawn(1), drawn(2))
  })
})
