/** Which Google Cloud an example talks to: the real one, a running emulator, or one that it starts itself. */
import * as Credentials from "@genops/vertex/Credentials"
import * as Vertex from "@genops/vertex/Vertex"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { type Options, UsageError } from "./Options.ts"

/** `url` is the emulator's; undefined for Google's own hosts. */
export class Target extends Context.Service<
  Target,
  { readonly project: string; readonly location: string; readonly url: string | undefined }
>()("@genops/examples/Target") {}

/** How the embedded emulator is started: where it keeps its state, and how long its tuning jobs take. */
export interface Embedded {
  readonly directory?: string
  readonly tuningSeconds?: number
}

const target = (options: Options, { directory, tuningSeconds }: Embedded) =>
  Effect.gen(function* () {
    const { location } = options
    if (options.live) {
      if (Option.isSome(options.endpoint)) {
        return yield* new UsageError({ description: "--live and --endpoint exclude each other." })
      }
      const project = Option.getOrUndefined(options.project) ?? process.env["GOOGLE_CLOUD_PROJECT"]
      if (project === undefined || project === "") {
        return yield* new UsageError({ description: "--live needs --project, or GOOGLE_CLOUD_PROJECT." })
      }
      return Target.of({ project, location, url: undefined })
    }
    if (Option.isSome(options.project)) {
      return yield* new UsageError({ description: "--project has a meaning only together with --live." })
    }
    const project = "demo-project"
    if (Option.isSome(options.endpoint)) return Target.of({ project, location, url: options.endpoint.value })
    // Loaded only here: a live run starts without it.
    const Emulator = yield* Effect.promise(() => import("@genops/emulator/Emulator"))
    const { url } = yield* Emulator.start({
      port: 0,
      ...(directory === undefined ? {} : { directory }),
      ...(tuningSeconds === undefined ? {} : { tuning: { seconds: tuningSeconds } })
    })
    return Target.of({ project, location, url })
  })

const vertex = Layer.unwrap(
  Effect.map(Target, ({ location, project, url }) =>
    url === undefined
      ? Vertex.layer({ project, location })
      : Vertex.layer({ project, location, baseUrl: url }, Credentials.layerAnonymous)
  )
)

/** The target and the Vertex services on it. */
export const layer = (options: Options, embedded: Embedded = {}) =>
  Layer.provideMerge(vertex, Layer.effect(Target, target(options, embedded)))
