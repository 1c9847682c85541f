/**
 * The eleven named criteria.
 *
 * @since 0.1.0
 */
import { coherence } from "./Coherence.ts"
import { fluency } from "./Fluency.ts"
import { groundedness } from "./Groundedness.ts"
import { instructionFollowing } from "./InstructionFollowing.ts"
import { multiTurnChatQuality } from "./MultiTurnChatQuality.ts"
import { multiTurnSafety } from "./MultiTurnSafety.ts"
import { questionAnsweringQuality } from "./QuestionAnsweringQuality.ts"
import { safety } from "./Safety.ts"
import { summarizationQuality } from "./SummarizationQuality.ts"
import { textQuality } from "./TextQuality.ts"
import { verbosity } from "./Verbosity.ts"
import type { Criterion } from "./Criterion.ts"

/**
 * The named criteria, each with a template for one answer and one for two.
 *
 * @since 0.1.0
 */
export const all: ReadonlyArray<Criterion> = [
  coherence,
  fluency,
  instructionFollowing,
  textQuality,
  summarizationQuality,
  questionAnsweringQuality,
  multiTurnChatQuality,
  safety,
  groundedness,
  multiTurnSafety,
  verbosity
]
