/** Who is compared in the fixture, what they say, and what happened around it. */
import * as Money from "@genops/core/Money"
import type * as GateReport from "../src/GateReport.ts"
import type * as RunHistory from "../src/RunHistory.ts"

/** How good, fast and dear a candidate is. */
interface Character {
  readonly name: string
  readonly model: string
  readonly skill: number
  readonly milliseconds: number
  /** Pico-dollars for a token of input and of output. */
  readonly price: readonly [input: number, output: number]
  readonly blocked: number
}

export const characters: ReadonlyArray<Character> = [
  {
    name: "pro",
    model: "gemini-3.1-pro-preview",
    skill: 0.72,
    milliseconds: 3100,
    price: [2_000_000, 12_000_000],
    blocked: 0
  },
  {
    name: "flash",
    model: "gemini-3.5-flash",
    skill: 0.6,
    milliseconds: 900,
    price: [300_000, 2_500_000],
    blocked: 0.004
  },
  {
    name: "support-v7",
    model: "projects/acme/locations/us-central1/endpoints/4711",
    skill: 0.8,
    milliseconds: 1100,
    price: [300_000, 2_500_000],
    blocked: 0.006
  },
  {
    name: "balanced",
    model: "gemini-3.5-flash",
    skill: 0.61,
    milliseconds: 950,
    price: [300_000, 2_500_000],
    blocked: 0
  },
  {
    name: "deterministic",
    model: "gemini-3.5-flash",
    skill: 0.64,
    milliseconds: 880,
    price: [300_000, 2_500_000],
    blocked: 0
  },
  {
    name: "random",
    model: "gemini-3.5-flash",
    skill: 0.5,
    milliseconds: 990,
    price: [300_000, 2_500_000],
    blocked: 0.01
  },
  {
    name: "grounded",
    model: "gemini-3.5-flash",
    skill: 0.68,
    milliseconds: 2400,
    price: [350_000, 2_900_000],
    blocked: 0
  }
]

export const topics = [
  "invoice",
  "refund",
  "password",
  "single sign-on",
  "webhook",
  "data export",
  "seat limit",
  "audit log",
  "API key",
  "time zone"
]
export const openings = [
  "Where do I find",
  "How do I change",
  "Why can I not see",
  "Who may edit",
  "What happens to",
  "Is there a limit for"
]
export const situations = [
  "We moved to the yearly plan last week and two of our admins have left the company since.",
  "The page only shows a spinner, in Firefox as well as in Chrome, and the status page is green.",
  "Our finance team needs it before the end of the quarter, in euros and with the VAT number on it.",
  "I tried what the help centre says, but the menu that it mentions does not exist in our workspace.",
  "It worked on Monday. Nobody changed the settings, at least nobody who would admit it."
]
export const advices = [
  "Open Settings, choose Workspace, and look under Billing and usage; only owners see that page.",
  "An owner can hand the role over in Members: the change takes effect at once and is written to the audit log.",
  "The export contains everything up to midnight UTC of the day before, one file for each project.",
  "If the button is grey, the plan does not include it; the limit is shown beside the name of the plan.",
  "Sign out of all sessions first, then request the link again: older links stop working after ten minutes.",
  "Our support cannot change it for you, because that would need access to your identity provider.",
  "You can turn it off for single members, and the change is reversible for thirty days.",
  "Requests beyond the limit are answered with status 429 and the header Retry-After; nothing is lost."
]

export const explanations = [
  "Names the right page and says who can open it, but leaves out what to do when the button is grey.",
  "Complete and correct; the second sentence answers the question on its own.",
  "Correct in the main, yet it promises a change by support that the reference rules out.",
  "Vague: it repeats the question and sends the user to the help centre."
]

export const words: Readonly<Record<string, string>> = {
  ResourceExhausted: "Vertex AI answered 429: requests per minute are used up in us-central1.\n  4 attempts in 47 s.",
  Unavailable: "Vertex AI answered 503 four times in 21 s.",
  ContentBlocked: "The answer was stopped by the safety filter (HARASSMENT, high).\n  The prompt was billed.",
  JudgeFailed: "None of 4 samples of the judge could be read as a rating."
}

const day = Date.UTC(2026, 10, 22, 18, 40)
const minutes = (count: number) => day + count * 60_000

export const history: RunHistory.RunHistory = [
  {
    name: "wait for data",
    kind: "wait",
    state: "done",
    startedAt: minutes(-190),
    endedAt: minutes(-78),
    attempts: 1,
    costUsd: Money.zero
  },
  {
    name: "tune",
    kind: "step",
    state: "done",
    startedAt: minutes(-78),
    endedAt: minutes(-9),
    attempts: 1,
    costUsd: Money.usd("0.42")
  },
  {
    name: "evaluate tuned",
    kind: "step",
    state: "done",
    startedAt: minutes(-9),
    endedAt: minutes(-6.5),
    attempts: 2,
    costUsd: Money.usd("0.31")
  },
  {
    name: "evaluate baseline",
    kind: "step",
    state: "done",
    startedAt: minutes(-9),
    endedAt: minutes(-5),
    attempts: 1,
    costUsd: Money.usd("0.2")
  },
  {
    name: "approval",
    kind: "wait",
    state: "done",
    startedAt: minutes(-5),
    endedAt: minutes(-3.8),
    attempts: 1,
    costUsd: Money.zero
  },
  {
    name: "generate",
    kind: "step",
    state: "failed",
    startedAt: minutes(-3.8),
    endedAt: minutes(-3),
    attempts: 3,
    costUsd: null,
    error: "Unavailable"
  }
]

export const gates: ReadonlyArray<GateReport.GateReport> = [
  { candidate: "support-v7", checks: [{ threshold: "summarization_quality >= 3.9", outcome: "passed", messages: [] }] },
  {
    candidate: "flash",
    checks: [
      {
        threshold: "summarization_quality >= 3.9",
        outcome: "failed",
        messages: ["summarization_quality 3.41 is below 3.9"]
      }
    ]
  }
]
