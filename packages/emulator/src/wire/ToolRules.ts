/**
 * What tools must hold beyond their shape: names, numbers, and settings that fit them.
 *
 * @since 0.1.0
 */
import type { FunctionDeclaration, Tool, ToolConfig } from "./Tool.ts"

const cannot = "Unable to submit request because"

const validName = /^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/

/**
 * All functions that the tools of a request declare.
 *
 * @since 0.1.0
 */
export const declarations = (tools: ReadonlyArray<Tool> | undefined): ReadonlyArray<FunctionDeclaration> =>
  (tools ?? []).flatMap((tool) => tool.functionDeclarations ?? [])

function* declarationProblems(declared: ReadonlyArray<FunctionDeclaration>): Generator<string> {
  if (declared.length > 128) {
    yield `${cannot} it declares ${declared.length} functions but at most 128 are supported.`
  }
  const names = new Set<string>()
  for (const { name = "", parameters, parametersJsonSchema } of declared) {
    if (!validName.test(name)) {
      yield `Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128: "${name.slice(0, 140)}"`
    }
    if (names.has(name)) yield `Duplicate function declaration found: ${name}`
    names.add(name)
    if (parameters !== undefined && parametersJsonSchema !== undefined) {
      yield `${cannot} function ${name} sets both parameters and parameters_json_schema, which are mutually exclusive.`
    }
  }
}

/**
 * Every problem of a request's tools and their settings, the first first.
 *
 * @since 0.1.0
 */
export function* problems(tools: ReadonlyArray<Tool> | undefined, config: ToolConfig | undefined): Generator<string> {
  for (const [index, tool] of (tools ?? []).entries()) {
    if (Object.keys(tool).length === 0) {
      yield `${cannot} tools[${index}].tool_type: required one_of 'tool_type' must have one initialized field.`
    }
    const search = tool.retrieval?.vertexAiSearch
    if (search !== undefined && (search.datastore === undefined) === (search.engine === undefined)) {
      yield `${cannot} tools[${index}].retrieval.vertex_ai_search takes exactly one of datastore and engine.`
    }
    const maximum = search?.maxResults
    if (maximum !== undefined && (maximum < 1 || maximum > 10)) {
      yield `${cannot} it has a maxResults value of ${maximum} but the supported range is from 1 (inclusive) to 10 (inclusive). Update the value and try again.`
    }
  }
  const declared = declarations(tools)
  yield* declarationProblems(declared)
  const { allowedFunctionNames = [], mode } = config?.functionCallingConfig ?? {}
  const mustCall = mode === "ANY" || mode === "VALIDATED"
  if (mustCall && declared.length === 0) yield "Function calling config is set without function_declarations."
  if (allowedFunctionNames.length > 0 && !mustCall) {
    yield "`allowed_function_names` should be set only when mode is ANY or VALIDATED."
  }
  const unknown = allowedFunctionNames.find((name) => !declared.some((item) => item.name === name))
  if (unknown !== undefined) yield `\`allowed_function_names\` names "${unknown}", which is not declared.`
}
