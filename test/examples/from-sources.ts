import { registerHooks } from "node:module";
import tsconfig from "../../tsconfig.json" with { type: "json" };

const sources: Readonly<Record<string, string[]>> = tsconfig.compilerOptions.paths;

/** Lets an example import the package by its public names, as its readers will, without a build. */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const source = sources[specifier]?.[0];
    if (source === undefined) return nextResolve(specifier, context);
    return { url: new URL(`../../${source}`, import.meta.url).href, shortCircuit: true };
  },
});
