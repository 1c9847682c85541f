/** The contracts, kept by the live layers against the emulator. */
import { Emulator } from "@genops/emulator"
import * as Credentials from "@genops/vertex/Credentials"
import * as Vertex from "@genops/vertex/Vertex"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Emulated from "./Emulated.ts"
import * as GenerativeModelContract from "./GenerativeModelContract.ts"
import type { Subject } from "./Subject.ts"
import * as TokenCounterContract from "./TokenCounterContract.ts"

const live = Layer.unwrap(
  Effect.map(Emulator.Emulator, ({ url }) =>
    Vertex.layer({ project: "acme", location: "global", baseUrl: url }, Credentials.layerAnonymous)
  )
)

const layer = Layer.mergeAll(live, Emulated.sent).pipe(Layer.provide(Emulator.layer()))
const subject: Subject<Layer.Error<typeof layer>> = { ...Emulated.prompts, layer }

GenerativeModelContract.suite("Vertex on the emulator", subject)
TokenCounterContract.suite("Vertex on the emulator", subject)
