/**
 * List prices and limits of Google's models on Vertex AI, as data: US dollars per million tokens in decimal text.
 * `PriceTable` decodes it. Prices change: `PriceTable.make` and `PriceTable.add` replace them without a new release.
 *
 * Sources: https://cloud.google.com/vertex-ai/generative-ai/pricing and
 * https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions, read 2026-10-07; genai-prices 0.1.8.
 *
 * @since 0.1.0
 */

// Batch and flex cost half, priority 1.8 times the standard price.
const percent = { batch: 50, flex: 50, priority: 180 }

// Gemini 2.5 and 3: thinking counts inside maxOutputTokens.
const gemini = {
  limits: { inputTokens: 1_048_576, outputTokens: 65_536 },
  thinkingInsideOutputLimit: true
}

// Gemini 3 costs 10 % more on every endpoint but the global one; search grounding is billed by query.
const gemini3 = { ...gemini, regionalPercent: 110 }
const grounding = { percent, groundingPer1000: "14" }

// Gemini 3.6 to 3.8 Flash: the introductory price ends with the year 2026.
const flash38 = [
  {
    ...grounding,
    validUntil: "2027-01-01",
    rates: { input: "0.75", cachedInput: "0.075", output: "3.75" },
    cacheStoragePerHour: "0.5"
  },
  {
    ...grounding,
    validFrom: "2027-01-01",
    rates: { input: "1.5", cachedInput: "0.15", output: "7.5" },
    cacheStoragePerHour: "0.5"
  }
]

export const prices = {
  asOf: "2026-10-07",
  models: [
    { ...gemini3, id: "gemini-3.8-flash", prices: flash38 },
    { ...gemini3, id: "gemini-3.7-flash", prices: flash38 },
    { ...gemini3, id: "gemini-3.6-flash", prices: flash38 },
    {
      ...gemini3,
      id: "gemini-3.5-flash",
      prices: [{ ...grounding, rates: { input: "1.5", cachedInput: "0.15", output: "9" } }]
    },
    { ...gemini3, id: "gemini-3.5-flash-lite", prices: [{ ...grounding, rates: { input: "0.3", output: "2.5" } }] },
    { ...gemini3, id: "gemini-3.1-flash-lite", prices: [{ ...grounding, rates: { input: "0.25", output: "1.5" } }] },
    {
      ...gemini3,
      id: "gemini-3.1-pro-preview",
      prices: [
        {
          ...grounding,
          rates: { input: "2", output: "12" },
          longContext: { aboveInputTokens: 200_000, rates: { input: "4", output: "18" } }
        }
      ]
    },
    { ...gemini3, id: "gemini-3-flash-preview", prices: [{ ...grounding, rates: { input: "0.5", output: "3" } }] },
    // The lists that were read price the tuning of Gemini 2.5 only; for Gemini 3 no price is made up.
    // Two lists name 2026-10-16 and 2026-10-20 for Gemini 2.5: the later, read later, is taken.
    {
      ...gemini,
      id: "gemini-2.5-pro",
      retired: "2026-10-20",
      prices: [
        {
          percent,
          rates: { input: "1.25", output: "10" },
          longContext: { aboveInputTokens: 200_000, rates: { input: "2.5", output: "15" } },
          tuningTraining: "25"
        }
      ]
    },
    {
      ...gemini,
      id: "gemini-2.5-flash",
      retired: "2026-10-20",
      prices: [{ percent, rates: { input: "0.3", audioInput: "1", output: "2.5" }, tuningTraining: "5" }]
    },
    {
      ...gemini,
      id: "gemini-2.5-flash-lite",
      retired: "2026-10-20",
      prices: [{ percent, rates: { input: "0.1", output: "0.4" }, tuningTraining: "1.5" }]
    },
    // Embeddings have no output tokens.
    { id: "gemini-embedding-2", prices: [{ rates: { input: "0.2", output: "0" } }] },
    { id: "gemini-embedding-001", prices: [{ rates: { input: "0.15", output: "0" } }] },
    { id: "text-embedding-005", retired: "2027-04-01", prices: [] },
    { id: "text-multilingual-embedding-002", retired: "2027-04-01", prices: [] },
    { id: "gemini-2.0-flash", retired: "2026-06-01", prices: [] },
    { id: "gemini-2.0-flash-lite", retired: "2026-06-01", prices: [] },
    { id: "gemini-1.5-pro-002", retired: "2025-09-24", prices: [] },
    { id: "gemini-1.5-flash-002", retired: "2025-09-24", prices: [] },
    { id: "gemini-1.5-pro-001", retired: "2025-05-24", prices: [] },
    { id: "gemini-1.5-flash-001", retired: "2025-05-24", prices: [] },
    { id: "gemini-1.0-pro", retired: "2025-04-21", prices: [] }
  ]
}
