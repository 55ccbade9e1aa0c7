/**
 * Measures one case in a process of its own and sends the result to its parent: what V8 learns from one case
 * (types it saw, code it compiled, memory it holds) must not colour the next.
 *
 * Arguments: the case's id, the default number of rounds.
 */

import { findCase } from "./cases/index.ts";
import { measureDespite } from "./harness/measure.ts";
import { openReference } from "./harness/reference.ts";

const [id, rounds] = process.argv.slice(2);
const reference = openReference();

try {
  const results = await measureDespite(await findCase(id!), reference, Number(rounds));
  process.send?.({ results });
} catch (error) {
  process.send?.({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) });
} finally {
  reference?.close();
  process.disconnect?.();
}
