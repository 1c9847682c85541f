/**
 * Uploads to Cloud Storage. Requests of a resumable upload after its first are `storage.objects.upload`.
 *
 * Source: https://cloud.google.com/storage/docs/uploads-downloads
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type * as Answer from "../http/Answer.ts"
import type { Intake, Request, Route } from "../http/Route.ts"
import type { State } from "../State.ts"
import * as Refusal from "../storage/Refusal.ts"
import * as Upload from "../storage/Upload.ts"
import * as StorageRoute from "./StorageRoute.ts"

const shown = (state: State, request: Request, done: Upload.Done): Answer.Unary =>
  StorageRoute.answer(
    request,
    Result.map(done, (done) => {
      if ("generation" in done) return StorageRoute.shown(state, request, done)
      const { id, part, target } = done
      const kept = part.kept()
      if (request.method === "PUT") {
        return StorageRoute.empty(308, kept === 0 ? {} : { range: `bytes=0-${kept - 1}` })
      }
      const query = new URLSearchParams({ uploadType: "resumable", name: target.name, upload_id: id })
      const path = `/upload/storage/v1/b/${encodeURIComponent(target.bucket)}/o`
      const location = `${StorageRoute.origin(state, request)}${path}?${query}`
      return StorageRoute.empty(200, { location, "x-guploader-uploadid": id })
    })
  )

const cancel: StorageRoute.Handler = ({ storage }, { query }) => {
  const session = storage.sessions.find(query.get("upload_id") ?? "")
  if (session === undefined) return Result.fail(Refusal.gone)
  storage.sessions.drop(session)
  return Result.succeed(StorageRoute.empty(499))
}

/**
 * The routes of uploads.
 *
 * @since 0.1.0
 */
export const routes = (state: State): ReadonlyArray<Route> => {
  const route = StorageRoute.make(state)
  const path = "(?:/resumable)?/upload(?:/storage/v1)?/b/(?<bucket>[^/]+)/o"
  const taking = (operation: string, method: Route["method"], use: typeof Upload.insert): Route => {
    const intake = (request: Request): Intake => {
      const { cut, end, write } = use(state.storage, request)
      return { write, cut, end: () => shown(state, request, end()) }
    }
    const handle = (request: Request) => {
      const { end, write } = intake(request)
      write(request.body)
      return end()
    }
    return { ...route(operation, method, path, () => Result.fail(Refusal.gone)), handle, intake }
  }
  return [
    taking("objects.insert", "POST", Upload.insert),
    taking("objects.upload", "PUT", Upload.resume),
    route("objects.cancel", "DELETE", path, cancel)
  ]
}
