import { rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { bundleFiles, createBundler } from "../../tools/bundle.ts";

/** What processes are started from, made anew whenever sources change. */
export interface Builds {
  /** Path of the program of the newest build; none is there before `renew`. */
  readonly program: string;
  /** Throws with what is wrong in the sources, which is then no build. */
  renew(): Promise<void>;
  /** Builds stay. */
  close(): Promise<void>;
}

/** Builds below a folder, each in one of its own, since a process may still load parts of that which it was started from. */
export async function createBuilds(folder: string): Promise<Builds> {
  const newest = join(folder, "newest");
  const bundler = await createBundler();
  let number = 0;
  return {
    program: join(newest, bundleFiles.program),
    async renew() {
      const name = String(++number);
      await bundler.write(join(folder, name));
      const link = join(folder, `${name}.link`);
      await symlink(name, link);
      await rename(link, newest);
    },
    close: () => bundler.close(),
  };
}
