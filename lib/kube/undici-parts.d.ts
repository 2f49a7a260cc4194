// undici as a whole takes 8 MiB of memory more than these two files of it, on every node; it has no smaller entry with types.

declare module "undici/lib/dispatcher/agent.js" {
  import type { Agent as Whole } from "undici";

  /** Without the methods that the package as a whole adds to it. */
  type Agent = Pick<Whole, "dispatch" | "close" | "destroy">;
  const Agent: new (options: Whole.Options) => Agent;
  export = Agent;
}

declare module "undici/lib/api/api-request.js" {
  import type { Dispatcher } from "undici";

  function request(this: Pick<Dispatcher, "dispatch">, options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData>;
  export = request;
}
