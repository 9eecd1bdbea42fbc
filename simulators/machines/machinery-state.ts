import { defineSignals } from '../model/machine-kind.ts';

/** ItemState of OPC 40001-1. */
export type ItemState = 'NotAvailable' | 'OutOfService' | 'NotExecuting' | 'Executing';

/** Operation mode of OPC 40001-1. */
export type OperationMode = 'None' | 'Maintenance' | 'Setup' | 'Processing';

/** The state signals that every machine has, at the places where OPC 40001-1 puts them. */
export const MACHINERY_SIGNALS = defineSignals({
  itemState: {
    path: 'MachineryBuildingBlocks/MachineryItemState/CurrentState',
    dataType: 'LocalizedText',
    cadence: 'on-change',
  },
  operationMode: {
    path: 'MachineryBuildingBlocks/MachineryOperationMode/CurrentState',
    dataType: 'LocalizedText',
    cadence: 'on-change',
  },
  /** Data type Duration: milliseconds. */
  powerOnDuration: {
    path: 'MachineryBuildingBlocks/OperationCounters/PowerOnDuration',
    dataType: 'Double',
    cadence: { everyMs: 1000 },
    isProperty: true,
  },
});
