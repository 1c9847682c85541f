/** Calls the emulated BigQuery as bytes on the wire, with its answers in short. */
import * as Effect from "effect/Effect"
import * as Emulator from "../src/Emulator.ts"

/** A cell without its wrapping: text, null, a list, or the list of a record's cells. */
export type Plain = null | string | ReadonlyArray<Plain>

interface Cell {
  readonly v: null | string | { readonly f: ReadonlyArray<Cell> } | ReadonlyArray<Cell>
}

const plain = ({ v }: Cell): Plain => {
  if (v === null || typeof v === "string") return v
  return ("f" in v ? v.f : v).map(plain)
}

export interface Answered {
  readonly rows: ReadonlyArray<ReadonlyArray<Plain>>
  readonly types: ReadonlyArray<string>
}

/** Sends a request to a path of project `demo`; never fails for a status. */
export const send = (method: string, path: string, body?: unknown) =>
  Effect.flatMap(Emulator.Emulator, ({ url }) =>
    Effect.promise(async () => {
      const response = await fetch(`${url}/bigquery/v2/projects/demo${path}`, {
        method,
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
      })
      const text = await response.text()
      return { status: response.status, body: text === "" ? undefined : JSON.parse(text) }
    })
  )

/** Runs a query: its rows and types, or the message of its error. */
export const ask = (query: string, more: object = {}): Effect.Effect<Answered | string, never, Emulator.Emulator> =>
  Effect.map(send("POST", "/queries", { query, useLegacySql: false, ...more }), ({ body, status }) => {
    if (status !== 200) return String(body.error.message)
    const type = ({
      fields,
      mode,
      type
    }: {
      readonly type: string
      readonly mode: string
      readonly fields?: unknown
    }) => `${type}${mode === "REPEATED" ? "[]" : ""}${fields === undefined ? "" : "{}"}`
    const rows: ReadonlyArray<{ readonly f: ReadonlyArray<Cell> }> = body.rows ?? []
    return { rows: rows.map(({ f }) => f.map(plain)), types: body.schema.fields.map(type) }
  })

/** The rows of a query that must be answered. */
export const rows = (query: string, more: object = {}) =>
  Effect.map(ask(query, more), (answered) => {
    if (typeof answered === "string") throw new Error(`${query}\n  ${answered}`)
    return answered.rows
  })

/** The message of a query that must be refused, or go wrong. */
export const refusal = (query: string, more: object = {}) =>
  Effect.map(ask(query, more), (answered) => {
    if (typeof answered !== "string") throw new Error(`${query}\n  was answered: ${JSON.stringify(answered.rows)}`)
    return answered
  })
