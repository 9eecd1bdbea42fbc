/** What an NCMD of ours may say. */
import { conditionCommandSchema, type ConditionCommand } from '#contracts/condition.ts';
import { deliveryAckSchema, type DeliveryAck } from '#contracts/delivery.ts';
import { decodePayload } from '#contracts/sparkplug/payload.ts';
import { ACK_METRIC, CONDITION_COMMAND_METRIC, REBIRTH_METRIC } from '#contracts/sparkplug/record.ts';

export type NodeCommand =
  | { readonly kind: 'rebirth' }
  | { readonly kind: 'stored'; readonly ack: DeliveryAck }
  | { readonly kind: 'condition'; readonly command: ConditionCommand };

/** In their order; what is not known is left out. @throws where one is not as it should be */
export function commandsIn(payload: Uint8Array): NodeCommand[] {
  return decodePayload(payload).metrics.flatMap(({ name, value }): NodeCommand[] => {
    if (name === REBIRTH_METRIC) return value === true ? [{ kind: 'rebirth' }] : [];
    if (typeof value !== 'string') return [];
    if (name === ACK_METRIC) return [{ kind: 'stored', ack: deliveryAckSchema.parse(JSON.parse(value)) }];
    if (name === CONDITION_COMMAND_METRIC)
      return [{ kind: 'condition', command: conditionCommandSchema.parse(JSON.parse(value)) }];
    return [];
  });
}
