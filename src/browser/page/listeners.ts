/**
 * Finds the places, among all elements of the document, of those that scripts listen to for clicks. An expression for
 * the page's own world, where the debugger's `getEventListeners` is. What a page could fake here only costs itself.
 */
export const LISTENING = `(() => {
  const all = document.querySelectorAll("*");
  const found = [];
  const end = performance.now() + 300;
  for (let at = 0; at < all.length && at < 20000 && found.length < 500; at += 1) {
    if (at % 500 === 0 && performance.now() > end) break;
    const listeners = getEventListeners(all[at]);
    if (listeners.click || listeners.mousedown || listeners.pointerdown) found.push(at);
  }
  return found;
})()`;
