/**
 * Contexts, executions and artifacts: the three kinds of things that ML Metadata keeps.
 *
 * Source: google.cloud.aiplatform.v1 Context, Execution and Artifact.
 *
 * @since 0.1.0
 */
import * as Decode from "../wire/Decode.ts"

/**
 * The kinds, by the name of their collection.
 *
 * @since 0.1.0
 */
export type Kind = "artifacts" | "contexts" | "executions"

/**
 * The name of a kind's message.
 *
 * @since 0.1.0
 */
export const messageName = { artifacts: "Artifact", contexts: "Context", executions: "Execution" } as const

/**
 * The states of a kind, by number; contexts have none.
 *
 * @since 0.1.0
 */
export const states = {
  artifacts: ["STATE_UNSPECIFIED", "PENDING", "LIVE"],
  contexts: [],
  executions: ["STATE_UNSPECIFIED", "NEW", "RUNNING", "COMPLETE", "FAILED", "CACHED", "CANCELLED"]
} as const

const fields = {
  name: Decode.string,
  displayName: Decode.string,
  etag: Decode.string,
  labels: Decode.map(Decode.string),
  schemaTitle: Decode.string,
  schemaVersion: Decode.string,
  metadata: Decode.struct,
  description: Decode.string
}
const written = { ignored: ["createTime", "updateTime", "parentContexts"] }

const state = (kind: "artifacts" | "executions") => Decode.enumeration(`${messageName[kind]}.State`, states[kind])

/**
 * Reads what a request may set; what only the service writes is accepted and ignored, as Google does.
 *
 * @since 0.1.0
 */
export const decode: { readonly [K in Kind]: Decode.Decode<Draft> } = {
  artifacts: Decode.message("Artifact", { ...fields, uri: Decode.string, state: state("artifacts") }, written),
  contexts: Decode.message("Context", fields, written),
  executions: Decode.message("Execution", { ...fields, state: state("executions") }, written)
}

/**
 * What a request may set.
 *
 * @since 0.1.0
 */
export interface Draft {
  readonly name?: string | undefined
  readonly displayName?: string | undefined
  readonly etag?: string | undefined
  readonly labels?: { readonly [key: string]: string } | undefined
  readonly schemaTitle?: string | undefined
  readonly schemaVersion?: string | undefined
  readonly metadata?: Decode.JsonObject | undefined
  readonly description?: string | undefined
  readonly uri?: string | undefined
  readonly state?: string | undefined
}

/**
 * A context, execution or artifact as it is kept. `version` is its etag; times are milliseconds since 1970.
 *
 * @since 0.1.0
 */
export interface Node {
  readonly kind: Kind
  readonly id: string
  readonly name: string
  readonly draft: Draft
  readonly version: number
  readonly created: number
  readonly updated: number
}

/**
 * Writes a time as Google's services do.
 *
 * @since 0.1.0
 */
export const time = (milliseconds: number): string => new Date(milliseconds).toISOString().replace("Z", "000Z")

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === "" || (Decode.isJsonObject(value) && Object.keys(value).length === 0)

/**
 * The resource as it is answered: without what is empty, and with numbers for enum names when the client asked for them.
 *
 * @since 0.1.0
 */
export const resource = (
  { created, draft, kind, name, updated, version }: Node,
  options: { readonly parents: ReadonlyArray<string>; readonly enumNumbers: boolean }
): Decode.JsonObject => {
  const known: ReadonlyArray<string> = states[kind]
  const { etag: _etag, name: _name, state, ...rest } = draft
  const all = {
    name,
    ...rest,
    state: state !== undefined && options.enumNumbers ? known.indexOf(state) : state,
    etag: String(version),
    createTime: time(created),
    updateTime: time(updated),
    parentContexts: options.parents.length === 0 ? undefined : options.parents
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => !isEmpty(value)))
}

const label = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u

/**
 * Says which rule a resource breaks; undefined when it breaks none. Metadata has 200 KB at most.
 *
 * @since 0.1.0
 */
export const broken = ({
  displayName = "",
  labels = {},
  metadata,
  schemaVersion,
  schemaTitle
}: Draft): string | undefined => {
  if ([...displayName].length > 128) return "The display name must have at most 128 characters."
  if (Object.keys(labels).length > 64) return "At most 64 labels are allowed."
  if (Object.entries(labels).some(([key, value]) => key === "" || !label.test(key) || !label.test(value))) {
    return "Label keys and values have at most 63 lower-case letters, digits, underscores and dashes."
  }
  if (schemaVersion !== undefined && schemaVersion !== "" && (schemaTitle ?? "") === "") {
    return "schema_title must be set when schema_version is set."
  }
  if (metadata !== undefined && Buffer.byteLength(JSON.stringify(metadata)) > 200 * 1024) {
    return "The size of metadata must not exceed 200KB."
  }
  return undefined
}
