/**
 * The emulator's whole knowledge of the world: a few short documents that search, retrieval and URL context find.
 *
 * They stand in for the web and for data stores. Their addresses lie under the reserved domain `example`, so nobody takes them for real sources.
 *
 * @since 0.1.0
 */
import * as Sentences from "./Sentences.ts"
import * as Words from "./Words.ts"

/**
 * A document: one sentence an entry of `sentences`.
 *
 * @since 0.1.0
 */
export interface Document {
  readonly id: string
  readonly title: string
  readonly uri: string
  readonly sentences: ReadonlyArray<string>
}

const document = (id: string, title: string, text: string): Document => ({
  id,
  title,
  uri: `https://corpus.example/${id}`,
  sentences: Sentences.split(text)
})

/**
 * Every document.
 *
 * @since 0.1.0
 */
export const documents: ReadonlyArray<Document> = [
  document(
    "euro-2024",
    "UEFA Euro 2024 final",
    "Spain won the UEFA Euro 2024 final, beating England 2-1. The final was played in Berlin on 14 July 2024. Nico Williams and Mikel Oyarzabal scored for Spain."
  ),
  document(
    "france",
    "France",
    "The capital of France is Paris. Paris lies on the river Seine. France is a member of the European Union and uses the euro as its currency."
  ),
  document(
    "eiffel-tower",
    "Eiffel Tower",
    "The Eiffel Tower in Paris was completed in 1889 for the World's Fair. The Eiffel Tower is about 330 metres tall. It was named after the engineer Gustave Eiffel."
  ),
  document(
    "apollo-11",
    "Apollo 11",
    "Apollo 11 landed the first humans on the Moon on 20 July 1969. Neil Armstrong was the first person to walk on the Moon. Michael Collins stayed in orbit in the command module."
  ),
  document(
    "photosynthesis",
    "Photosynthesis",
    "Photosynthesis is the process by which plants turn light, water and carbon dioxide into sugar and oxygen. Photosynthesis takes place in chloroplasts, which hold the green pigment chlorophyll."
  ),
  document(
    "penicillin",
    "Penicillin",
    "Alexander Fleming discovered penicillin in 1928. Penicillin was the first widely used antibiotic. Howard Florey and Ernst Chain turned penicillin into a medicine."
  ),
  document(
    "everest",
    "Mount Everest",
    "Mount Everest is the highest mountain on Earth above sea level. Its height is 8,849 metres. Edmund Hillary and Tenzing Norgay first reached the summit of Mount Everest in 1953."
  ),
  document(
    "water",
    "Water",
    "Water boils at 100 degrees Celsius at sea level pressure. Water freezes at 0 degrees Celsius. A water molecule consists of two hydrogen atoms and one oxygen atom."
  ),
  document(
    "prime-numbers",
    "Prime number",
    "A prime number is a whole number greater than 1 that has no divisors but 1 and itself. The first prime numbers are 2, 3, 5, 7 and 11. There are infinitely many prime numbers, as Euclid proved."
  ),
  document(
    "context-caching",
    "Context caching",
    "Context caching stores the beginning of a prompt so that later requests pay less for it. Cached tokens are billed at a lower rate than other input tokens. A cache expires after its time to live."
  ),
  document(
    "rouge",
    "ROUGE",
    "ROUGE compares a summary with a reference by the words that both share. ROUGE-L uses the longest common subsequence of words. The ROUGE metrics were introduced by Chin-Yew Lin in 2004."
  ),
  document(
    "tuning",
    "Supervised tuning",
    "Supervised tuning adapts a model to a task with labelled examples. Adapter tuning trains few parameters and leaves the base model unchanged. A tuned model is called through an endpoint of its own."
  )
]

/**
 * A sentence that fits a query, with its document and how well it fits.
 *
 * @since 0.1.0
 */
export interface Hit {
  readonly document: Document
  readonly sentence: string
  readonly score: number
}

const indexed = documents.flatMap((document) =>
  document.sentences.map((sentence) => ({
    document,
    sentence,
    words: new Set(Words.content(`${document.title} ${sentence}`))
  }))
)

const holding = new Map<string, number>()
for (const { words } of indexed) for (const word of words) holding.set(word, (holding.get(word) ?? 0) + 1)

/**
 * Finds the sentences that share with a query at least two content words and at least a third of those the corpus knows, best first, at most `limit`.
 * A query of a single content word finds the document whose title has it.
 *
 * @since 0.1.0
 */
export const search = (query: string, limit: number): ReadonlyArray<Hit> => {
  // A small number is in many texts and about nothing.
  const telling = Words.content(query).filter((word) => !/^\d{1,2}$/.test(word))
  const wanted = [...new Set(telling)].filter((word) => holding.has(word)).slice(0, 200)
  const [only, second] = new Set(telling)
  const needed = Math.max(2, Math.ceil(wanted.length / 3))
  const hits = indexed.flatMap(({ document, sentence, words }) => {
    const found = wanted.filter((word) => words.has(word))
    const named = second === undefined && only !== undefined && Words.content(document.title).includes(only)
    if (found.length < needed && !named) return []
    const score = found.reduce((sum, word) => sum + Math.log(1 + indexed.length / (holding.get(word) ?? 1)), 0)
    return [{ document, sentence, score }]
  })
  return hits.toSorted((left, right) => right.score - left.score).slice(0, limit)
}

/**
 * The document at an address; undefined when there is none, since the emulator never reaches the network.
 *
 * @since 0.1.0
 */
export const atUri = (uri: string): Document | undefined =>
  documents.find((document) => document.uri === uri.replace(/[.,;:!?)]+$/, "").replace(/\/$/, ""))
