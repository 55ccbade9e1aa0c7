/** Asks for the bench's device as its main process does, more than once. */

import { describeDevice, openDevice } from "../../../bench/harness/device.ts";

console.log(openDevice() === undefined && describeDevice() === undefined ? "none" : "some");
