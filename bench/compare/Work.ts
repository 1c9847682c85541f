/**
 * What is compared: seven candidates on articles that are to be summarised, with answers that take as long as real ones. The same for all
 * contestants, who need nothing but this file to know it.
 */

export interface Candidate {
  readonly name: string
  readonly model: string
  readonly seed: number
}

/** The seven configurations of the guide, told apart by model and seed. */
export const candidates: ReadonlyArray<Candidate> = [
  { name: "pro", model: "gemini-3.1-pro-preview", seed: 1 },
  { name: "balanced", model: "gemini-3.5-flash", seed: 2 },
  { name: "deterministic", model: "gemini-3.5-flash", seed: 3 },
  { name: "random", model: "gemini-3.5-flash", seed: 4 },
  { name: "flash", model: "gemini-3.1-flash-lite", seed: 5 },
  { name: "grounded", model: "gemini-3.5-flash", seed: 6 },
  { name: "tuned", model: "gemini-3.1-flash-lite", seed: 7 }
]

/** Numbers in [0, 1) from a text (FNV-1a, then mulberry32). */
export const random = (text: string): (() => number) => {
  let state = 2_166_136_261
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 16_777_619)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const words = (
  "the a of and to in harbour storm pier boats council river bridge closed opened after before two three years people said found " +
  "report night morning road water house school market ship crew work new old city island winter summer engine rail line was were"
).split(" ")

const textOf = (next: () => number, count: number) =>
  Array.from({ length: count }, () => words[Math.floor(next() * words.length)] ?? "").join(" ")

export interface Row {
  readonly id: string
  readonly article: string
  readonly reference: string
}

/** Words of a summary: `WORDS` of the environment, which all processes of a race share. */
const summaryWords = Number(process.env["WORDS"] ?? 60)

/** An article and its summary, which is half as long. */
export const row = (index: number): Row => {
  const next = random(`row ${index}`)
  const article = `${index} ${textOf(next, 2 * summaryWords)}`
  return { id: `row-${index}`, article, reference: textOf(next, summaryWords) }
}

/** A short row, for very many of them. */
export const shortRow = (index: number) => ({
  article: `Harbour ${index} was closed in ${1900 + (index % 100)}. Nobody was hurt, and boats went to harbour ${index + 1}.`,
  reference: `Harbour ${index} was closed.`
})

export const template = "Summarise in one paragraph. Article: {article} Summary:"
export const promptOf = ({ article }: Row): string => template.replace("{article}", article)

/** What the server answers: words like those of the summary, two thirds to four thirds as many. */
export const answerOf = (seed: number, prompt: string): string => {
  const next = random(`${seed} ${prompt}`)
  return textOf(next, Math.round(summaryWords * (2 / 3 + (next() * 2) / 3)))
}

/** How long an answer takes in milliseconds: log-normal around 300, with a 95th percentile of 680; others in each round. */
export const latencyOf = (round: number, seed: number, prompt: string): number => {
  const next = random(`latency ${round} ${seed} ${prompt}`)
  const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  return 300 * Math.exp(0.5 * normal)
}

/**
 * The time that nobody can do better than by luck: each call begins as soon as one of the places is free, row by row, and all else costs
 * nothing. In milliseconds.
 */
export const idealOf = (round: number, rows: number, concurrency: number): number => {
  const free = Array.from({ length: concurrency }, () => 0)
  for (let i = 0; i < rows; i++) {
    const prompt = promptOf(row(i))
    for (const { seed } of candidates) {
      const earliest = free.indexOf(Math.min(...free))
      free[earliest] = (free[earliest] ?? 0) + latencyOf(round, seed, prompt)
    }
  }
  return Math.max(...free)
}

/** The request of a call, as all contestants send it. */
export const bodyOf = (seed: number, prompt: string) => ({
  contents: [{ role: "user", parts: [{ text: prompt }] }],
  generationConfig: { maxOutputTokens: 256, seed }
})

export const pathOf = (model: string): string =>
  `/v1/projects/acme/locations/global/publishers/google/models/${model}:generateContent`

/** What a contestant found: the mean of each metric over all cells, to see that all did the same work. */
export interface Found {
  readonly cells: number
  readonly rouge1: number
  readonly exactMatch: number
}

/** What a contestant says of itself when it is done. */
export interface Report extends Found {
  readonly wallMs: number
  /** Processor seconds: of the comparison, and of the whole process with its imports. */
  readonly cpuSeconds: number
  readonly processCpuSeconds: number
  readonly peakRssMb: number
}

const seconds = ({ system, user }: NodeJS.CpuUsage) => (system + user) / 1e6

/** Times a comparison and prints its report. */
export const report = async (compare: () => Promise<Found>): Promise<void> => {
  const cpu = process.cpuUsage()
  const started = performance.now()
  const found = await compare()
  const result: Report = {
    ...found,
    wallMs: performance.now() - started,
    cpuSeconds: seconds(process.cpuUsage(cpu)),
    processCpuSeconds: seconds(process.cpuUsage()),
    peakRssMb: process.resourceUsage().maxRSS / 1024
  }
  process.stdout.write(`\n${JSON.stringify(result)}\n`)
  process.exit(0)
}
