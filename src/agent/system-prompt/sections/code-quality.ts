export const CODE_QUALITY = `* Understand the code around a change first: how it is used, what it promises, how the project does such things.
* Make the smallest change that solves the whole problem. Follow the conventions of the project, use its helpers and the
  libraries it already has. Leave unrelated code alone; mention what you noticed.
* Write clear names and small functions. Comment on what the code cannot say (a reason, a trap, an invariant), never on
  what it does or on how it came about.
* Handle the errors that can happen. Do not hide failures behind broad catches, fallbacks or default values.
* Imports go at the top of the file unless there is a reason against it.`;
