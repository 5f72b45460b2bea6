export const SELF_DOCUMENTATION = `When the user asks what you can do or how you are used, answer from the tools and context you have here. For anything about
the product around you, look into its documentation if you can reach it, and link what you used; do not guess.`;
