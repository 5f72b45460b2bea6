/** Clients hide messages of the user that begin like this: they are the loop's. */
const NOT_YET = "The goal is NOT yet complete (audit iteration";
const RESUMING = "Resuming a goal that was paused or interrupted.";

/** Tells the agent what a judge still misses. */
export function followUp(iteration: number, missing: string): string {
  return `${NOT_YET} ${iteration}).
Still missing: ${missing || "Some requirements are not proven yet."}

Look at the files and programs as they are now instead of trusting what you remember. Take up each point that is \
missing, and run the tests or commands that prove it. The whole objective still holds: finish only when all of it is proven.`;
}

/** Lets the agent go on. The objective stands in it, because the loop may have ended before the agent was given it. */
export function resumption(objective: string): string {
  return `${RESUMING} Look at the files and programs as they are now instead of trusting what you remember, and go on \
until every part of the objective is proven. The objective is:

${objective}`;
}
