import type { AddressSpace, CallMethodResultOptions, ISessionContext, UAObject, Variant } from 'node-opcua';
import { DataType, StatusCodes, UserNameIdentityToken } from 'node-opcua';

/** The only user whom the simulation's methods obey. */
export const ENGINEER = 'engineer';

export interface MachineFaultRequest {
  readonly fault: string;
  readonly severity: number;
  readonly signal?: string | undefined;
  readonly rampS: number;
  readonly durationS?: number | undefined;
}

/** What the methods of one machine's server reach. Answers with what is wrong, '' when it was done. */
export interface MachineControlPort {
  readonly faults: readonly string[];
  inject(request: MachineFaultRequest): string;
  clear(fault: string): string;
  /** The whole plant. @returns its state hash */
  reset(): string;
}

const argument = (name: string, dataType: DataType, description: string) => ({
  name,
  dataType,
  description: { text: description },
});

/** `Simulation` below the machine: InjectFault, ClearFault, Reset. */
export function addSimulationMethods(space: AddressSpace, root: UAObject, port: MachineControlPort): void {
  const namespace = root.namespace;
  const id = `s=${String(root.nodeId.value)}-Simulation`;
  const parent = namespace.addObject({ browseName: 'Simulation', nodeId: id, componentOf: root });
  const result = [
    argument('Problem', DataType.String, 'What is wrong with the request; empty when it was done'),
  ];
  const add = (
    name: string,
    inputArguments: ReturnType<typeof argument>[],
    act: (inputs: readonly Variant[]) => string,
  ): void => {
    const method = namespace.addMethod(parent, {
      browseName: name,
      nodeId: `${id}-${name}`,
      inputArguments,
      outputArguments: result,
    });
    method.bindMethod(async (inputs: readonly Variant[], context: ISessionContext) =>
      answer(context, () => act(inputs)),
    );
  };
  add(
    'InjectFault',
    [
      argument('Fault', DataType.String, port.faults.join(', ')),
      argument('Severity', DataType.Double, 'Above 0, up to 1'),
      argument('Signal', DataType.String, 'Path of the sensor, of a sensor fault'),
      argument('RampSeconds', DataType.Double, 'Time over which it grows'),
      argument('DurationSeconds', DataType.Double, '0 = until it is cleared'),
    ],
    ([fault, severity, signal, ramp, duration]) =>
      port.inject({
        fault: String(fault?.value ?? ''),
        severity: Number(severity?.value),
        signal: String(signal?.value ?? '') || undefined,
        rampS: Number(ramp?.value),
        durationS: Number(duration?.value) || undefined,
      }),
  );
  add('ClearFault', [argument('Fault', DataType.String, 'Empty = all of this machine')], ([fault]) =>
    port.clear(String(fault?.value ?? '')),
  );
  const reset = namespace.addMethod(parent, {
    browseName: 'Reset',
    nodeId: `${id}-Reset`,
    inputArguments: [],
    outputArguments: [argument('StateHash', DataType.String, 'SHA-256 of the state of the whole plant')],
  });
  reset.bindMethod(async (_inputs: readonly Variant[], context: ISessionContext) =>
    answer(context, () => port.reset()),
  );
}

async function answer(context: ISessionContext, act: () => string): Promise<CallMethodResultOptions> {
  if (!isEngineer(context)) return { statusCode: StatusCodes.BadUserAccessDenied };
  const text = act();
  return { statusCode: StatusCodes.Good, outputArguments: [{ dataType: DataType.String, value: text }] };
}

function isEngineer({ session }: ISessionContext): boolean {
  const token = (session as { userIdentityToken?: unknown } | undefined)?.userIdentityToken;
  return token instanceof UserNameIdentityToken && token.userName === ENGINEER;
}
