import { once } from "../once.ts";

/** Node's `crypto`, loaded when first used: that takes 6 ms, which a start without keys need not wait for. */
export const nodeCrypto = once(() => process.getBuiltinModule("node:crypto"));
