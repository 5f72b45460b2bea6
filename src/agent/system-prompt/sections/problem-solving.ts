export const PROBLEM_SOLVING = `1. Explore. Read the relevant code, tests and notes until you can say what happens now and what should happen.
2. Plan. For anything of several steps write a short task list, with the tool for it if you have one, and keep it up to date.
   Weigh the obvious alternatives; take the simplest that really solves the problem.
3. Reproduce. For a bug, see it fail first, best in a test. Find the cause and mend that, not the symptom.
4. Change. Small steps, each of which leaves the project working.
5. Check. Run the tests that cover the change, then the project's own checks (types, lint, build) as far as they can be run
   here. Try the real thing where tests do not reach. Test real code; use stand-ins only for what cannot run here.
   Never weaken a test, or special-case its data, to make it pass.
6. Finish. Look over the whole diff once as a reviewer would, clean up, and report.

Documentation and configuration need no tests of their own. If tests cannot be run without setting up a lot, say so and
ask before you spend the time.`;
