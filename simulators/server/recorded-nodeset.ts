import type {
  MachineRecording,
  RecordedDefinition,
  RecordedNode,
  RecordedText,
} from '../replay/machine-recording.ts';

/** StructureType of OPC 10000-3, 8.49. */
const WITH_SUBTYPES: ReadonlySet<number> = new Set([3, 4]);
const UNIONS: ReadonlySet<number> = new Set([2, 4]);
const READABLE = 1;

/**
 * A recorded address space as a NodeSet2 document (OPC 10000-6, annex F), piece by piece. Values are not in it: they are served
 * as the bytes in which they were recorded. Nothing may be written or called.
 */
export function* recordedNodeset({ header, nodes }: MachineRecording): Generator<string, void, undefined> {
  const [, ...uris] = header.namespaces;
  yield '<?xml version="1.0" encoding="utf-8"?>\n<UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd">\n';
  yield `<NamespaceUris>${uris.map((uri) => `<Uri>${escaped(uri)}</Uri>`).join('')}</NamespaceUris>\n`;
  yield `<Models>${uris.map((uri) => `<Model ModelUri="${escaped(uri)}" Version="1.0.0" PublicationDate="2026-01-01T00:00:00Z"/>`).join('')}</Models>\n`;
  const known = new Set(nodes.map(({ id }) => id));
  for (const node of nodes) yield element(node, known);
  yield '</UANodeSet>\n';
}

function element(node: RecordedNode, known: ReadonlySet<string>): string {
  const [namespace, name] = node.name;
  const tag = `UA${node.class}`;
  const own: Record<string, string | number | boolean | undefined> = {
    NodeId: node.id,
    BrowseName: `${namespace}:${name}`,
    IsAbstract: node.isAbstract,
    Symmetric: node.isSymmetric,
    EventNotifier: node.eventNotifier,
    DataType: node.dataType,
    ValueRank: node.valueRank,
    ArrayDimensions: node.dimensions?.join(','),
    ...(node.class === 'Variable' ? { AccessLevel: READABLE, MinimumSamplingInterval: 0 } : {}),
  };
  const attributes = Object.entries(own)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(String(value))}"`)
    .join('');
  const references = node.references
    // What was not captured cannot be referred to; nodes of the OPC UA namespace are everywhere.
    .filter(([type, , target]) => isThere(type, known) && isThere(target, known))
    .map(
      ([type, isForward, target]) =>
        `<Reference ReferenceType="${escaped(type)}"${isForward ? '' : ' IsForward="false"'}>${escaped(target)}</Reference>`,
    );
  const texts =
    text('DisplayName', node.display) +
    text('Description', node.description) +
    text('InverseName', node.inverseName);
  return `<${tag}${attributes}>${texts}<References>${references.join('')}</References>${definition(node)}</${tag}>\n`;
}

const isThere = (id: string, known: ReadonlySet<string>): boolean => id.startsWith('ns=0;') || known.has(id);

function text(tag: string, value: RecordedText | undefined): string {
  if (!value || value[1] === null) return '';
  const locale = value[0] === null || value[0] === '' ? '' : ` Locale="${escaped(value[0])}"`;
  return `<${tag}${locale}>${escaped(value[1])}</${tag}>`;
}

function definition({ definition: own, name }: RecordedNode): string {
  if (!own) return '';
  const union = UNIONS.has(own.structureType ?? 0) ? ' IsUnion="true"' : '';
  const fields = own.fields.map((field) => fieldElement(field, own));
  return `<Definition Name="${escaped(`${name[0]}:${name[1]}`)}"${union}>${fields.join('')}</Definition>`;
}

function fieldElement(
  field: RecordedDefinition['fields'][number],
  { structureType }: RecordedDefinition,
): string {
  const attributes =
    structureType === undefined
      ? ` Value="${field.value ?? 0}"`
      : ` DataType="${escaped(field.dataType ?? 'i=24')}" ValueRank="${field.valueRank ?? -1}"` +
        (field.dimensions ? ` ArrayDimensions="${field.dimensions.join(',')}"` : '') +
        (field.isOptional
          ? ` ${WITH_SUBTYPES.has(structureType) ? 'AllowSubTypes' : 'IsOptional'}="true"`
          : '');
  return `<Field Name="${escaped(field.name)}"${attributes}>${text('DisplayName', field.display)}</Field>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** Characters that XML cannot hold at all are left out. */
const escaped = (value: string): string =>
  value
    .replace(/[^\u{9}\u{A}\u{D}\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
