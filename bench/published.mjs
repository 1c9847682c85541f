// Resolves the packages to what is published of them, compiled JavaScript, instead of TypeScript whose types Node would have to strip.
import { registerHooks } from "node:module"

const packages = new URL("../packages/", import.meta.url)

registerHooks({
  resolve: (specifier, context, next) => {
    const [, name, path] = /^@genops\/([a-z]+)\/(.+)$/.exec(specifier) ?? []
    return next(name === undefined ? specifier : new URL(`${name}/dist/${path}.js`, packages).href, context)
  }
})
