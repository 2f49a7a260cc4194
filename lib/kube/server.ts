/** What a TLS connection to the server needs. */
export interface TlsMaterial {
  readonly ca?: Buffer | string;
  readonly cert?: Buffer | string;
  readonly key?: Buffer | string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** Who we are at this moment; read anew for every request, since tokens and certificates rotate. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
}

/** Where the API server is and who we are to it. */
export interface Server {
  /** e.g. `"https://10.96.0.1:443"` */
  readonly origin: string;
  /** Prefix of every path, e.g. `""` or `"/k8s/clusters/c-1"`. */
  readonly basePath: string;
  credentials(): Promise<Credentials>;
}
