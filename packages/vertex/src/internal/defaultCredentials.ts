/**
 * Application-default credentials by google-auth-library, and words for where they were looked for.
 */
import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import * as Predicate from "effect/Predicate"

/** The part of a `GoogleAuth` that is used. `expiry_date` is in milliseconds since 1970. */
export interface TokenSource {
  getClient(): Promise<{
    getRequestHeaders(): Promise<Headers>
    readonly credentials?: { readonly expiry_date?: number | null }
  }>
}

/** Loads google-auth-library, which takes a tenth of a second, when it is needed. */
export const load = async (): Promise<TokenSource> => {
  const { GoogleAuth } = await import("google-auth-library")
  // With a project id it does not run gcloud to find one; ours comes from VertexConfig.
  return new GoogleAuth({ scopes: "https://www.googleapis.com/auth/cloud-platform", projectId: "not-used" })
}

/** The headers of the token that is valid now, fetched if need be. */
export const token = async (source: TokenSource) => {
  const client = await source.getClient()
  const headers = await client.getRequestHeaders()
  const { authorization, ...others } = Object.fromEntries(headers)
  if (authorization === undefined) throw new Error("no token")
  return { headers: { ...others, authorization }, expiresAt: client.credentials?.expiry_date ?? undefined }
}

// The names that google-auth-library reads. It reads them from the process, so what it saw can only be said from there.
const environment = (name: string): string => process.env[name] ?? ""

const wellKnownFile = (): string => {
  const home =
    process.platform === "win32" ? join(environment("APPDATA"), "gcloud") : join(homedir(), ".config", "gcloud")
  return join(environment("CLOUDSDK_CONFIG") || home, "application_default_credentials.json")
}

/** Says where credentials are looked for, and what is there; never what a file holds. */
export const lookedAt = (): string => {
  const file = environment("GOOGLE_APPLICATION_CREDENTIALS")
  const variable =
    file === "" ? "not set" : existsSync(file) ? "set, the file exists" : "set, but there is no such file"
  const wellKnown = wellKnownFile()
  const server =
    environment("METADATA_SERVER_DETECTION") === "none" ? "switched off by METADATA_SERVER_DETECTION" : "no answer"
  return (
    `Looked at GOOGLE_APPLICATION_CREDENTIALS (${variable}), ` +
    `${wellKnown} (${existsSync(wellKnown) ? "exists" : "missing"}), metadata server (${server}).`
  )
}

const word = (value: unknown): string | undefined =>
  typeof value === "string" && /^[A-Za-z0-9_.:-]{1,60}$/.test(value) ? value : undefined

/** The error code of OAuth, such as `invalid_grant`, in the answer of a token endpoint. */
const oauthError = (cause: unknown): string | undefined => {
  const response = Predicate.hasProperty(cause, "response") ? cause.response : undefined
  const data = Predicate.hasProperty(response, "data") ? response.data : undefined
  return Predicate.hasProperty(data, "error") ? word(data.error) : undefined
}

/** Says why there is no token. Messages of the library are left out: one about a broken file quotes the file. */
export const explain = (cause: unknown): string => {
  const code = oauthError(cause) ?? (Predicate.hasProperty(cause, "code") ? word(String(cause.code)) : undefined)
  if (cause instanceof SyntaxError) return `the credentials file is not JSON. ${lookedAt()}`
  if (code !== undefined) return `no token could be fetched (${code}). ${lookedAt()}`
  const none = cause instanceof Error && cause.message.startsWith("Could not load the default credentials")
  return `${none ? "none were found" : "they could not be used"}. ${lookedAt()}`
}
