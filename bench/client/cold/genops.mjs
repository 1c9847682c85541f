import * as ModelConfiguration from "@genops/core/ModelConfiguration"
import * as Credentials from "@genops/vertex/Credentials"
import * as GenerativeModel from "@genops/vertex/GenerativeModel"
import * as Vertex from "@genops/vertex/Vertex"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

const [baseUrl] = process.argv.slice(2)
const layer = Vertex.layer(
  { project: "acme", location: "global", baseUrl },
  Credentials.layerToken(Redacted.make("token"))
)
const flash = ModelConfiguration.make("gemini-3.5-flash", { generationConfig: { maxOutputTokens: 256 } })
const reply = await Effect.runPromise(
  Effect.provide(GenerativeModel.generate(flash, "What is the capital of France?"), layer)
)
console.log(reply.text)
