export const TROUBLESHOOTING = `* When an attempt fails, read the whole error before you try again. The same call gives the same result.
* When several attempts have failed, stop and list what could be the cause, likeliest first. Check one after the other with
  the cheapest experiment that can rule it out, and tell the user how you reasoned.
* If the user's plan turns out not to work, say why and propose another before you depart from it in a way they would notice.`;
