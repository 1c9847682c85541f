/**
 * Makes the distributions answer: pointing at a strip names the nearest row, clicking lists the rows that are worse.
 *
 * @since 0.1.0
 */
import type * as Data from "./data.ts"
import type { Element, Event, Window } from "./dom.ts"
import type { Format } from "./format.ts"

/**
 * Makes the listener. Each strip chart says in `data-` how its picture was drawn: `measure`, `width` and `height` of its view, the
 * `left` and `right` ends of the axis with their values `low` and `high`, `log` when it is logarithmic, and the `top` and `step` of its
 * bands, one for each candidate.
 *
 * @since 0.1.0
 */
export const make = ({ format }: { readonly format: Format }) => {
  const at = (index: Data.Index, strip: Element, event: Event) => {
    const box = strip.getBoundingClientRect()
    const number = (name: string) => Number(strip.dataset[name])
    const x = (((event.clientX ?? 0) - box.left) * number("width")) / box.width
    const y = (((event.clientY ?? 0) - box.top) * number("height")) / box.height
    const share = Math.max(0, Math.min(1, (x - number("left")) / (number("right") - number("left"))))
    const low = number("low")
    const high = number("high")
    const value = strip.dataset["log"] === "yes" ? low * (high / low) ** share : low + (high - low) * share
    const candidate = Math.floor((y - number("top")) / number("step"))
    const measure = index.measures.findIndex(({ name }) => name === strip.dataset["measure"])
    return index.candidates[candidate] === undefined || measure === -1 ? undefined : { candidate, measure, value }
  }

  const nearest = (index: Data.Index, { candidate, measure, value }: NonNullable<ReturnType<typeof at>>) => {
    let best: number | undefined
    let distance = Infinity
    index.values[measure]?.[candidate]?.forEach((one, position) => {
      if (one === null || Math.abs(one - value) >= distance) return
      best = position
      distance = Math.abs(one - value)
    })
    return best
  }

  /** Listens; `list` is told which rows the reader asks for. */
  const attach = (
    { document }: Pick<Window, "document">,
    index: Data.Index,
    list: (measure: number, candidate: number, limit: number) => void
  ) => {
    for (const strip of document.querySelectorAll("svg[data-measure]")) {
      const note = strip.closest("figure")?.querySelector(".pointed")
      strip.addEventListener("pointermove", (event) => {
        const found = at(index, strip, event)
        const position = found === undefined ? undefined : nearest(index, found)
        const measure = index.measures[found?.measure ?? -1]
        if (note === null || note === undefined) return
        note.textContent =
          found === undefined || position === undefined || measure === undefined
            ? ""
            : `${index.candidates[found.candidate]}, row ${index.ids[position]}: ` +
              format.measured(measure, index.values[found.measure]?.[found.candidate]?.[position])
      })
      strip.addEventListener("pointerleave", () => {
        if (note !== null && note !== undefined) note.textContent = ""
      })
      strip.addEventListener("click", (event) => {
        const found = at(index, strip, event)
        if (found !== undefined) list(found.measure, found.candidate, Number(found.value.toPrecision(3)))
      })
    }
  }

  return { attach }
}

/**
 * What `make` gives.
 *
 * @since 0.1.0
 */
export type Strips = ReturnType<typeof make>
