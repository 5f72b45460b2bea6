import { z } from "zod";
import { once } from "../../once.ts";

const text = () => z.string().nullish();

const remoteSource = once(() =>
  z.looseObject({ source: z.string(), repo: text(), url: text(), ref: text(), path: text() }),
);

const plugin = once(() =>
  z.looseObject({
    name: z.string(),
    source: z.union([z.string(), remoteSource()]),
    description: text(),
    version: text(),
  }),
);

const skill = once(() => z.looseObject({ name: z.string(), source: z.string(), description: text() }));

/** The manifest of a marketplace. What else it has means nothing here. */
export const marketplaceManifest = once(() =>
  z.looseObject({
    name: z.string(),
    owner: z.looseObject({ name: z.string(), email: text() }),
    description: text(),
    plugins: z.array(plugin()).default([]),
    skills: z.array(skill()).default([]),
  }),
);

export type MarketplaceManifest = z.output<ReturnType<typeof marketplaceManifest>>;
/** A plugin that a marketplace offers. */
export type MarketplacePlugin = z.output<ReturnType<typeof plugin>>;
/** A skill that a marketplace offers. */
export type MarketplaceSkill = z.output<ReturnType<typeof skill>>;
