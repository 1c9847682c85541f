export * as TokenRule from "./TokenRule.ts"
export * as VertexTest from "./VertexTest.ts"
