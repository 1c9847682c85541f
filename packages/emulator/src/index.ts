/**
 * A local HTTP server that speaks Vertex AI.
 *
 * @since 0.1.0
 */
export * as Emulator from "./Emulator.ts"
export * as EmulatorError from "./EmulatorError.ts"
export * as Fault from "./control/Fault.ts"
export * as Ledger from "./control/Ledger.ts"
export * as Latency from "./http/Latency.ts"
export * as Models from "./Models.ts"
