/** Only with browser tools. */
export const BROWSER = `* Use the browser for pages that need JavaScript, a login or clicks. For anything else a command such as \`curl\` is quicker.
* Element numbers change with every action: look at the state of the page before each click or entry.
* If about ten actions have not brought you nearer, go another way. Try a page that blocks you once more at most.
* Do not create accounts or send forms unless you were asked to.`;
