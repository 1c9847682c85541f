import { VertexAI } from "@google-cloud/vertexai"

const [baseUrl] = process.argv.slice(2)
const client = new VertexAI({
  project: "acme",
  location: "us-central1",
  apiEndpoint: new URL(baseUrl).host,
  googleAuthOptions: { authClient: { getAccessToken: async () => ({ token: "token" }) } }
})
const model = client.getGenerativeModel({ model: "gemini-3.5-flash", generationConfig: { maxOutputTokens: 256 } })
const { response } = await model.generateContent("What is the capital of France?")
console.log(response.candidates[0].content.parts[0].text)
