/**
 * The reader's browser as far as the report uses it, and elements made from trees.
 *
 * The types are the lock: there is no `innerHTML`, no `href`, no `style` and no request to be had through them, so a text of a model can
 * reach the page as text only.
 *
 * @since 0.1.0
 */
import type * as Tree from "./tree.ts"

/**
 * An element of the page.
 *
 * @since 0.1.0
 */
export interface Element {
  textContent: string | null
  /** Controls only. */
  value?: string
  checked?: boolean
  readonly dataset: Readonly<Record<string, string | undefined>>
  readonly tagName: string
  setAttribute(name: string, value: string): void
  getAttribute(name: string): string | null
  removeAttribute(name: string): void
  toggleAttribute(name: string, force: boolean): boolean
  append(...nodes: ReadonlyArray<Element | string>): void
  after(...nodes: ReadonlyArray<Element>): void
  remove(): void
  replaceChildren(...nodes: ReadonlyArray<Element | string>): void
  closest(selector: string): Element | null
  querySelector(selector: string): Element | null
  querySelectorAll(selector: string): Iterable<Element>
  addEventListener(type: string, listener: (event: Event) => void): void
  getBoundingClientRect(): {
    readonly left: number
    readonly top: number
    readonly width: number
    readonly height: number
  }
  scrollIntoView(options: { readonly block: "nearest" | "start" }): void
  focus(options?: { readonly preventScroll: boolean }): void
  click(): void
}

/**
 * An event.
 *
 * @since 0.1.0
 */
export interface Event {
  readonly target: Element | null
  readonly key?: string
  readonly clientX?: number
  readonly clientY?: number
  readonly ctrlKey?: boolean
  readonly metaKey?: boolean
  readonly altKey?: boolean
  preventDefault(): void
}

/**
 * The window.
 *
 * @since 0.1.0
 */
export interface Window {
  readonly document: {
    readonly documentElement: Element
    readonly activeElement: Element | null
    createElement(tag: string): Element
    createElementNS(namespace: string, tag: string): Element
    getElementById(id: string): Element | null
    querySelectorAll(selector: string): Iterable<Element>
    addEventListener(type: string, listener: (event: Event) => void): void
  }
  readonly location: { readonly hash: string; readonly pathname: string; readonly search: string }
  readonly history: { replaceState(data: null, unused: "", url: string): void }
  addEventListener(type: string, listener: (event: Event) => void): void
  matchMedia(query: string): { readonly matches: boolean }
  setTimeout(run: () => void, milliseconds: number): number
  clearTimeout(id: number | undefined): void
}

/**
 * Makes what puts trees on the page, and files on the reader's disk.
 *
 * @since 0.1.0
 */
export const make = ({ document }: Pick<Window, "document">) => {
  const drawn = new Set<Tree.Tag>(["circle", "g", "line", "path", "rect", "svg", "text"])
  const build = (tree: Tree.Tree): Element | string => {
    if (typeof tree === "string") return tree
    const element = drawn.has(tree.tag)
      ? document.createElementNS("http://www.w3.org/2000/svg", tree.tag)
      : document.createElement(tree.tag)
    for (const [name, value] of Object.entries(tree.attributes)) {
      if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value))
    }
    element.append(...tree.children.map(build))
    return element
  }
  return {
    build,
    /** Shows trees in an element instead of what is there. */
    show: (element: Element, ...trees: ReadonlyArray<Tree.Tree>) => element.replaceChildren(...trees.map(build)),
    /** Hands lines to the reader as a file. */
    save: (name: string, type: string, lines: ReadonlyArray<string>) => {
      const url = URL.createObjectURL(new Blob([...lines], { type }))
      const link = document.createElement("a")
      link.setAttribute("href", url)
      link.setAttribute("download", name)
      link.click()
      setTimeout(() => URL.revokeObjectURL(url), 60_000)
    }
  }
}

/**
 * What `make` gives.
 *
 * @since 0.1.0
 */
export type Dom = ReturnType<typeof make>
