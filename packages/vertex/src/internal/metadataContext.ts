/** The context of ML Metadata: a named object with free metadata and an etag that changes with each write. */
import * as Schema from "effect/Schema"

/** The free part of a context. */
export type Metadata = { readonly [key: string]: Schema.Json }

/**
 * A context as it comes. `name` is checked because it goes into filters; names hold the project's number, whatever was asked.
 *
 * Source: google.cloud.aiplatform.v1.Context.
 */
export const Context = Schema.Struct({
  name: Schema.String.check(
    Schema.isPattern(/^projects\/[^/"\\\s]+\/locations\/[^/"\\\s]+\/metadataStores\/[^/"\\\s]+\/contexts\/[^/"\\\s]+$/)
  ),
  displayName: Schema.optional(Schema.String),
  description: Schema.optional(Schema.String),
  etag: Schema.optional(Schema.String),
  createTime: Schema.optional(Schema.String),
  updateTime: Schema.optional(Schema.String),
  schemaTitle: Schema.optional(Schema.String),
  parentContexts: Schema.optional(Schema.Array(Schema.String)),
  metadata: Schema.optional(Schema.Record(Schema.String, Schema.Json))
})

/** A context as it comes. */
export type Context = typeof Context.Type

/** A context as it is created. */
export interface Draft {
  readonly displayName: string
  readonly description?: string | undefined
  readonly schemaTitle: string
  readonly schemaVersion: string
  readonly metadata: Metadata
}

/** One page of a list. */
export const Page = Schema.Struct({
  contexts: Schema.optional(Schema.Array(Context)),
  nextPageToken: Schema.optional(Schema.String)
})

/** One page of a list. */
export type Page = typeof Page.Type

/** The contexts that a list asks for: of a kind, and below a parent, which is named with the project's number. */
export interface Filter {
  readonly schemaTitle: string
  readonly parent?: string | undefined
}

/** Writes a filter in the service's language, a subset of https://google.aip.dev/160. */
export const filterText = ({ parent, schemaTitle }: Filter): string =>
  `schema_title="${schemaTitle}"${parent === undefined ? "" : ` AND parent_contexts:"${parent}"`}`

/** The id in a context's name. */
export const idOf = (name: string): string => name.slice(name.lastIndexOf("/") + 1)

/** Whether two names mean the same context: one may hold the project's id and the other its number. */
export const isSame = (one: string, other: string): boolean => withoutProject(one) === withoutProject(other)

const withoutProject = (name: string): string => name.replace(/^projects\/[^/]+/, "")
