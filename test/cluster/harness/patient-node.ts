/**
 * For `--import` before a node, from the sources or from a build: it counts as dead after 20 seconds of silence in place
 * of its usual ones, which a process may have to wait for its turn on a busy machine.
 */
import { registerHooks } from "node:module";

const WITH_TIMES = /\/(stores\/postgres\/ownership\.ts|dist\/postgres[\w-]*\.js)$/;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!WITH_TIMES.test(url)) return loaded;
    return { ...loaded, source: String(loaded.source).replace(/\blease: (3_500|3500)\b/, "lease: 20_000") };
  },
});
