import { openProgress } from "../tools/progress.ts";
import { lockOrThrow, removeAbandonedLabs } from "./claim.ts";
import { readLabRecord } from "./lab-record.ts";
import { tearDown } from "./tear-down.ts";

/** `lab down`: removes a lab, and what killed labs have left. */
export async function down(name: string): Promise<number> {
  const progress = openProgress();
  const lock = await lockOrThrow(name);
  try {
    const record = readLabRecord(name);
    if (record === undefined) console.log(`The lab ${name} is not up.`);
    else {
      await progress.during(`removing the lab ${name}`, () => tearDown(record));
      console.log(`The lab ${name} is gone.`);
    }
  } finally {
    await lock.release();
  }
  await removeAbandonedLabs(progress);
  return 0;
}
