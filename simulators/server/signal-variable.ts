import type { EUInformation, Namespace, UAObject, UAVariable } from 'node-opcua';
import type { SignalDefinition } from '../model/signal.ts';
import { coerceNodeId, DataType, makeEUInformation, Range, StatusCodes, Variant } from 'node-opcua';
import { isUnitCode, unitName, unitOf } from '../model/units.ts';
import { structureType } from './structure-encoder.ts';
import { dataTypeOf } from './variants.ts';

const UNECE_URI = 'http://www.opcfoundation.org/UA/units/un/cefact';

export interface SignalPlace {
  readonly parent: UAObject;
  readonly name: string;
  readonly signal: SignalDefinition;
}

/**
 * AnalogUnitRangeType, AnalogItemType's plain sisters or MultiStateDiscreteType, as Part 8 has them. Until the
 * first value the status is Bad_WaitingForInitialData.
 */
export function addSignalVariable(namespace: Namespace, { parent, name, signal }: SignalPlace): UAVariable {
  const nodeId = `s=${String(parent.nodeId.value)}-${name}`;
  const common = {
    browseName: name,
    displayName: signal.name?.en ?? name,
    nodeId,
    componentOf: parent,
    minimumSamplingInterval: 0,
    accessLevel: 'CurrentRead',
    userAccessLevel: 'CurrentRead',
  } as const;
  const variable = signal.enumeration
    ? namespace.addMultiStateDiscrete({ ...common, enumStrings: [...signal.enumeration], value: 0 })
    : namespace.addVariable({
        ...common,
        dataType: signal.structure
          ? structureType(namespace, signal.structure).nodeId
          : DataType[dataTypeOf(signal)],
        typeDefinition: typeOf(signal),
        ...(signal.arrayLength === undefined ? {} : { valueRank: 1, arrayDimensions: [signal.arrayLength] }),
      });
  if (!signal.enumeration) addUnitAndRange(namespace, variable, signal);
  // MultiStateDiscreteType says UInteger, which is abstract: before the first value nobody could tell which one.
  if (signal.enumeration) variable.dataType = coerceNodeId(dataTypeOf(signal));
  awaitFirstValue(variable);
  return variable;
}

/** What a client meets before anything was produced. */
export function awaitFirstValue(variable: UAVariable): void {
  variable.setValueFromSource(new Variant({ dataType: DataType.Null }), StatusCodes.BadWaitingForInitialData);
}

function typeOf(signal: SignalDefinition): string {
  if (signal.unit !== undefined && signal.range) return 'AnalogUnitRangeType';
  if (signal.unit !== undefined) return 'AnalogUnitType';
  return signal.range ? 'AnalogItemType' : 'BaseDataVariableType';
}

/** Properties of Part 8; one that a companion type already made gets its value. */
export function addUnitAndRange(namespace: Namespace, variable: UAVariable, signal: SignalDefinition): void {
  const property = (browseName: string, value: EUInformation | Range, dataType: string): void => {
    const existing = variable.getPropertyByName(browseName, 0);
    const node =
      existing ??
      namespace.addVariable({
        browseName: { namespaceIndex: 0, name: browseName },
        nodeId: `s=${String(variable.nodeId.value)}-${browseName}`,
        propertyOf: variable,
        typeDefinition: 'PropertyType',
        dataType,
        minimumSamplingInterval: 0,
      });
    node.setValueFromSource({ dataType: DataType.ExtensionObject, value });
  };
  if (signal.unit !== undefined)
    property('EngineeringUnits', unitInformation(signal.unit, signal.unitSymbol), 'EUInformation');
  if (signal.range) {
    const [low, high] = signal.range;
    property('EURange', new Range({ low, high }), 'Range');
  }
}

/** UNECE units by OPC 10000-8, 5.6.4.3; a unit outside the table carries its symbol and unitId -1. */
export function unitInformation(code: string, symbol?: string): EUInformation {
  const information = isUnitCode(code)
    ? makeEUInformation(code, symbol ?? unitOf(code).symbol, unitName(code))
    : makeEUInformation(code, symbol ?? code, symbol ?? code);
  information.namespaceUri = UNECE_URI;
  if (!isUnitCode(code)) information.unitId = -1;
  return information;
}
