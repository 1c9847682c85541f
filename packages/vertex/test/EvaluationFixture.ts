/**
 * The exchanges with Vertex AI's evaluation service that `fixtures/eval` holds.
 */
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"

const Json = Schema.Record(Schema.String, Schema.Unknown)

const Fixture = Schema.Struct({
  exchanges: Schema.Array(
    Schema.Struct({
      label: Schema.optional(Schema.String),
      request: Schema.Struct({ method: Schema.String, url: Schema.String, body: Schema.optional(Json) }),
      response: Schema.Struct({ body: Json })
    })
  )
})

export const exchanges = (name: string) => {
  const text = readFileSync(new URL(`fixtures/eval/${name}.json`, import.meta.url), "utf8")
  return Schema.decodeUnknownSync(Fixture)(JSON.parse(text)).exchanges
}

export type Exchange = ReturnType<typeof exchanges>[number]

/** The exchange with a label, or the only one. */
export const exchange = (name: string, label?: string): Exchange => {
  const found = exchanges(name).find((one) => label === undefined || one.label === label)
  if (found === undefined) throw new Error(`${name} has no exchange ${label}`)
  return found
}

const Batch = Schema.Struct({ metricSpec: Json, instances: Schema.Array(Json) })
const Values = Schema.Record(Schema.String, Schema.Array(Json))

/** Exchanges of computed metrics hold several instances; `Evaluation` sends one at a time. */
export const rows = ({ request, response }: Exchange) => {
  const [input = "", batch] = Object.entries(request.body ?? {})[0] ?? []
  const [results = "", values] = Object.entries(response.body)[0] ?? []
  const { instances, metricSpec } = Schema.decodeUnknownSync(Batch)(batch)
  const [field = "", scores = []] = Object.entries(Schema.decodeUnknownSync(Values)(values))[0] ?? []
  return instances.map((instance, index) => ({
    instance,
    score: scores[index]?.["score"],
    request: { [input]: { metricSpec, instances: [instance] } },
    answer: { [results]: { [field]: [scores[index]] } }
  }))
}
