/**
 * Tools and their settings as they arrive.
 *
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/Tool
 *
 * @since 0.1.0
 */
import * as Decode from "./Decode.ts"
import * as JsonSchema from "./JsonSchema.ts"

const functionDeclaration = Decode.message("FunctionDeclaration", {
  name: Decode.string,
  description: Decode.string,
  parameters: JsonSchema.decode,
  parametersJsonSchema: Decode.json,
  response: JsonSchema.decode,
  responseJsonSchema: Decode.json,
  behavior: Decode.enumeration("FunctionDeclaration.Behavior", ["UNSPECIFIED", "BLOCKING", "NON_BLOCKING"])
})

const retrieval = Decode.message("Retrieval", {
  vertexAiSearch: Decode.message("VertexAISearch", {
    datastore: Decode.string,
    engine: Decode.string,
    maxResults: Decode.int32,
    filter: Decode.string,
    dataStoreSpecs: Decode.list(Decode.struct)
  }),
  vertexRagStore: Decode.message("VertexRagStore", {
    ragResources: Decode.list(
      Decode.message("VertexRagStore.RagResource", {
        ragCorpus: Decode.string,
        ragFileIds: Decode.list(Decode.string)
      })
    ),
    ragRetrievalConfig: Decode.struct,
    similarityTopK: Decode.int32,
    vectorDistanceThreshold: Decode.float,
    storeContext: Decode.bool
  }),
  externalApi: Decode.struct,
  disableAttribution: Decode.bool
})

/**
 * Reads a tool.
 *
 * @since 0.1.0
 */
export const decode = Decode.message("Tool", {
  functionDeclarations: Decode.list(functionDeclaration),
  googleSearch: Decode.message("Tool.GoogleSearch", {
    excludeDomains: Decode.list(Decode.string),
    blockingConfidence: Decode.string,
    searchTypes: Decode.struct,
    timeRangeFilter: Decode.struct
  }),
  googleSearchRetrieval: Decode.message("GoogleSearchRetrieval", {
    dynamicRetrievalConfig: Decode.message("DynamicRetrievalConfig", {
      mode: Decode.enumeration("DynamicRetrievalConfig.Mode", ["MODE_UNSPECIFIED", "MODE_DYNAMIC"]),
      dynamicThreshold: Decode.float
    })
  }),
  retrieval,
  codeExecution: Decode.message("Tool.CodeExecution", {}),
  urlContext: Decode.message("UrlContext", {}),
  googleMaps: Decode.struct,
  enterpriseWebSearch: Decode.message("EnterpriseWebSearch", {
    excludeDomains: Decode.list(Decode.string),
    blockingConfidence: Decode.string
  }),
  computerUse: Decode.struct,
  parallelAiSearch: Decode.struct,
  exaAiSearch: Decode.struct
})

/**
 * A tool as read.
 *
 * @since 0.1.0
 */
export type Tool = NonNullable<ReturnType<typeof decode>>

/**
 * A declared function as read.
 *
 * @since 0.1.0
 */
export type FunctionDeclaration = NonNullable<Tool["functionDeclarations"]>[number]

/**
 * Reads the settings that all tools of a request share.
 *
 * @since 0.1.0
 */
export const decodeConfig = Decode.message("ToolConfig", {
  functionCallingConfig: Decode.message("FunctionCallingConfig", {
    mode: Decode.enumeration("FunctionCallingConfig.Mode", ["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"]),
    allowedFunctionNames: Decode.list(Decode.string),
    streamFunctionCallArguments: Decode.bool
  }),
  retrievalConfig: Decode.message("RetrievalConfig", {
    latLng: Decode.message("LatLng", { latitude: Decode.float, longitude: Decode.float }),
    languageCode: Decode.string
  })
})

/**
 * The settings of tools as read.
 *
 * @since 0.1.0
 */
export type ToolConfig = NonNullable<ReturnType<typeof decodeConfig>>
