/** A client of google-auth-library that holds a token, of the very version that a library brings along. */
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"

const brought = "google-auth-library"

export const authClient = (library: string) => {
  const require = createRequire(fileURLToPath(import.meta.resolve(library)))
  const { OAuth2Client } = require(brought)
  const client = new OAuth2Client()
  client.setCredentials({ access_token: "token", expiry_date: Date.now() + 3_600_000 })
  return client
}
