import type { StructureType } from '../../model/signal.ts';
import { EVERY_500_MS } from '../../model/signal.ts';
import { defineSignals } from '../../model/machine-kind.ts';
import { array, choice, event, float, measured, setting, told } from '../../model/signal-builders.ts';
import { DEFECTS } from '../../model/part.ts';
import { MACHINERY_SIGNALS } from '../machinery-state.ts';

export const VISION_STATES = [
  'Preoperational',
  'Ready',
  'SingleExecution',
  'ContinuousExecution',
  'Error',
] as const;
export const DEFECT_CLASSES = ['', ...DEFECTS] as const;
/** It was refused, and for what cannot be said. */
export const UNCLEAR = 'unclear';

const INSPECTION: StructureType = {
  name: 'InspectionResultDataType',
  fields: [
    { name: 'Serial', dataType: 'UInt32' },
    { name: 'Order', dataType: 'String' },
    { name: 'Time', dataType: 'DateTime' },
    { name: 'Accepted', dataType: 'Boolean' },
    { name: 'Score', dataType: 'Double' },
    { name: 'Defect', dataType: 'String' },
    { name: 'DiameterMm', dataType: 'Double', isArray: true },
  ],
};

/** State names after OPC 40100-1 (Machine Vision), in a namespace of our own. */
export const VISION_SIGNALS = defineSignals({
  ...MACHINERY_SIGNALS,
  state: choice('VisionStateMachine/State', VISION_STATES),
  recipe: event('RecipeManagement/ActiveRecipe', 'String'),
  order: event('ResultManagement/ActiveOrder', 'String'),
  inspected: event('ResultManagement/Inspected', 'UInt64', 'H87'),
  accepted: event('ResultManagement/Accepted', 'UInt64', 'H87'),
  rejected: event('ResultManagement/Rejected', 'UInt64', 'H87'),
  lastResult: event('ResultManagement/LastResult', 'Boolean'),
  lastDefect: told('ResultManagement/LastDefect', [...DEFECTS, UNCLEAR]),
  lastSerial: event('ResultManagement/LastSerial', 'UInt32'),
  lastScore: event('ResultManagement/LastScore', 'Double', 'P1'),
  lastInspection: { ...event('ResultManagement/LastInspection', 'Structure'), structure: INSPECTION },
  rejectsByClass: array(event('ResultManagement/RejectsByClass', 'UInt32'), DEFECT_CLASSES.length),
  limit: setting('ResultManagement/ScoreLimit', 'P1', [0, 100]),
  exposure: measured('Camera/ExposureTime', 'C26', [0, 100], EVERY_500_MS),
  sharpness: measured('Camera/Sharpness', 'P1', [0, 100], EVERY_500_MS),
  cameraTemperature: measured('Camera/Temperature', 'CEL', [0, 80]),
  brightness: measured('Lighting/Brightness', 'LUX', [0, 30_000], EVERY_500_MS),
  lampCurrent: float(measured('Lighting/Current', 'AMP', [0, 4])),
  inferenceTime: event('Processor/InferenceTime', 'Double', 'C26'),
  processorLoad: measured('Processor/Load', 'P1', [0, 100], EVERY_500_MS),
  activePower: measured('Energy/AcActivePowerTotal', 'KWT', [0, 2]),
  energy: event('Energy/AcActiveEnergyTotalImport', 'UInt64', 'WHR'),
});
export type VisionSignal = keyof typeof VISION_SIGNALS;
