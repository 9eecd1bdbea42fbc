import { NodeId, coerceNodeId } from 'node-opcua-client';
import { ItemError } from '#platform/errors.ts';

export const OPC_UA_NAMESPACE = 'http://opcfoundation.org/UA/';

const PORTABLE = /^(?:nsu=([^;]+);)?([isgb]=.+)$/s;

/**
 * `nsu=<uri>;s=...` -> a node id with the index that the URI has on this server now.
 * @throws ItemError `NAMESPACE_UNKNOWN`, `NODE_ID_INVALID`
 */
export function resolvePortable(text: string, namespaces: readonly string[]): NodeId {
  const match = PORTABLE.exec(text);
  if (!match) throw new ItemError('NODE_ID_INVALID', `"${text}" is not a node id with a namespace URI`);
  const uri = match[1] ?? OPC_UA_NAMESPACE;
  const index = uri === OPC_UA_NAMESPACE ? 0 : namespaces.indexOf(uri);
  if (index < 0) throw new ItemError('NAMESPACE_UNKNOWN', `the server has no namespace "${uri}"`);
  try {
    return coerceNodeId(`ns=${index};${match[2] ?? ''}`);
  } catch (error) {
    throw new ItemError('NODE_ID_INVALID', `"${text}" is not a node id`, { cause: error });
  }
}

/** Inverse of {@link resolvePortable}: never an index, which moves when a server restarts. */
export function toPortable(nodeId: NodeId, namespaces: readonly string[]): string {
  const bare = new NodeId(nodeId.identifierType, nodeId.value, 0).toString().replace(/^ns=0;/, '');
  if (nodeId.namespace === 0) return bare;
  const uri = namespaces[nodeId.namespace];
  if (uri === undefined)
    throw new ItemError('NAMESPACE_UNKNOWN', `namespace ${nodeId.namespace} is not in the server's table`);
  return `nsu=${uri};${bare}`;
}
