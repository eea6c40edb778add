// Waiting for what must come.
import { setTimeout as pause } from 'node:timers/promises';

const LIMIT = 15_000;
const INTERVAL = 25;

/**
 * Asks `look` again and again until it answers with something true, and answers with that. What it
 * throws counts as « not yet »: a frame that is just being replaced cannot be looked at. `what`, or
 * what it answers, is the complaint when time is up.
 */
export const until = async (look, what, limit = LIMIT) => {
  let thrown;
  for (const deadline = Date.now() + limit; Date.now() < deadline; await pause(INTERVAL)) {
    try {
      const found = await look();
      if (found) return found;
      thrown = undefined;
    } catch (error) {
      thrown = error;
    }
  }
  const complaint = typeof what === 'function' ? await what() : what;
  throw new Error(`not within ${limit / 1000} s: ${complaint}`, { cause: thrown });
};
