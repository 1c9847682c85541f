/**
 * Lets the whole report be used with the keyboard.
 *
 * Buttons, links and fields work as everywhere. In the rows the arrows move, Enter opens (the button does), Esc closes. The single letters
 * j, k and / can be switched off (WCAG 2.1.4).
 *
 * @since 0.1.0
 */
import type { Window } from "./dom.ts"

/**
 * What the keys do.
 *
 * @since 0.1.0
 */
export interface Actions {
  readonly isOpen: () => boolean
  readonly close: () => void
  readonly step: (by: number) => void
  readonly clearSearch: () => void
}

/**
 * Makes the listener.
 *
 * @since 0.1.0
 */
export const make = () => {
  const listen = ({ document }: Pick<Window, "document">, actions: Actions) => {
    const move = (by: number) => {
      const buttons = [...document.querySelectorAll("#body [data-act=open]")]
      const now = buttons.findIndex((button) => button === document.activeElement)
      buttons[now === -1 ? 0 : now + by]?.focus()
    }
    const search = () => document.getElementById("query")
    const letters: Readonly<Record<string, () => void>> = {
      "/": () => search()?.focus(),
      j: () => move(1),
      k: () => move(-1)
    }
    const inRows: Readonly<Record<string, () => void>> = { ArrowDown: () => move(1), ArrowUp: () => move(-1) }
    const inOpenRow: Readonly<Record<string, () => void>> = {
      Escape: actions.close,
      ArrowLeft: () => actions.step(-1),
      ArrowRight: () => actions.step(1)
    }
    const own = (keys: Readonly<Record<string, () => void>>, key: string) =>
      Object.hasOwn(keys, key) ? keys[key] : undefined

    document.addEventListener("keydown", (event) => {
      const { altKey, ctrlKey, key = "", metaKey, target } = event
      if (altKey === true || ctrlKey === true || metaKey === true) return
      if (key === "Escape" && target === search()) return actions.clearSearch()
      const typing = /^(?:INPUT|SELECT)$/.test(target?.tagName ?? "") && target?.getAttribute("type") !== "checkbox"
      if (typing) return
      const act =
        (document.getElementById("letters")?.checked === true ? own(letters, key) : undefined) ??
        (target?.closest("#table") === null ? undefined : own(inRows, key)) ??
        (actions.isOpen() ? own(inOpenRow, key) : undefined)
      if (act === undefined) return
      event.preventDefault()
      act()
    })
  }
  return { listen }
}

/**
 * What `make` gives.
 *
 * @since 0.1.0
 */
export type Keyboard = ReturnType<typeof make>
