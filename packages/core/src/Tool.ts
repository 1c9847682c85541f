/**
 * Tools that a model may use: declared functions, search grounding, retrieval, URL context and code execution.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/Tool
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const Json = Schema.Record(Schema.String, Schema.Unknown)

/**
 * A function that the model may ask to be called. `parameters` takes Vertex's schema form, `parametersJsonSchema` JSON Schema.
 *
 * @since 0.1.0
 */
export const FunctionDeclaration = Schema.Struct({
  name: Schema.String.check(
    Schema.isPattern(/^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/, {
      message: "a function name starts with a letter or _ and has at most 128 of A-Z a-z 0-9 _ . : -"
    })
  ),
  description: Schema.optional(Schema.String),
  parameters: Schema.optional(Json),
  parametersJsonSchema: Schema.optional(Json),
  response: Schema.optional(Json),
  responseJsonSchema: Schema.optional(Json),
  behavior: Schema.optional(Schema.Literals(["BLOCKING", "NON_BLOCKING"]))
})

/**
 * A function that the model may ask to be called.
 *
 * @since 0.1.0
 */
export type FunctionDeclaration = typeof FunctionDeclaration.Type

/**
 * Grounding in a Vertex AI Search data store or engine, or in RAG corpora.
 *
 * @since 0.1.0
 */
export const Retrieval = Schema.Struct({
  vertexAiSearch: Schema.optional(
    Schema.Struct({
      datastore: Schema.optional(Schema.String),
      engine: Schema.optional(Schema.String),
      maxResults: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 }))),
      filter: Schema.optional(Schema.String),
      dataStoreSpecs: Schema.optional(Schema.Array(Json))
    }).check(
      Schema.makeFilter((search) =>
        (search.datastore === undefined) === (search.engine === undefined)
          ? "vertexAiSearch takes exactly one of datastore and engine"
          : undefined
      )
    )
  ),
  vertexRagStore: Schema.optional(
    Schema.Struct({
      ragResources: Schema.Array(
        Schema.Struct({ ragCorpus: Schema.String, ragFileIds: Schema.optional(Schema.Array(Schema.String)) })
      ),
      ragRetrievalConfig: Schema.optional(Json),
      similarityTopK: Schema.optional(Schema.Int),
      vectorDistanceThreshold: Schema.optional(Schema.Finite)
    })
  ),
  externalApi: Schema.optional(Json)
})

/**
 * One tool: normally exactly one of the fields.
 *
 * @since 0.1.0
 */
export const Tool = Schema.Struct({
  functionDeclarations: Schema.optional(Schema.Array(FunctionDeclaration).check(Schema.isMaxLength(128))),
  googleSearch: Schema.optional(
    Schema.Struct({
      excludeDomains: Schema.optional(Schema.Array(Schema.String).check(Schema.isMaxLength(2000))),
      blockingConfidence: Schema.optional(Schema.String)
    })
  ),
  googleSearchRetrieval: Schema.optional(Json),
  retrieval: Schema.optional(Retrieval),
  codeExecution: Schema.optional(Schema.Struct({})),
  urlContext: Schema.optional(Schema.Struct({})),
  googleMaps: Schema.optional(Json),
  enterpriseWebSearch: Schema.optional(Json)
}).check(
  Schema.makeFilter((tool) =>
    Object.values(tool).some((value) => value !== undefined) ? undefined : "a tool names at least one capability"
  )
)

/**
 * One tool: normally exactly one of the fields.
 *
 * @since 0.1.0
 */
export type Tool = typeof Tool.Type

/**
 * Whether and which functions the model must call (`ANY`), may call (`AUTO`, the default) or must not call (`NONE`).
 *
 * @since 0.1.0
 */
export const ToolConfig = Schema.Struct({
  functionCallingConfig: Schema.optional(
    Schema.Struct({
      mode: Schema.optional(Schema.Literals(["AUTO", "ANY", "NONE", "VALIDATED"])),
      allowedFunctionNames: Schema.optional(Schema.Array(Schema.String)),
      streamFunctionCallArguments: Schema.optional(Schema.Boolean)
    }).check(
      Schema.makeFilter((config) =>
        config.allowedFunctionNames !== undefined && config.mode !== "ANY" && config.mode !== "VALIDATED"
          ? "allowedFunctionNames needs mode ANY or VALIDATED"
          : undefined
      )
    )
  ),
  retrievalConfig: Schema.optional(Json)
})

/**
 * Makes the tool that lets the model call functions.
 *
 * @since 0.1.0
 */
export const functions = (...declarations: ReadonlyArray<FunctionDeclaration>): Tool => ({
  functionDeclarations: declarations
})

/**
 * Declares a function whose parameters are described by a Schema.
 *
 * @since 0.1.0
 */
export const declare = <S extends Schema.Constraint>(options: {
  readonly name: string
  readonly description: string
  readonly parameters: S
}): FunctionDeclaration => ({
  name: options.name,
  description: options.description,
  parametersJsonSchema: jsonSchema(options.parameters)
})

/**
 * Grounds answers in Google Search.
 *
 * @since 0.1.0
 */
export const googleSearch = (options: { readonly excludeDomains?: ReadonlyArray<string> } = {}): Tool => ({
  googleSearch: options
})

/**
 * Grounds answers in a Vertex AI Search data store, by its full resource name.
 *
 * @since 0.1.0
 */
export const vertexAiSearch = (datastore: string, options: { readonly maxResults?: number } = {}): Tool => ({
  retrieval: { vertexAiSearch: { datastore, ...options } }
})

/**
 * Grounds answers in a RAG corpus, by its full resource name.
 *
 * @since 0.1.0
 */
export const ragCorpus = (corpus: string, options: { readonly topK?: number } = {}): Tool => ({
  retrieval: {
    vertexRagStore: {
      ragResources: [{ ragCorpus: corpus }],
      ...(options.topK === undefined ? {} : { ragRetrievalConfig: { topK: options.topK } })
    }
  }
})

/**
 * Lets the model read the URLs of the prompt.
 *
 * @since 0.1.0
 */
export const urlContext: Tool = { urlContext: {} }

/**
 * Lets the model run Python.
 *
 * @since 0.1.0
 */
export const codeExecution: Tool = { codeExecution: {} }

/**
 * Turns a Schema into the JSON Schema that Vertex accepts: definitions stay in `$defs`, objects with known fields are closed.
 *
 * @since 0.1.0
 */
export const jsonSchema = (schema: Schema.Constraint): { readonly [key: string]: unknown } => {
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema)
  const defs = Object.entries(definitions).map(([name, definition]) => [name, closed(definition)])
  return { ...closedObject(root), ...(defs.length === 0 ? {} : { $defs: Object.fromEntries(defs) }) }
}

const closed = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(closed) : typeof value === "object" && value !== null ? closedObject(value) : value

const closedObject = (value: object): { readonly [key: string]: unknown } =>
  Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === "additionalProperties" && item === true ? false : closed(item)
    ])
  )
