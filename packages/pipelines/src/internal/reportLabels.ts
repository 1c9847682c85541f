/** Names of points in a chart, where they cover neither points nor each other. */

export interface Point {
  readonly x: number
  readonly y: number
  readonly text: string
}

/** Where a name stands. One that had to be moved away from its point gets a line to it. */
export interface Label {
  readonly x: number
  readonly y: number
  readonly anchor: "start" | "end"
  readonly isMoved: boolean
}

interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

const covers = (a: Box, b: Box) => a.right > b.left && a.left < b.right && a.bottom > b.top && a.top < b.bottom

/** The room that a name takes, in a font of 12 pixels. */
export const boxOf = ({ anchor, x, y }: Label, text: string): Box => {
  const long = text.length * 6.6
  return {
    left: anchor === "start" ? x : x - long,
    right: anchor === "start" ? x + long : x,
    top: y - 11,
    bottom: y + 4
  }
}

// Near before far, right before left.
const ways = [0, -16, 16, -32, 32, -48, 48, -64, 64].flatMap((dy) => [14, -14, 44, -44].map((dx) => ({ dx, dy })))

/** A label for each point, the nearest that is free within the frame; beside the point when none is. */
export const place = (points: ReadonlyArray<Point>, frame: Box): ReadonlyArray<Label> => {
  const taken: Array<Box> = points.map(({ x, y }) => ({ left: x - 8, right: x + 8, top: y - 8, bottom: y + 8 }))
  return points.map(({ text, x, y }) => {
    const labels = ways.map(({ dx, dy }): Label => {
      const isMoved = dy !== 0 || Math.abs(dx) > 14
      return { x: x + dx, y: y + dy + 4, anchor: dx > 0 ? "start" : "end", isMoved }
    })
    const isFree = (box: Box) =>
      box.left >= frame.left &&
      box.right <= frame.right &&
      box.top >= frame.top &&
      box.bottom <= frame.bottom &&
      !taken.some((other) => covers(box, other))
    const label = labels.find((one) => isFree(boxOf(one, text))) ?? {
      x: x + 14,
      y: y + 4,
      anchor: "start",
      isMoved: false
    }
    taken.push(boxOf(label, text))
    return label
  })
}
