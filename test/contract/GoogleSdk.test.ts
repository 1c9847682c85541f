/** The contracts, kept by `GoogleSdk.layer` against the emulator over https, which is all that Google's client speaks. */
import { Emulator } from "@genops/emulator"
import * as GoogleSdk from "@genops/vertex/GoogleSdk"
import { VertexAI } from "@google-cloud/vertexai"
import { vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { readFileSync } from "node:fs"
import * as Tls from "node:tls"
import * as Emulated from "./Emulated.ts"
import * as GenerativeModelContract from "./GenerativeModelContract.ts"
import type { Subject } from "./Subject.ts"
import * as TokenCounterContract from "./TokenCounterContract.ts"

const pem = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url), "utf8")
const tls = { cert: pem("cert"), key: pem("key") }

// Trusted by this thread only.
Tls.setDefaultCACertificates([...Tls.getCACertificates("default"), tls.cert])
// The client prints its deprecation at each construction.
vi.spyOn(console, "warn").mockImplementation(() => undefined)

const clientOf = ({ host, port }: { readonly host: string; readonly port: number }) => {
  const client = new VertexAI({ project: "acme", location: "us-central1", apiEndpoint: `${host}:${port}` })
  const auth = client["googleAuth"]
  const user = auth.fromJSON({ type: "authorized_user", client_id: "i", client_secret: "s", refresh_token: "r" })
  user.setCredentials({ access_token: "token", expiry_date: Date.now() + 3_600_000 })
  auth.cachedCredential = user
  return client
}

const sdk = Layer.unwrap(Effect.map(Emulator.Emulator, (emulator) => GoogleSdk.layer(clientOf(emulator))))

const layer = Layer.mergeAll(sdk, Emulated.sent).pipe(Layer.provide(Emulator.layer({ tls })))
const subject: Subject<Layer.Error<typeof layer>> = { ...Emulated.prompts, layer }

GenerativeModelContract.suite("GoogleSdk on the emulator", subject)
TokenCounterContract.suite("GoogleSdk on the emulator", subject)
