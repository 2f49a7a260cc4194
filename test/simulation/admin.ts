import { isKubeError } from "../../lib/kube/errors.ts";
import { type KubeObject, nameOf, type ObjectName, type Resource, type Stored } from "../../lib/kube/resource.ts";
import type { ApiServer } from "./api-server.ts";
import { writeOf } from "./api-request.ts";
import { copyJson, copyObject } from "./plain-json.ts";

/** Writes straight at the server. Whatever is refused fails, but what `tried` is given. */
export interface Admin {
  create<T extends KubeObject>(resource: Resource<T>, object: T): Stored<T>;
  /** A merge patch. */
  patch<T extends KubeObject>(resource: Resource<T>, name: ObjectName, body: object, subresource?: "status"): Stored<T>;
  delete(resource: Resource<KubeObject>, name: ObjectName): void;
  /** Takes an object away with whatever keeps it, as a hand that removes its finalizers. */
  erase(resource: Resource<KubeObject>, name: ObjectName): void;
}

/** The hands of an administrator. */
export function createAdmin(server: ApiServer): Admin {
  const options = { fieldManager: "admin" };
  const admin: Admin = {
    create<T extends KubeObject>(resource: Resource<T>, object: T) {
      const write = writeOf(resource, nameOf(object), options, "");
      return server.answer({ verb: "create", body: copyObject(object), ...write }) as Stored<T>;
    },
    patch<T extends KubeObject>(resource: Resource<T>, name: ObjectName, body: object, subresource?: "status") {
      const write = writeOf(resource, name, { ...options, ...(subresource !== undefined && { subresource }) }, "");
      return server.answer({ verb: "patch", type: "merge", force: false, body: copyJson(body), ...write }) as Stored<T>;
    },
    delete: (resource, name) =>
      void server.answer({ verb: "delete", resource, name, uid: undefined, resourceVersion: undefined }),
    erase(resource, name) {
      if (server.answer({ verb: "get", resource, name }) === undefined) return;
      admin.delete(resource, name);
      if (server.answer({ verb: "get", resource, name }) !== undefined)
        admin.patch(resource, name, { metadata: { finalizers: null } });
    },
  };
  return admin;
}

/** Does a write that may be refused for its content; gives whether it was taken. */
export function tried(write: () => unknown): boolean {
  try {
    write();
    return true;
  } catch (error) {
    if (!isKubeError(error)) throw error;
    return false;
  }
}
