/** Fires once it has resolved, so that what is still needed until then ends after it. `because` is the reason, e.g. `"no pass is going on any more"`. */
export function afterwards(ended: Promise<void>, because: string): AbortSignal {
  const controller = new AbortController();
  void ended.then(() => controller.abort(new Error(because)));
  return controller.signal;
}
