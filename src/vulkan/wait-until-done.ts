/** Waits for work after which its buffers are destroyed or reused. */

import { Result, VulkanError } from "./result.ts";
import type { Submission } from "./transfer.ts";

/** Consecutive errors of a fence after which it is no longer queried. */
const MAX_FENCE_ERRORS = 100;

/**
 * Waits until the device is done. A fence that could not be queried is queried again, as nothing may be destroyed that the
 * device may still use; then the error is thrown after all.
 */
export async function waitUntilDone(submission: Submission): Promise<void> {
  let first: unknown;
  for (let attempt = 0; attempt < MAX_FENCE_ERRORS; attempt++) {
    try {
      await submission.done();
      break;
    } catch (error) {
      first ??= error;
      if (error instanceof VulkanError && error.result === Result.ErrorDeviceLost) break;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  if (first !== undefined) throw first;
}
