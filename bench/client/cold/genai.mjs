import { GoogleGenAI } from "@google/genai"

const [baseUrl] = process.argv.slice(2)
const client = new GoogleGenAI({
  vertexai: true,
  project: "acme",
  location: "global",
  httpOptions: { baseUrl },
  googleAuthOptions: { authClient: { getRequestHeaders: async () => new Headers({ authorization: "Bearer token" }) } }
})
const reply = await client.models.generateContent({
  model: "gemini-3.5-flash",
  contents: "What is the capital of France?",
  config: { maxOutputTokens: 256 }
})
console.log(reply.text)
