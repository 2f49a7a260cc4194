import type { Progress } from "../tools/progress.ts";
import type { Figure } from "./figure.ts";

export interface BenchInput {
  /** Nodes of the cluster that is measured. */
  readonly nodes: number;
  /** Nodes of the planned clusters, a small and a large one. */
  readonly planned: readonly [number, number];
  /** Networks, and ranges of each, beside which one more is created. */
  readonly admitted: readonly { readonly networks: number; readonly ranges: number }[];
  /** How long creates are sent, for each figure. */
  readonly admissionSeconds: number;
  /** Numbers of peers to whom one node is made to route. */
  readonly programmed: readonly number[];
  /** How often a route is deleted by somebody else. */
  readonly repairs: number;
  /** How often the webhook's serving certificate is renewed. */
  readonly rotations: number;
  readonly rounds: number;
  /** Waits for NodeIPAM as shipped until it is through, which takes minutes. */
  readonly whole: boolean;
  /** How long the steady state is watched. */
  readonly steadySeconds: number;
  /** Nodes that are added then, one after the other. */
  readonly added: number;
  readonly profileFolder: string | undefined;
  /** Of the lab, where one is needed. */
  readonly labName: string;
  readonly progress: Progress;
}

/** Measures one thing. */
export interface Bench {
  /** For people. */
  readonly title: string;
  run(input: BenchInput): Promise<Figure[]>;
}

/** Requests at a time of the clients that make nodes and plain objects. */
export const parallel = 32;
