export * as EvaluationTest from "./EvaluationTest.ts"
export * as ExperimentsTest from "./ExperimentsTest.ts"
export * as TokenRule from "./TokenRule.ts"
export * as VertexTest from "./VertexTest.ts"
