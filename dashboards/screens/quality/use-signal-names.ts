import { useCore } from '../../app/core-context.ts';
import { nameOfId, signalName } from '../../i18n/signal-names.ts';

/** Names of a machine's signals by their ids; of one that the machine does not announce any more its path is all there is. */
export function useSignalNames(machine: string): (id: string) => string {
  const signals = useCore().plant.signalsOf(machine).value;
  const known = new Map(
    signals.kind === 'ready' ? signals.value.map((signal) => [signal.id, signal] as const) : [],
  );
  return (id) => {
    const signal = known.get(id);
    return signal ? signalName(signal) : nameOfId(id);
  };
}
