/** The jobs of a project and region: what tuning needs of them, and the live ones. */
import type * as Budget from "@genops/core/Budget"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as CallMeter from "../CallMeter.ts"
import * as TuningBody from "../TuningBody.ts"
import type * as VertexClient from "../VertexClient.ts"
import type * as VertexError from "../VertexError.ts"
import { decoder } from "./decode.ts"
import type { Body } from "./tuningRequest.ts"

type Answer<A> = Effect.Effect<A, VertexError.VertexError>

/** What a list is asked for. */
interface ListQuery {
  readonly filter: string | undefined
  readonly pageSize: number
  readonly pageToken: string | undefined
}

/** Jobs by full name. */
export interface TuningStore {
  /** Creates a job. It is sent at most once. */
  readonly create: (body: Body) => Effect.Effect<TuningBody.TuningBody, VertexError.VertexError | Budget.BudgetExceeded>
  readonly get: (name: string) => Answer<TuningBody.TuningBody>
  readonly list: (query: ListQuery) => Answer<TuningBody.TuningPage>
  readonly cancel: (name: string) => Answer<void>
}

const decodeJob = decoder(TuningBody.TuningBody)
const decodePage = decoder(TuningBody.TuningPage)
const decodeNothing = decoder(Schema.Unknown)

/** Makes the jobs of a project and region over a client. */
export const make = (
  client: VertexClient.VertexClient["Service"],
  place: { readonly project: string | undefined; readonly location: string }
): TuningStore => {
  // Without a project the service refuses every call before it comes here.
  const parent = `projects/${place.project ?? ""}/locations/${place.location}`

  /** The host follows the location inside the name. */
  const call = <A>(call: Omit<VertexClient.Call<A>, "location" | "rateKey">) => {
    const location = /^projects\/[^/]+\/locations\/([^/]+)/.exec(call.resource)?.[1] ?? place.location
    return Effect.map(client.call({ ...call, location, rateKey: `${location} tuningJobs` }), ({ value }) => value)
  }

  const free = <A>(settings: Omit<VertexClient.Call<A>, "location" | "rateKey" | "safeToRepeat">): Answer<A> =>
    call({ ...settings, safeToRepeat: true }).pipe(
      // Looking and cancelling are free: a budget around them has nothing to refuse.
      Effect.provideService(CallMeter.CallMeter, CallMeter.free),
      Effect.catchTag("BudgetExceeded", Effect.die)
    )

  return {
    create: (body) =>
      call({
        operation: "tuningJobs.create",
        method: "POST",
        path: `${parent}/tuningJobs`,
        resource: parent,
        body: JSON.stringify(body),
        decode: decodeJob,
        // A second job is a second bill, and the service has no request id by which it would know the first.
        safeToRepeat: false
      }),
    get: (name) => free({ operation: "tuningJobs.get", method: "GET", path: name, resource: name, decode: decodeJob }),
    list: ({ filter, pageSize, pageToken }) => {
      const query = new URLSearchParams({
        ...(filter === undefined ? {} : { filter }),
        pageSize: String(pageSize),
        ...(pageToken === undefined ? {} : { pageToken })
      })
      const path = `${parent}/tuningJobs?${query}`
      return free({ operation: "tuningJobs.list", method: "GET", path, resource: parent, decode: decodePage })
    },
    cancel: (name) =>
      Effect.asVoid(
        free({
          operation: "tuningJobs.cancel",
          method: "POST",
          path: `${name}:cancel`,
          resource: name,
          body: "{}",
          decode: decodeNothing
        })
      )
  }
}
