/**
 * Measures one case in a process of its own and leaves the result in a file: what V8 learns from one case
 * (types it saw, code it compiled, memory it holds) must not colour the next.
 *
 * Arguments: the case's id, the default number of rounds, where the result goes.
 */

import { writeFileSync } from "node:fs";
import { findCase } from "./cases/index.ts";
import { measureDespite } from "./harness/measure.ts";
import { openReference } from "./harness/reference.ts";
import { runtimeName } from "./harness/runtime.ts";

const [id, rounds, output] = process.argv.slice(2);
const reference = openReference();

try {
  const results = await measureDespite(await findCase(id!), reference, Number(rounds));
  writeFileSync(output!, JSON.stringify({ results, runtime: runtimeName() }));
} catch (error) {
  const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  writeFileSync(output!, JSON.stringify({ failure }));
} finally {
  reference?.close();
}
