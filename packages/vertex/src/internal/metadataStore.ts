/** The metadata store of a project and region: what experiments need of it, and the live one. */
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as CallMeter from "../CallMeter.ts"
import type * as VertexClient from "../VertexClient.ts"
import type * as VertexError from "../VertexError.ts"
import { decoder } from "./decode.ts"
import { Context, type Draft, type Filter, filterText, idOf, Page } from "./metadataContext.ts"
import * as metadataOperation from "./metadataOperation.ts"

type Answer<A> = Effect.Effect<A, VertexError.VertexError>

/** Contexts by id. `operation` is the name that errors show. */
export interface MetadataStore {
  /** Makes sure that the store exists. */
  readonly ready: (operation: string) => Answer<void>
  readonly create: (operation: string, id: string, draft: Draft) => Answer<Context>
  readonly get: (operation: string, id: string) => Answer<Context>
  /** Replaces the context with the same name; fails with `Conflict` `Aborted` when its etag is not the stored one. */
  readonly update: (operation: string, context: Context) => Answer<Context>
  /** Puts a context below another one; doing it again changes nothing. */
  readonly link: (operation: string, parent: Context, child: Context) => Answer<void>
  readonly list: (operation: string, filter: Filter, pageToken: string | undefined) => Answer<Page>
  readonly remove: (operation: string, id: string) => Answer<void>
}

const decodeContext = decoder(Context)
const decodePage = decoder(Page)
const decodeNothing = decoder(Schema.Unknown)

/**
 * Makes the store `default`, which Google's SDKs use, of a project and region.
 *
 * Every call may be repeated: creations name their id, and an update that names an etag is done once.
 */
export const make = (
  client: VertexClient.VertexClient["Service"],
  place: { readonly project: string | undefined; readonly location: string }
): MetadataStore => {
  // Without a project the service refuses every call before it comes here.
  const { location, project = "" } = place
  const parent = `projects/${project}/locations/${location}/metadataStores`
  const store = `${parent}/default`

  const call = <A>(
    operation: string,
    method: VertexClient.Call<A>["method"],
    path: string,
    decode: (json: unknown) => Result.Result<A, VertexClient.Malformed>,
    body?: unknown
  ): Answer<A> =>
    client
      .call({
        operation,
        method,
        path,
        location,
        resource: path.replace(/\?.*$|:[A-Za-z]+$/, ""),
        rateKey: `${location} metadata`,
        body: body === undefined ? undefined : JSON.stringify(body),
        decode,
        safeToRepeat: true
      })
      .pipe(
        // ML Metadata is not billed by the call: a budget around it has nothing to refuse.
        Effect.provideService(CallMeter.CallMeter, CallMeter.free),
        Effect.catchTag("BudgetExceeded", Effect.die),
        Effect.map(({ value }) => value)
      )

  /** Starts a long-running operation and waits for its end. */
  const run = (operation: string, method: "POST" | "DELETE", path: string, body?: unknown): Answer<void> =>
    Effect.flatMap(call(operation, method, path, metadataOperation.decode, body), (started) =>
      metadataOperation.finished(operation, started, (name) => call(operation, "GET", name, metadataOperation.decode))
    )

  let exists = false
  const turn = Semaphore.makeUnsafe(1)
  const ensure = (operation: string) =>
    call(operation, "GET", store, decodeNothing).pipe(
      Effect.catchReason("VertexError", "NotFound", () =>
        run(operation, "POST", `${parent}?metadataStoreId=default`, {}).pipe(
          // Somebody else makes it at the same time.
          Effect.catchReason("VertexError", "Conflict", () => Effect.void)
        )
      ),
      Effect.map(() => {
        exists = true
      })
    )

  return {
    // One fiber looks, the others wait for it.
    ready: (operation) =>
      Effect.suspend(() => {
        if (exists) return Effect.void
        return turn.withPermit(Effect.suspend(() => (exists ? Effect.void : ensure(operation))))
      }),
    create: (operation, id, draft) =>
      call(operation, "POST", `${store}/contexts?contextId=${id}`, decodeContext, draft),
    get: (operation, id) => call(operation, "GET", `${store}/contexts/${id}`, decodeContext),
    // The whole context without a mask, as Google's SDK writes it.
    update: (operation, context) =>
      call(operation, "PATCH", `${store}/contexts/${idOf(context.name)}`, decodeContext, context),
    link: (operation, above, below) =>
      Effect.asVoid(
        call(operation, "POST", `${store}/contexts/${idOf(above.name)}:addContextChildren`, decodeNothing, {
          childContexts: [below.name]
        })
      ),
    list: (operation, filter, pageToken) => {
      const from = pageToken === undefined ? "" : `&pageToken=${encodeURIComponent(pageToken)}`
      const query = `filter=${encodeURIComponent(filterText(filter))}&pageSize=100${from}`
      return call(operation, "GET", `${store}/contexts?${query}`, decodePage)
    },
    remove: (operation, id) => run(operation, "DELETE", `${store}/contexts/${id}`)
  }
}
