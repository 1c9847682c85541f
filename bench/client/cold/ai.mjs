import { createGoogleVertex } from "@ai-sdk/google-vertex"
import { generateText } from "ai"

const [baseUrl] = process.argv.slice(2)
const vertex = createGoogleVertex({
  project: "acme",
  location: "global",
  baseURL: `${baseUrl}/v1/projects/acme/locations/global/publishers/google`,
  googleAuthOptions: { authClient: { getAccessToken: async () => ({ token: "token" }) } }
})
const { text } = await generateText({
  model: vertex("gemini-3.5-flash"),
  prompt: "What is the capital of France?",
  maxOutputTokens: 256
})
console.log(text)
