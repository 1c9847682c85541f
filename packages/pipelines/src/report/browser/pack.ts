/**
 * Takes the texts out of rows and puts them back: side by side they compress by a sixth better than between numbers and names.
 *
 * @since 0.1.0
 */
import type * as Data from "./data.ts"

/**
 * Rows whose texts lie apart, in order: of each row prompt and reference, of each cell the answer; in `words` the explanation of each
 * score. null stands for one that is not there.
 *
 * @since 0.1.0
 */
export interface Packed {
  readonly rows: ReadonlyArray<Data.RowText>
  readonly texts: ReadonlyArray<string | null>
  readonly words: ReadonlyArray<string | null>
}

/**
 * Makes `pack` and `unpack`, which undoes it.
 *
 * @since 0.1.0
 */
export const make = () => {
  const pack = (rows: ReadonlyArray<Data.RowText>): Packed => {
    const texts: Array<string | null> = []
    const words: Array<string | null> = []
    const scoresOf = (scores: Data.CellText["scores"]) =>
      Object.fromEntries(
        Object.entries(scores).map(([metric, { explanation, ...score }]) => {
          words.push(explanation ?? null)
          return [metric, score]
        })
      )
    const without = rows.map(({ cells, prompt, reference, ...row }) => {
      texts.push(prompt ?? null, reference ?? null)
      return {
        ...row,
        cells: cells.map(({ response, scores, ...cell }) => {
          texts.push(response ?? null)
          return { ...cell, scores: scoresOf(scores) }
        })
      }
    })
    return { rows: without, texts, words }
  }

  const unpack = ({ rows, texts, words }: Packed): ReadonlyArray<Data.RowText> => {
    let text = 0
    let word = 0
    const next = () => texts[text++] ?? undefined
    const scoresOf = (scores: Data.CellText["scores"]) =>
      Object.fromEntries(
        Object.entries(scores).map(([metric, score]) => {
          const explanation = words[word++] ?? null
          return [metric, explanation === null ? score : { ...score, explanation }]
        })
      )
    return rows.map((row) => {
      const prompt = next()
      const reference = next()
      const cells = row.cells.map((cell) => {
        const response = next()
        return { ...cell, ...(response === undefined ? {} : { response }), scores: scoresOf(cell.scores) }
      })
      return {
        ...row,
        ...(prompt === undefined ? {} : { prompt }),
        ...(reference === undefined ? {} : { reference }),
        cells
      }
    })
  }

  return { pack, unpack }
}

/**
 * What `make` gives.
 *
 * @since 0.1.0
 */
export type Pack = ReturnType<typeof make>
