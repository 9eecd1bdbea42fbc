import type { ExtensionObject, Namespace, UADataType, UAVariable } from 'node-opcua';
import type {
  EncodedValue,
  FieldValue,
  StructureFields,
  StructureType,
  StructureValue,
} from '../model/signal.ts';
import { DataType, LocalizedText, NodeClass, Variant, VariantArrayType } from 'node-opcua';
import { variantBytes } from './recorder/recorded-values.ts';

/** What the library knows of a structure's fields. */
interface Schema {
  readonly fields: readonly SchemaField[];
  readonly getBaseSchema?: () => Schema | null;
}
interface SchemaField {
  readonly name: string;
  readonly originalName?: string;
  readonly fieldType: string;
  readonly schema?: Schema;
}
type Constructable = ExtensionObject & { readonly schema: Schema };

/** A data type of the machine's namespace, made on first use: subtype of Structure with its definition and encodings. */
export function structureType(namespace: Namespace, { name, fields }: StructureType): UADataType {
  const known = namespace.findDataType(name);
  if (known) return known;
  const type = namespace.createDataType({
    browseName: name,
    nodeId: `s=type-${name}`,
    isAbstract: false,
    subtypeOf: 'Structure',
    partialDefinition: fields.map((field) => ({
      name: field.name,
      dataType: DataType[field.dataType],
      valueRank: field.isArray === true ? 1 : -1,
    })),
  });
  namespace.addObject({
    browseName: { name: 'Default Binary', namespaceIndex: 0 },
    nodeId: `s=type-${name}-DefaultBinary`,
    typeDefinition: 'DataTypeEncodingType',
    encodingOf: type,
  });
  return type;
}

/** Makes the values of one variable, a structure or an array of them, into the bytes that go out. */
export class StructureEncoder {
  readonly #variable: UAVariable;

  constructor(variable: UAVariable) {
    this.#variable = variable;
  }

  encode({ structure }: StructureValue): EncodedValue {
    const isArray = this.#variable.valueRank >= 1;
    const list = Array.isArray(structure)
      ? (structure as readonly StructureFields[])
      : [structure as StructureFields];
    const objects = list.map((fields) => this.#construct(fields));
    const variant = new Variant({
      dataType: DataType.ExtensionObject,
      arrayType: isArray ? VariantArrayType.Array : VariantArrayType.Scalar,
      value: isArray ? objects : objects[0],
    });
    return { variant: variantBytes(variant) };
  }

  #construct(fields: StructureFields): ExtensionObject {
    const { addressSpace, dataType } = this.#variable;
    const type = addressSpace.findNode(dataType);
    if (type?.nodeClass !== NodeClass.DataType) throw new Error(`no data type ${dataType.toString()}`);
    const empty = addressSpace.constructExtensionObject(type as UADataType, {}) as Constructable;
    return addressSpace.constructExtensionObject(type as UADataType, toLibrary(fields, empty.schema));
  }
}

/** Field names begin with a small letter in the library; dates and texts are objects there. */
function toLibrary(fields: StructureFields, schema: Schema): Record<string, unknown> {
  const known = allFields(schema);
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const field = known.find((each) => (each.originalName ?? each.name) === name || each.name === name);
      if (!field) throw new Error(`the structure has no field ${name}`);
      return [field.name, convert(value, field)];
    }),
  );
}

function allFields(schema: Schema): readonly SchemaField[] {
  const base = schema.getBaseSchema?.();
  return base ? [...allFields(base), ...schema.fields] : schema.fields;
}

function convert(value: FieldValue, field: SchemaField): unknown {
  if (Array.isArray(value)) return (value as readonly FieldValue[]).map((each) => convert(each, field));
  if (field.fieldType === 'DateTime' || field.fieldType === 'UtcTime')
    return typeof value === 'string' ? new Date(value) : null;
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as StructureFields;
  if (field.fieldType === 'LocalizedText')
    return new LocalizedText({ locale: fields['Locale'] as string, text: fields['Text'] as string });
  return field.schema ? toLibrary(fields, field.schema) : lowered(fields);
}

/** Of a type whose fields the library does not tell here. */
const lowered = (fields: StructureFields): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name.charAt(0).toLowerCase() + name.slice(1), value]),
  );
