/** @google-cloud/vertexai, Google's former client. It speaks https only. */
import { type GenerateContentResponse, VertexAI } from "@google-cloud/vertexai"
import { type Contestant, fromPromises, model, project, prompt, settings } from "../Contestant.ts"
import { authClient } from "./AuthClient.ts"

const textOf = ({ candidates }: GenerateContentResponse) => candidates?.[0]?.content.parts[0]?.text

export const make = (url: string): Contestant => {
  // It prints its deprecation whenever it is constructed.
  console.warn = () => undefined
  const client = new VertexAI({
    project,
    location: "us-central1",
    apiEndpoint: new URL(url).host,
    googleAuthOptions: { authClient: authClient("@google-cloud/vertexai") }
  })
  const generative = client.getGenerativeModel({ model, generationConfig: settings })
  return fromPromises({
    abortable: false,
    generate: async () => textOf((await generative.generateContent(prompt)).response),
    stream: async function* () {
      const { stream } = await generative.generateContentStream(prompt)
      for await (const chunk of stream) yield textOf(chunk)
    }
  })
}
