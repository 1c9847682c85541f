/**
 * Builds a page as data: elements of a few kinds with a few attributes, and text. The report is rendered from it when it is written
 * (`Markup.render`) and in the reader's browser (`dom`); text can become nothing but text in either.
 *
 * Like every file in this folder it exports one function without imports at run time: its source text is what the page carries.
 *
 * @since 0.1.0
 */

/**
 * The kinds of elements. Nothing that loads, runs, or submits is among them.
 *
 * @since 0.1.0
 */
export type Tag =
  | ("article" | "caption" | "code" | "dd" | "details" | "div" | "dl" | "dt" | "figcaption" | "figure" | "footer")
  | ("a" | "bdi" | "button" | "del" | "em" | "h1" | "h2" | "h3" | "h4" | "header" | "ins" | "input" | "label")
  | ("li" | "main" | "option" | "p" | "pre" | "section" | "select" | "small" | "span" | "strong" | "summary")
  | ("table" | "tbody" | "td" | "th" | "thead" | "time" | "tr" | "ul")
  | ("circle" | "defs" | "desc" | "g" | "line" | "path" | "pattern" | "rect" | "svg" | "text" | "title")

/**
 * Attributes. `true` writes an attribute without a value, `false` and `undefined` leave it out. A link leads to a row or to a part of
 * this report.
 *
 * @since 0.1.0
 */
export type Attributes = { readonly [name in Plain]?: string | number | boolean | undefined } & {
  readonly href?: `#row-${number}` | `./${string}.html` | `./${string}.html#row-${number}` | undefined
  readonly type?: "button" | "checkbox" | "number" | "search" | undefined
  readonly [data: `data-${string}`]: string | number | undefined
  readonly [aria: `aria-${string}`]: string | number | boolean | undefined
}

type Plain =
  | ("autocomplete" | "checked" | "class" | "colspan" | "datetime" | "dir" | "for" | "hidden" | "id" | "lang" | "open")
  | ("placeholder" | "role" | "scope" | "selected" | "step" | "tabindex" | "title" | "value")
  | ("cx" | "cy" | "d" | "fill" | "fill-opacity" | "font-size" | "font-variant" | "font-weight" | "height" | "opacity")
  | ("patternTransform" | "patternUnits" | "preserveAspectRatio" | "r" | "rx" | "ry" | "stroke" | "stroke-dasharray")
  | ("stroke-linecap" | "stroke-linejoin" | "stroke-opacity" | "stroke-width" | "text-anchor" | "transform")
  | ("viewBox" | "width" | "x" | "x1" | "x2" | "y" | "y1" | "y2")

/**
 * An element.
 *
 * @since 0.1.0
 */
export interface Element {
  readonly tag: Tag
  readonly attributes: Attributes
  readonly children: ReadonlyArray<Tree>
}

/**
 * An element or text.
 *
 * @since 0.1.0
 */
export type Tree = Element | string

/**
 * What may stand among the children of an element: lists are flattened, `undefined` is left out.
 *
 * @since 0.1.0
 */
export type Child = Tree | undefined | ReadonlyArray<Child>

/**
 * Makes an element.
 *
 * @since 0.1.0
 */
export type H = (tag: Tag, attributes: Attributes, ...children: ReadonlyArray<Child>) => Element

/**
 * Makes `h`.
 *
 * @since 0.1.0
 */
export const make = (): { readonly h: H } => {
  const flatten = (children: ReadonlyArray<Child>): ReadonlyArray<Tree> =>
    children.flatMap((child): ReadonlyArray<Tree> => {
      if (child === undefined) return []
      return typeof child === "string" || "tag" in child ? [child] : flatten(child)
    })
  return { h: (tag, attributes, ...children) => ({ tag, attributes, children: flatten(children) }) }
}
